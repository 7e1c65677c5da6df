/** The control groups of this process, and where their files are. */
import { openOwn } from "../profiler/procfs.ts";

/** A file of this process in /proc as text; `null` where there is none. */
export function readOwn(name: string): string | null {
  if (Deno.build.os !== "linux") return null;
  try {
    using file = openOwn("self", name);
    return file?.text() ?? null;
  } catch {
    return null;
  }
}

/**
 * Folders that may show the groups of one controller (v1 or v2), by a process's file `cgroup`: its own group first, then
 * those around it. Inside a container the group itself is often mounted as the root.
 */
export function* cgroupFolders(
  cgroup: string | null,
  controller: string,
): Generator<{ folder: string; isV2: boolean }> {
  for (const line of (cgroup ?? "").split("\n")) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    const isV2 = controllers === "";
    if (!isV2 && !controllers.split(",").includes(controller)) continue;
    const mounts = new Set(
      isV2 ? ["", "/unified"] : [`/${controllers}`, `/${controller}`],
    );
    for (const mount of mounts) {
      for (let group = path; true; group = group.replace(/\/[^/]*$/, "")) {
        const below = group === "/" ? "" : group;
        yield { folder: `/sys/fs/cgroup${mount}${below}`, isV2 };
        if (below === "") break;
      }
    }
  }
}
