/** Where the items of `lithoscope run` come from: the command line, a file, or stdin. */
import { type Input, opening, UsageError } from "./_command.ts";

/** The items that the arguments name; a file and stdin are read as calls need them. */
export async function openItems(
  input: Input,
): Promise<unknown[] | AsyncIterable<unknown>> {
  const text = input.text("items"), path = input.text("items-file");
  if (text !== undefined && path !== undefined) {
    throw new UsageError(
      "Cannot take items from two places: --items and --items-file given",
    );
  }
  if (text !== undefined) return parseArray(text);
  if (path !== undefined && path !== "-") {
    const file = await opening(path);
    return parseLines(file.readable, `"${path}"`);
  }
  if (path === undefined && Deno.stdin.isTerminal()) {
    throw new UsageError(
      "Cannot run without items: give --items '[1, 2, 3]' or --items-file " +
        "FILE, or pipe JSON lines in",
    );
  }
  return parseLines(Deno.stdin.readable, "stdin");
}

function parseArray(text: string): unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError(
      `Cannot read --items as it is no JSON: ${(error as Error).message}`,
    );
  }
  if (Array.isArray(value)) return value;
  throw new UsageError(
    `Cannot read --items as it must be a JSON array, one item a call: ${text}`,
  );
}

/** One JSON value a line; empty lines are passed over. */
async function* parseLines(
  bytes: ReadableStream<Uint8Array<ArrayBuffer>>,
  place: string,
): AsyncGenerator<unknown> {
  let number = 0;
  for await (const line of linesOf(bytes)) {
    number++;
    if (line.trim() === "") continue;
    try {
      yield JSON.parse(line);
    } catch (error) {
      throw new SyntaxError(
        `Cannot read line ${number} of ${place} as JSON: ${
          (error as Error).message
        }`,
      );
    }
  }
}

async function* linesOf(
  bytes: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string> {
  let rest = "";
  for await (const text of bytes.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest !== "") yield rest;
}
