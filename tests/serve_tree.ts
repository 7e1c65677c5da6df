/**
 * A web server of a folder, for tests that run this project by URL.
 *
 * @module
 */

/** Media types by file ending. Anything else is sent as bytes, as a plain file host does. */
const MEDIA_TYPES: Record<string, string> = {
  ts: "text/typescript",
  js: "text/javascript",
  json: "application/json",
  jsonl: "application/jsonl",
  md: "text/markdown",
  txt: "text/plain",
  html: "text/html",
  png: "image/png",
  svg: "image/svg+xml",
};

/** A folder as a web site. */
export interface ServedTree extends AsyncDisposable {
  /** Where the folder is, without a slash at the end. */
  readonly url: string;
  /** Paths that were asked for, in order: `"/mod.ts"`. */
  readonly requests: readonly string[];
  /** Those that were not there. */
  readonly missing: readonly string[];
}

/** Options of {@linkcode serveTree}. */
export interface ServeTreeOptions {
  /** Headers of every answer; `content-type` here wins over the one by file ending. */
  headers?: Record<string, string>;
}

/** Serves the folder `root` (a `file:` URL that ends in a slash) on a free port of 127.0.0.1. */
export function serveTree(
  root: URL | string,
  options: ServeTreeOptions = {},
): ServedTree {
  // A port is given out again some day, and Deno would take what it cached from there.
  const folder = `/${crypto.randomUUID()}`;
  const requests: string[] = [];
  const missing: string[] = [];
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
  }, async (request) => {
    const full = decodeURIComponent(new URL(request.url).pathname);
    const path = full.startsWith(folder) ? full.slice(folder.length) : full;
    requests.push(path);
    const ending = path.slice(path.lastIndexOf(".") + 1);
    try {
      if (path.includes("..")) throw new Deno.errors.NotFound();
      const body = await Deno.readFile(new URL(`.${path}`, root));
      return new Response(body, {
        headers: {
          "content-type": MEDIA_TYPES[ending] ?? "application/octet-stream",
          ...options.headers,
        },
      });
    } catch {
      missing.push(path);
      return new Response("Not found", { status: 404 });
    }
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}${folder}`,
    requests,
    missing,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
