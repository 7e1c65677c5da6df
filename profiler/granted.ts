/**
 * What may be done without anybody being asked: on a terminal, Deno asks for each right that a script was not given, and
 * waits. What this toolkit can do without, it does without.
 *
 * @module
 */

/** Whether the script was given this right. */
export function isGranted(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}

/** What Deno tells of the machine, by the name of its right. */
const SOURCES = {
  hostname: () => Deno.hostname(),
  systemMemoryInfo: () => Deno.systemMemoryInfo(),
  loadavg: () => Deno.loadavg(),
};

/** What Deno tells of the machine; `null` if it may not be known, or is not to be had here. */
export function systemInfo<K extends keyof typeof SOURCES>(
  kind: K,
): ReturnType<typeof SOURCES[K]> | null {
  if (!isGranted({ name: "sys", kind })) return null;
  try {
    return SOURCES[kind]() as ReturnType<typeof SOURCES[K]>;
  } catch {
    return null;
  }
}
