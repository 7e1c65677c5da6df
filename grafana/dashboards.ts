/**
 * Writes the dashboards and the reference of metrics: `deno task dashboards` makes the JSON files beside this one, and
 * docs/metrics.md, anew.
 *
 * @module
 */
import { build, type Dashboard } from "./_build.ts";
import { CALL_DETAIL } from "./_call.ts";
import { EXECUTOR_OVERVIEW } from "./_executor.ts";
import { HOST_AND_WORKERS } from "./_host.ts";
import { PROFILER_HEALTH } from "./_profiler.ts";
import { reference } from "./_reference.ts";

export type { Dashboard } from "./_build.ts";
export { reference } from "./_reference.ts";

/** All dashboards, by the name of their file. */
export function dashboards(): Map<string, Dashboard> {
  return new Map([
    ["executor_overview.json", build(EXECUTOR_OVERVIEW)],
    ["call_detail.json", build(CALL_DETAIL)],
    ["host_and_workers.json", build(HOST_AND_WORKERS)],
    ["profiler_health.json", build(PROFILER_HEALTH)],
  ]);
}

/** A dashboard as it stands in its file. */
export function toText(dashboard: Dashboard): string {
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}

if (import.meta.main) {
  for (const [name, dashboard] of dashboards()) {
    const path = new URL(`./${name}`, import.meta.url);
    await Deno.writeTextFile(path, toText(dashboard));
  }
  const path = new URL("../docs/metrics.md", import.meta.url);
  await Deno.writeTextFile(path, reference());
}
