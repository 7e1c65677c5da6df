/**
 * Turns a short description of a dashboard into Grafana's JSON. The only file that names Grafana's SDK.
 *
 * @module
 */
import * as bargauge from "npm:@grafana/grafana-foundation-sdk@0.0.21/bargauge";
import * as common from "npm:@grafana/grafana-foundation-sdk@0.0.21/common";
import * as sdk from "npm:@grafana/grafana-foundation-sdk@0.0.21/dashboard";
import * as prometheus from "npm:@grafana/grafana-foundation-sdk@0.0.21/prometheus";
import * as stat from "npm:@grafana/grafana-foundation-sdk@0.0.21/stat";
import * as table from "npm:@grafana/grafana-foundation-sdk@0.0.21/table";
import * as timeseries from "npm:@grafana/grafana-foundation-sdk@0.0.21/timeseries";
import type { DashboardSpec, PanelSpec, VariableSpec } from "./_spec.ts";

/** All panels ask the data source that the user has chosen. */
const DATASOURCE = { type: "prometheus", uid: "${datasource}" };

/** Columns of the grid. */
const GRID = 24;

/** A dashboard as Grafana imports it. */
export type Dashboard = sdk.Dashboard;

/** Builds a dashboard. */
export function build(spec: DashboardSpec): Dashboard {
  const builder = new sdk.DashboardBuilder(spec.title)
    .uid(spec.uid)
    .description(spec.description)
    .tags(["lithoscope"])
    .editable()
    .tooltip(sdk.DashboardCursorSync.Crosshair)
    .refresh("10s")
    .time({ from: "now-30m", to: "now" })
    .timezone("browser")
    .link(
      new sdk.DashboardLinkBuilder("Lithoscope")
        .type(sdk.DashboardLinkType.Dashboards)
        .tags(["lithoscope"])
        .includeVars(true)
        .keepTime(true),
    )
    .withVariable(
      new sdk.DatasourceVariableBuilder("datasource")
        .label("Data source")
        .type("prometheus"),
    );
  for (const variable of spec.variables) builder.withVariable(query(variable));
  for (const { title, panels } of spec.rows) {
    builder.withRow(new sdk.RowBuilder(title));
    for (const panel of panels) builder.withPanel(PANELS[panel.kind](panel));
  }
  return tidy(builder.build());
}

/** Numbers the panels, and takes out what the SDK adds to links and would hide them in a menu. */
function tidy(dashboard: Dashboard): Dashboard {
  dashboard.panels?.forEach((panel, i) => panel.id = i + 1);
  for (const link of dashboard.links ?? []) delete link.placement;
  for (const panel of dashboard.panels ?? []) {
    if (!("fieldConfig" in panel)) continue;
    const defaults = panel.fieldConfig?.defaults;
    if (defaults?.links === undefined) continue;
    defaults.links = defaults.links.map(({ title, url }) =>
      ({ title, url }) as sdk.DashboardLink
    );
  }
  return dashboard;
}

function query(spec: VariableSpec): sdk.QueryVariableBuilder {
  const builder = new sdk.QueryVariableBuilder(spec.name)
    .label(spec.label)
    .description(spec.description)
    .datasource(DATASOURCE)
    .query({
      query: `label_values(${spec.metric}, ${spec.name})`,
      refId: `Variable-${spec.name}`,
    })
    .definition(`label_values(${spec.metric}, ${spec.name})`)
    .refresh(sdk.VariableRefresh.OnTimeRangeChanged)
    .sort(sdk.VariableSort.AlphabeticalDesc);
  if (spec.multi === true) {
    // Not ".+": what has no such label is meant too.
    builder.multi(true).includeAll(true).allValue(".*")
      .current({ selected: true, text: ["All"], value: ["$__all"] });
  }
  return builder;
}

/** What all kinds of panel have. */
interface AnyPanel {
  title(title: string): this;
  description(text: string): this;
  datasource(ref: common.DataSourceRef): this;
  unit(unit: string): this;
  span(width: number): this;
  height(height: number): this;
  min(value: number): this;
  max(value: number): this;
  withTarget(target: prometheus.DataqueryBuilder): this;
  thresholds(config: sdk.ThresholdsConfigBuilder): this;
  dataLinks(links: sdk.DashboardLinkBuilder[]): this;
  noValue(text: string): this;
}

function common_<P extends AnyPanel>(
  panel: P,
  spec: PanelSpec,
  height: number,
): P {
  panel.title(spec.title).description(spec.description).unit(spec.unit)
    .datasource(DATASOURCE).span(spec.width ?? GRID / 2).height(height);
  if (spec.min !== undefined) panel.min(spec.min);
  if (spec.max !== undefined) panel.max(spec.max);
  if (spec.limits !== undefined) {
    const [warn, bad] = spec.limits;
    panel.thresholds(
      new sdk.ThresholdsConfigBuilder().mode(sdk.ThresholdsMode.Absolute)
        .steps([
          { value: null, color: "green" },
          { value: warn, color: "orange" },
          { value: bad, color: "red" },
        ]),
    );
  }
  if (spec.link !== undefined) {
    panel.dataLinks([
      new sdk.DashboardLinkBuilder(spec.link.title).url(spec.link.url),
    ]);
  }
  spec.queries.forEach(({ expr, legend }, i) => {
    const target = new prometheus.DataqueryBuilder()
      .refId(String.fromCharCode(65 + i))
      .datasource(DATASOURCE)
      .expr(expr);
    if (legend !== undefined) target.legendFormat(legend);
    if (spec.kind === "graph") target.range();
    else target.instant();
    if (spec.kind === "table") target.format(prometheus.PromQueryFormat.Table);
    panel.withTarget(target);
  });
  return panel;
}

function graph(spec: PanelSpec) {
  const panel = common_(new timeseries.PanelBuilder(), spec, 8)
    .drawStyle(common.GraphDrawStyle.Line)
    .lineWidth(1)
    .fillOpacity(spec.stack === true ? 30 : 5)
    .showPoints(common.VisibilityMode.Auto)
    .legend(
      new common.VizLegendOptionsBuilder().showLegend(true)
        .displayMode(common.LegendDisplayMode.Table)
        .placement(common.LegendPlacement.Bottom)
        .calcs(["lastNotNull", "max"]),
    )
    .tooltip(
      new common.VizTooltipOptionsBuilder()
        .mode(common.TooltipDisplayMode.Multi)
        .sort(common.SortOrder.Descending),
    );
  if (spec.stack === true) {
    panel.stacking(
      new common.StackingConfigBuilder().mode(common.StackingMode.Normal),
    );
  }
  return panel;
}

function figure(spec: PanelSpec) {
  return common_(new stat.PanelBuilder(), { width: 4, ...spec }, 4)
    .graphMode(common.BigValueGraphMode.None)
    .reduceOptions(
      new common.ReduceDataOptionsBuilder().calcs(["lastNotNull"]),
    );
}

function rows(spec: PanelSpec) {
  return common_(new table.PanelBuilder(), spec, 8)
    .withTransformation({
      id: "organize",
      options: {
        excludeByName: Object.fromEntries(
          ["Time", "job", "instance", "exported_instance", "worker_name"]
            .map((name) => [name, true]),
        ),
        renameByName: { Value: spec.value ?? spec.title },
      },
    })
    .sortBy([
      new common.TableSortByFieldStateBuilder()
        .displayName(spec.value ?? spec.title).desc(true),
    ]);
}

function bars(spec: PanelSpec) {
  return common_(new bargauge.PanelBuilder(), spec, 8)
    .orientation(common.VizOrientation.Horizontal)
    .displayMode(common.BarGaugeDisplayMode.Basic)
    .reduceOptions(
      new common.ReduceDataOptionsBuilder().calcs(["lastNotNull"]),
    );
}

const PANELS = { graph, stat: figure, table: rows, bars };
