import { parseYaml } from "../std.ts";
import { dashboards, reference, toText } from "../grafana/dashboards.ts";
import { assert, assertEquals, assertMatch } from "./assert.ts";
import { labelQuery, panelsOf, readDashboards } from "./dashboards.ts";
import { have } from "./have.ts";
import { GRAFANA } from "./telemetry.ts";
import { tempDir } from "./temp_dir.ts";

const PROMTOOL = { ignore: !have("promtool") };

async function promtool(
  ...args: string[]
): Promise<{ ok: boolean; text: string }> {
  const { success, stdout, stderr } = await new Deno.Command("promtool", {
    args,
    cwd: GRAFANA,
  }).output();
  const decoder = new TextDecoder();
  return { ok: success, text: decoder.decode(stdout) + decoder.decode(stderr) };
}

Deno.test("grafana/*.json is what `deno task dashboards` makes", () => {
  const made = dashboards();
  assertEquals([...readDashboards().keys()], [...made.keys()].sort());
  for (const [name, dashboard] of made) {
    const file = Deno.readTextFileSync(new URL(name, GRAFANA));
    assert(
      file === toText(dashboard),
      `${name} is stale: deno task dashboards`,
    );
  }
});

Deno.test("docs/metrics.md is what `deno task dashboards` makes", () => {
  const file = Deno.readTextFileSync(new URL("../docs/metrics.md", GRAFANA));
  // The formatter lines columns up.
  const bare = (text: string) => text.replaceAll(/-{3,}/g, "---").split(/\s+/);
  assertEquals(bare(file), bare(reference()));
});

Deno.test("dashboards have names of their own, a choice of data source, and links to each other", () => {
  const all = [...readDashboards().values()];
  assertEquals(all.length, 4);
  assertEquals(new Set(all.map(({ uid }) => uid)).size, all.length);
  for (const { uid, description, tags, links, templating } of all) {
    assertMatch(uid, /^lithoscope-\w+$/);
    assert(description.length > 0);
    assert(tags.includes("lithoscope"));
    assertEquals(links.map((it) => [it.type, it.tags, it.includeVars]), [
      ["dashboards", ["lithoscope"], true],
    ]);
    const [datasource, ...others] = templating.list;
    assertEquals([datasource!.type, datasource!.name], [
      "datasource",
      "datasource",
    ]);
    for (const variable of others) {
      assert(labelQuery(variable) !== undefined, variable.name);
      assert(variable.description, variable.name);
      assertEquals(variable.datasource?.uid, "${datasource}");
    }
  }
});

Deno.test("panels have a unit, a description, a place, and ask for what is declared", () => {
  for (const dashboard of readDashboards().values()) {
    const names = dashboard.templating.list.map(({ name }) => name);
    const known = [...names, "__rate_interval", "__range", "__url_time_range"];
    const ids = dashboard.panels.map(({ id }) => id);
    assertEquals(new Set(ids).size, ids.length);
    const uids = [...readDashboards().values()].map(({ uid }) => uid);
    for (const panel of panelsOf(dashboard)) {
      const what = `${dashboard.title}: ${panel.title}`;
      assert(panel.description!.length > 10, what);
      assert(panel.fieldConfig?.defaults.unit, what);
      assertEquals(panel.datasource?.uid, "${datasource}", what);
      assert(panel.targets!.length > 0, what);
      assert(panel.gridPos.x + panel.gridPos.w <= 24, what);
      for (const { expr, datasource } of panel.targets!) {
        assert(expr.length > 0, what);
        assertEquals(datasource.uid, "${datasource}", what);
        for (const [, name] of expr.matchAll(/\$([a-zA-Z_]\w*)/g)) {
          assert(known.includes(name!), `${what}: $${name}`);
        }
      }
      for (const { url } of panel.fieldConfig?.defaults.links ?? []) {
        assert(uids.includes(url.match(/^\/d\/([\w-]+)/)![1]!), url);
      }
    }
  }
});

Deno.test("panels do not overlap", () => {
  for (const { title, panels } of readDashboards().values()) {
    const taken = new Set<string>();
    for (const { gridPos: { x, y, w, h } } of panels) {
      for (let i = x; i < x + w; i++) {
        for (let j = y; j < y + h; j++) {
          assert(!taken.has(`${i},${j}`), `${title}: ${i},${j}`);
          taken.add(`${i},${j}`);
        }
      }
    }
  }
});

Deno.test("rules and configurations pass promtool", PROMTOOL, async () => {
  for (
    const args of [
      ["check", "rules", "rules/recording.yml", "rules/alerts.yml"],
      ["check", "config", "prometheus.yml"],
      ["check", "config", "federation/edge.yml", "federation/central.yml"],
    ]
  ) {
    const { ok, text } = await promtool(...args);
    assert(ok, text);
    assert(!/FAILED/.test(text), text);
  }
});

Deno.test(
  "alerts fire when they should, and rules say what they should",
  PROMTOOL,
  async () => {
    const { ok, text } = await promtool(
      "test",
      "rules",
      "rules/alerts_test.yml",
    );
    assert(ok, text);
  },
);

Deno.test("every alert is tested", () => {
  const read = (name: string) =>
    parseYaml(Deno.readTextFileSync(new URL(`rules/${name}`, GRAFANA)));
  const { groups } = read("alerts.yml") as {
    groups: { rules: { alert: string }[] }[];
  };
  const { tests } = read("alerts_test.yml") as {
    tests: {
      alert_rule_test?: { alertname: string; exp_alerts?: unknown[] }[];
    }[];
  };
  const fired = new Set(
    tests.flatMap((it) => it.alert_rule_test ?? [])
      .filter((it) => it.exp_alerts !== undefined).map((it) => it.alertname),
  );
  const alerts = groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));
  assertEquals(alerts.filter((alert) => !fired.has(alert)), []);
});

Deno.test("all queries of all dashboards are PromQL", PROMTOOL, async () => {
  await using folder = await tempDir();
  const rules = [...readDashboards().values()].flatMap((dashboard) =>
    panelsOf(dashboard).flatMap(({ targets }) =>
      targets!.map(({ expr }) => ({
        record: "x",
        expr: expr.replaceAll(/\[\$\w+\]/g, "[1m]"),
        labels: { expr: `${Math.random()}` }, // the same rule twice is a mistake
      }))
    )
  );
  const path = await folder.write(
    "rules.yml",
    JSON.stringify({ groups: [{ name: "x", rules }] }),
  );
  const { ok, text } = await promtool("check", "rules", path);
  assert(ok, text);
  assertMatch(text, new RegExp(`SUCCESS: ${rules.length} rules found`));
});

Deno.test("compose.yml brings files that are there, and all dashboards", () => {
  const { services } = parseYaml(
    Deno.readTextFileSync(new URL("compose.yml", GRAFANA)),
  ) as {
    services: Record<
      string,
      { image: string; ports: string[]; volumes?: string[] }
    >;
  };
  const mounted: string[] = [];
  for (const { image, ports, volumes = [] } of Object.values(services)) {
    assertMatch(image, /:v?\d+\.\d+\.\d+$/);
    for (const port of ports) assertMatch(port, /^127\.0\.0\.1:/);
    for (const volume of volumes) {
      const [from] = volume.split(":");
      if (!from!.startsWith("./")) continue;
      Deno.statSync(new URL(from!, GRAFANA));
      mounted.push(from!.slice(2));
    }
  }
  const missing = [...readDashboards().keys()]
    .filter((name) => !mounted.includes(name));
  assertEquals(missing, []);
});
