/** Writes files that appear whole or not at all. */
import { shown } from "./_shown.ts";

/** Text is written in pieces of about this many characters. */
const PIECE = 1 << 18;

/**
 * Writes pieces of text to `path`, over a file that is there. The file appears whole or not at all.
 *
 * @throws {TypeError} If `path` is neither a string nor a URL.
 * @throws {Error} If the file cannot be written, naming `what` it was to hold.
 */
export async function writeText(
  path: string | URL,
  pieces: Iterable<string>,
  what: string,
): Promise<void> {
  await writeBytes(path, encoded(pieces), what);
}

/** Writes pieces of bytes to `path`, as {@linkcode writeText} does text. */
export async function writeBytes(
  path: string | URL,
  pieces: Iterable<Uint8Array>,
  what: string,
): Promise<void> {
  if (typeof path !== "string" && !(path instanceof URL)) {
    throw new TypeError(
      `Cannot write ${what} as path must be a string or a URL: ${shown(path)}`,
    );
  }
  const part = path instanceof URL
    ? new URL(`${path.href}.part`)
    : `${path}.part`;
  try {
    {
      using file = await Deno.open(part, {
        write: true,
        create: true,
        truncate: true,
      });
      const writer = file.writable.getWriter();
      for (const bytes of pieces) await writer.write(bytes);
      await writer.close(); // until then nothing is on disk
    }
    await Deno.rename(part, path);
  } catch (cause) {
    await Deno.remove(part).catch(() => {});
    throw new Error(
      `Cannot write ${what} to "${path}" ${await whyUnwritten(path, cause)}`,
      { cause },
    );
  }
}

/** Pieces of text as larger pieces of UTF-8. */
export function* encoded(
  pieces: Iterable<string>,
): Generator<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  let text = "";
  for (const piece of pieces) {
    text += piece;
    if (text.length < PIECE) continue;
    yield encoder.encode(text);
    text = "";
  }
  yield encoder.encode(text);
}

/** Why a file could not be written, to end a message with: `as there is no folder "x"`, or what the system says. */
async function whyUnwritten(
  path: string | URL,
  cause: unknown,
): Promise<string> {
  const { message } = cause as Error;
  if (cause instanceof Deno.errors.NotFound) {
    const folder = `${path}`.replace(/[^/]*$/, "") || ".";
    const isThere = await Deno.stat(
      path instanceof URL ? new URL(folder) : folder,
    ).then(() => true, () => false);
    return isThere
      ? "as no file can be made there"
      : `as there is no folder "${folder.replace(/(?<=.)\/$/, "")}"`;
  }
  if (cause instanceof Deno.errors.IsADirectory) return "as it is a folder";
  // The name of the file that would have been renamed tells nothing.
  return `as the system says: ${message.replace(/ \(os error \d+\).*$/s, "")}`;
}
