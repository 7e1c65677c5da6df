/** Where the workers of a backend meet it: a private folder, and a socket in it. */

/** Files in this folder are in memory. */
const SHARED_MEMORY = "/dev/shm";
/** Bytes that must fit there: the boards of some workers. */
const ROOM = 1 << 16;

/** Whether files in `folder` are in memory. */
export function isInMemory(folder: string): boolean {
  return folder.startsWith(`${SHARED_MEMORY}/`);
}

/**
 * Makes a folder of our own (0700) and listens on a socket in it: in memory if `memory` is wanted and there is room, else
 * where temporary files go. Throws an error that says what is missing.
 */
export function makePlace(
  memory: boolean,
): { folder: string; listener: Deno.UnixListener } {
  const folder = memory ? makeInMemory() ?? makeTemporary() : makeTemporary();
  try {
    const path = `${folder}/socket`;
    return { folder, listener: Deno.listen({ transport: "unix", path }) };
  } catch (cause) {
    Deno.removeSync(folder, { recursive: true });
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    throw refusal(`a socket must fit into ${JSON.stringify(folder)}`, cause);
  }
}

/** A folder in memory; `null` where there is none, it may not be used, or it is full. */
function makeInMemory(): string | null {
  let folder: string;
  try {
    folder = Deno.makeTempDirSync({ prefix: PREFIX, dir: SHARED_MEMORY });
  } catch {
    return null;
  }
  try {
    const file = `${folder}/room`;
    Deno.writeFileSync(file, new Uint8Array(ROOM));
    Deno.removeSync(file);
    return folder;
  } catch {
    Deno.removeSync(folder, { recursive: true });
    return null;
  }
}

function makeTemporary(): string {
  try {
    return Deno.makeTempDirSync({ prefix: PREFIX });
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

const PREFIX = "lithoscope-";
