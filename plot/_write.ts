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
      `Cannot write ${what} to "${path}": ${(cause as Error).message}`,
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
