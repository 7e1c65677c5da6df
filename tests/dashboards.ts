/**
 * The dashboards as data: their queries and variables, with what Grafana would put in.
 *
 * @module
 */
import { GRAFANA } from "./telemetry.ts";

/** Part of a dashboard's JSON. */
export interface DashboardJson {
  uid: string;
  title: string;
  description: string;
  tags: string[];
  links: { type: string; tags: string[]; includeVars: boolean }[];
  templating: {
    list: {
      type: string;
      name: string;
      description?: string;
      query: string | { query: string };
      datasource?: { uid: string };
    }[];
  };
  panels: PanelJson[];
}

/** Part of a panel's JSON. */
export interface PanelJson {
  id: number;
  type: string;
  title: string;
  description?: string;
  datasource?: { type: string; uid: string };
  gridPos: { x: number; y: number; w: number; h: number };
  fieldConfig?: { defaults: { unit?: string; links?: { url: string }[] } };
  targets?: { refId: string; expr: string; datasource: { uid: string } }[];
}

/** The committed dashboards, by the name of their file. */
export function readDashboards(): Map<string, DashboardJson> {
  const files = [...Deno.readDirSync(GRAFANA)]
    .map(({ name }) => name).filter((name) => name.endsWith(".json")).sort();
  return new Map(files.map((name) => [
    name,
    JSON.parse(Deno.readTextFileSync(new URL(name, GRAFANA))),
  ]));
}

/** Panels with queries. */
export function panelsOf({ panels }: DashboardJson): PanelJson[] {
  return panels.filter(({ type }) => type !== "row");
}

/** A query as Grafana sends it, with these values of the dashboard's variables. */
export function fillIn(
  query: string,
  values: Record<string, string>,
): string {
  const all: Record<string, string> = {
    __rate_interval: "30s", // a scrape may be missed on a loaded machine
    __interval: "1s",
    __range: "5m",
    ...values,
  };
  return query.replaceAll(/\$(\w+)/g, (whole, name) => all[name] ?? whole);
}

/** A variable's query in its parts. */
export function labelQuery(
  variable: DashboardJson["templating"]["list"][number],
): { label: string; match: string | undefined } | undefined {
  if (variable.type !== "query" || typeof variable.query === "string") {
    return undefined;
  }
  const [, match, label] =
    variable.query.query.match(/^label_values\((?:(.+), *)?(\w+)\)$/) ?? [];
  return label === undefined ? undefined : { label, match };
}
