/**
 * The stream of a live page, as a test reads it.
 *
 * @module
 */

/** An event of the stream. */
export interface LiveEvent {
  /** `"snapshot"`, `"news"` or `"end"`. */
  event: string;
  /** Its number. */
  id: number;
  /** What it tells. */
  // deno-lint-ignore no-explicit-any -- tests look at what they know is there
  data: any;
}

/** Reads events of the page at `url` until the stream ends or the caller stops. */
export async function* liveEvents(url: string): AsyncGenerator<LiveEvent> {
  const { body, status } = await fetch(`${url}events`);
  if (status !== 200) throw new Error(`Status ${status}`);
  let rest = "";
  for await (const text of body!.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n\n");
    rest = parts.pop()!;
    for (const part of parts) {
      const field = (name: string) =>
        new RegExp(`^${name}: (.*)$`, "m").exec(part)?.[1] ?? "";
      const data = JSON.parse(field("data"));
      yield { event: field("event"), id: Number(field("id")), data };
    }
  }
}

/** Waits until the page is up. */
export async function livePage(
  fexec: { liveUrl: string | null },
): Promise<string> {
  const end = performance.now() + 20_000;
  while (fexec.liveUrl === null) {
    if (performance.now() > end) throw new Error("There is no live page");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return fexec.liveUrl;
}

/** Reads what a script says on stderr until it has told where its page is. */
export async function saidUrl(
  lines: ReadableStreamDefaultReader<string>,
): Promise<string> {
  let text = "";
  while (true) {
    const url = /^Live page: (http\S+)\n/m.exec(text)?.[1];
    if (url !== undefined) return url;
    const { value, done } = await lines.read();
    if (done) throw new Error(`No page was told of: ${text}`);
    text += value;
  }
}

/** Sends a request as it stands, and gives the answer as it comes, until the server closes. */
export async function rawRequest(
  url: string,
  lines: readonly string[],
): Promise<string> {
  using connection = await Deno.connect({
    hostname: "127.0.0.1",
    port: Number(new URL(url).port),
  });
  const request = [...lines, "Connection: close", "", ""].join("\r\n");
  await connection.write(new TextEncoder().encode(request));
  return await new Response(connection.readable).text();
}
