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

/** Whether kernel files may be read, by the first folder of their paths: asked once, as there are many. */
const readable = new Map<string, boolean>();

/**
 * For files of the kernel: throws a `Deno.errors.NotCapable` where `path` may not be read, as Deno does where there is
 * nobody to ask.
 */
export function demandRead(path: string): void {
  const folder = `/${path.split("/", 2)[1]}`;
  let may = readable.get(folder);
  if (may === undefined) {
    may = isGranted({ name: "read", path: folder });
    readable.set(folder, may);
  }
  if (may || isGranted({ name: "read", path })) return;
  throw new Deno.errors.NotCapable(
    `Cannot read ${JSON.stringify(path)} as the script has no right to`,
  );
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
