/** Where the workers of a backend meet it: a private folder, and a socket in it. */
import { environment } from "../_files.ts";

/** Files in this folder are in memory. */
const SHARED_MEMORY = "/dev/shm";
/** Bytes that must fit there: the boards of some workers. */
const ROOM = 1 << 16;

/** Whether files in `folder` are in memory. */
export function isInMemory(folder: string): boolean {
  return folder.startsWith(`${SHARED_MEMORY}/`);
}

/** A name that no other folder has, and the folders that it can be in, the best first. */
export interface Site {
  /** Such as `lithoscope-0123456789abcdef`. */
  name: string;
  /** In memory, if that is wanted, and where temporary files go. */
  parents: readonly string[];
}

/** Chooses where the folder will be; makes nothing. */
export function chooseSite(memory: boolean): Site {
  const digits = crypto.randomUUID().replaceAll("-", "").slice(0, 16);
  const temporary = environment("TMPDIR") || "/tmp";
  return {
    name: `lithoscope-${digits}`,
    parents: memory ? [SHARED_MEMORY, temporary] : [temporary],
  };
}

/**
 * Makes the folder, for us alone (0700), and listens on a socket in it: in memory if there is room, else where temporary
 * files go. Throws an error that says what is missing.
 */
export function makePlace(
  { name, parents }: Site,
): { folder: string; listener: Deno.UnixListener } {
  const folder = parents.map((parent) => `${parent}/${name}`)
    .find((path) => isInMemory(path) ? makeInMemory(path) : makeFolder(path))!;
  try {
    const path = `${folder}/socket`;
    return { folder, listener: Deno.listen({ transport: "unix", path }) };
  } catch (cause) {
    Deno.removeSync(folder, { recursive: true });
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    throw refusal(`a socket must fit into ${JSON.stringify(folder)}`, cause);
  }
}

/** Makes it if there is such a place, it may be used, and it is not full; false if not. */
function makeInMemory(folder: string): boolean {
  try {
    Deno.mkdirSync(folder, { mode: 0o700 });
  } catch {
    return false;
  }
  try {
    const file = `${folder}/room`;
    Deno.writeFileSync(file, new Uint8Array(ROOM));
    Deno.removeSync(file);
    return true;
  } catch {
    Deno.removeSync(folder, { recursive: true });
    return false;
  }
}

function makeFolder(folder: string): boolean {
  try {
    Deno.mkdirSync(folder, { mode: 0o700 });
    return true;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    throw refusal(
      "the folder for temporary files (TMPDIR, or /tmp) must be there and take some",
      cause,
    );
  }
}

function refusal(rule: string, cause: unknown): Error {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new Error(`Cannot start workers as ${rule}: ${why}`, { cause });
}
