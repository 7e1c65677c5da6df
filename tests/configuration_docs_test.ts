import { assert, assertEquals } from "./assert.ts";
import { SECTIONS } from "../executor/_config_file.ts";
import {
  EXECUTOR_RULES,
  LIVE_RULES,
  PERMISSION_RULES,
  PROFILE_RULES,
  PUSHGATEWAY_RULES,
  REDIS_RULES,
} from "../executor/_rules.ts";
import { parseConfig } from "../executor/_config_file.ts";
import { resolveConfig } from "../executor/config.ts";
import { PLOT_RULES } from "../executor/executor.ts";
import { MAP_REDUCE_RULES } from "../executor/job_options.ts";
import { RESULT_RULES, WAIT_RULES } from "../executor/wait.ts";

const text = Deno.readTextFileSync(
  new URL("../docs/configuration.md", import.meta.url),
);
/** The options of executors, of jobs, and of all else. */
const [ofExecutors, ofJobs, ofOthers] = text.split(/^## Options of .*$/m);

/** What stands in backquotes in a column of the tables in a part of the text. */
function column(index: number, part = ofExecutors!): string[] {
  const rows = part.split("\n").filter((line) => /^\| `/.test(line));
  return rows.flatMap((row) =>
    [...row.split("|")[index]!.matchAll(/`([^`]+)`/g)].map((it) => it[1]!)
  ).sort();
}

Deno.test("configuration.md has a row for every option, and for no other", () => {
  const nested = (name: string, rules: object) =>
    Object.keys(rules).map((each) => `${name}.${each}`);
  const options = [
    ...Object.keys(EXECUTOR_RULES).filter((it) => it !== "redis"),
    ...nested("profile", PROFILE_RULES),
    ...nested("live", LIVE_RULES),
    ...nested("pushgateway", PUSHGATEWAY_RULES),
    ...nested("redis", REDIS_RULES),
  ].sort();
  assertEquals(column(1), options);
  for (const kind of Object.keys(PERMISSION_RULES)) {
    assert(text.includes(`\`${kind}\``), kind);
  }
});

Deno.test("configuration.md has a row for every option of jobs, wait, results and plots", () => {
  assertEquals(column(1, ofJobs), Object.keys(MAP_REDUCE_RULES).sort());
  const others = [WAIT_RULES, RESULT_RULES, PLOT_RULES].map(Object.keys);
  assertEquals(
    [...new Set(column(1, ofOthers))],
    [...new Set(others.flat())].sort(),
  );
});

Deno.test("configuration.md has a row for every key of the file, and for no other", () => {
  const keys = Object.entries(SECTIONS).flatMap(([section, keys]) =>
    Object.keys(keys).map((key) => `${section}.${key}`)
  ).sort();
  // another name of pushgateway_url, named in the same row
  const documented = [...column(2), "prometheus.apigateway"].sort();
  assertEquals(documented, keys);
});

Deno.test("configuration.md shows a file that works without a warning", () => {
  const yaml = /```yaml\n(.*?)```/s.exec(text)![1]!;
  const config = parseConfig(yaml, "the example");
  const configFile = new URL("./fixtures/empty.yaml", import.meta.url);
  const { warnings, profile, workers, telemetry } = resolveConfig({
    configFile,
    config,
  });
  assertEquals(warnings, []);
  assertEquals([profile && profile.interval, workers, telemetry], [5, 4, true]);
});
