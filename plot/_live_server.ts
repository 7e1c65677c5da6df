/**
 * The server of the live page: this machine alone can reach it, a page of another site cannot, and nothing can be
 * changed through it. It never keeps the script alive: `node:http` lets each connection be let go of, `Deno.serve` does
 * not.
 */
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** Pages open at once at most. */
const MOST_STREAMS = 32;
/** Bytes on their way to a page; one that takes no more gets no news, and everything again once it does. */
const MOST_WAITING = 1 << 18;

/** What the server tells. */
export interface LiveServerOptions {
  /** Port; 0 takes a free one. */
  port: number;
  /** Makes the page; scripts and styles in it carry `nonce`. */
  page: (nonce: string) => Promise<string>;
  /** All that is known, for a page that has just been opened. */
  snapshot: () => string;
}

/** An open page. */
interface Stream {
  response: ServerResponse;
  /** It has missed news. */
  isStale: boolean;
}

/** Serves one page and its stream of events. */
export class LiveServer {
  /** Where the page is; the part that nobody can guess keeps other users of this machine out. */
  readonly url: string;
  readonly #server: Server;
  readonly #options: LiveServerOptions;
  readonly #path: string;
  readonly #streams = new Set<Stream>();
  readonly #sockets = new Set<Socket>();
  #visits = 0;
  #lastId = 0;
  #onVisit: (() => void) | undefined;
  /** A page was sent and has not asked for its stream yet. */
  #isExpected = false;

  private constructor(
    server: Server,
    path: string,
    options: LiveServerOptions,
  ) {
    this.#server = server;
    this.#path = path;
    this.#options = options;
    const { port } = server.address() as AddressInfo;
    this.url = `http://127.0.0.1:${port}${path}`;
    server.unref();
    server.on("connection", (socket: Socket) => {
      socket.unref();
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    server.on("request", (request, response) => {
      this.#answer(request, response);
    });
  }

  /** Starts to listen. Rejects with an error that says so if the port is taken. */
  static async listen(options: LiveServerOptions): Promise<LiveServer> {
    const { port } = options;
    // Without, Node's server throws where nobody can catch it.
    const host = port === 0 ? "127.0.0.1" : `127.0.0.1:${port}`;
    const { state } = Deno.permissions.querySync({ name: "net", host });
    if (state !== "granted") {
      throw new Error(
        "Cannot serve the live page as this script may not listen on " +
          `127.0.0.1: run it with --allow-all`,
      );
    }
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error: Error & { code?: string }) => {
        reject(
          new Error(
            `Cannot serve the live page on port ${port} as ${
              error.code === "EADDRINUSE"
                ? "somebody listens there already"
                : error.message
            }`,
          ),
        );
      });
      server.listen(port, "127.0.0.1", () => resolve());
    });
    const token = crypto.getRandomValues(new Uint8Array(16))
      .toBase64({ alphabet: "base64url", omitPadding: true });
    return new LiveServer(server, `/${token}/`, options);
  }

  /** Pages that are open. */
  get watchers(): number {
    return this.#streams.size;
  }

  /** Sends news to all open pages. */
  send(event: string, data: string): void {
    if (this.#streams.size === 0) return;
    const message = this.#message(event, data);
    for (const stream of this.#streams) {
      const { response } = stream;
      if (response.writableLength > MOST_WAITING) stream.isStale = true;
      else if (stream.isStale && event !== "end") {
        stream.isStale = false;
        response.write(this.#message("snapshot", this.#options.snapshot()));
      } else response.write(message);
    }
  }

  /** Resolves when the first page is open, or after `seconds`. */
  async visited(seconds: number): Promise<void> {
    if (this.#visits > 0) return;
    await within(seconds, this.#visit());
  }

  /**
   * Sends the last news, and stops when the pages have it: within a second, or two for a page that is just being opened.
   */
  async close(event: string, data: string): Promise<void> {
    if (this.#isExpected) {
      await within(1, this.#visit());
    }
    this.#server.close();
    const ended = [...this.#streams].map(({ response }) =>
      new Promise<void>((resolve) => {
        response.on("close", resolve);
        response.end(this.#message(event, data));
      })
    );
    if (ended.length > 0) await within(1, Promise.all(ended));
    for (const socket of this.#sockets) socket.destroy();
  }

  #visit(): Promise<void> {
    return new Promise((resolve) => this.#onVisit = () => resolve());
  }

  #message(event: string, data: string): string {
    return `event: ${event}\nid: ${++this.#lastId}\ndata: ${data}\n\n`;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { method = "", headers, url = "" } = request;
    response.setHeader("Cache-Control", "no-store");
    response.setHeader("X-Content-Type-Options", "nosniff");
    response.setHeader("Referrer-Policy", "no-referrer");
    response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
    if (!isHere(headers.host)) {
      return refuse(response, 421, "Only this machine is served");
    }
    const { origin } = headers;
    if (origin !== undefined && origin !== `http://${headers.host}`) {
      return refuse(response, 403, "Pages of other sites are not served");
    }
    if (method !== "GET" && method !== "HEAD") {
      response.setHeader("Allow", "GET, HEAD");
      return refuse(response, 405, "Only GET and HEAD");
    }
    if (url === this.#path) {
      return void this.#page(response, method === "HEAD");
    }
    if (url === `${this.#path}events`) {
      return this.#stream(response, method === "HEAD");
    }
    if (`${url}/` === this.#path) {
      response.setHeader("Location", this.#path);
      return refuse(response, 308, "The address ends with a slash");
    }
    refuse(response, 404, "Not found");
  }

  async #page(response: ServerResponse, isHead: boolean): Promise<void> {
    const nonce = crypto.randomUUID();
    let page: string;
    try {
      page = isHead ? "" : await this.#options.page(nonce);
    } catch (error) {
      return refuse(response, 500, `The page cannot be made: ${error}`);
    }
    response.writeHead(200, {
      "Content-Type": "text/html; charset=utf-8",
      "Content-Security-Policy":
        `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; ` +
        "connect-src 'self'; img-src data:; font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    });
    if (!isHead) this.#isExpected = true;
    response.end(page);
  }

  #stream(response: ServerResponse, isHead: boolean): void {
    if (this.#streams.size >= MOST_STREAMS) {
      return refuse(response, 503, "Too many pages are open");
    }
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    if (isHead) return void response.end();
    const stream = { response, isStale: false };
    this.#streams.add(stream);
    response.on("close", () => this.#streams.delete(stream));
    response.on("error", () => this.#streams.delete(stream));
    // A page that lost its stream asks again half a second later, and gets all there is.
    response.write(
      "retry: 500\n" + this.#message("snapshot", this.#options.snapshot()),
    );
    this.#visits++;
    this.#isExpected = false;
    this.#onVisit?.();
  }
}

/**
 * Whether the browser knows the server by a name that only this machine has: else a page of another site has made its
 * own name lead here (DNS rebinding). The port may be another, as through `ssh -L`.
 */
function isHere(host: string | undefined): boolean {
  return host !== undefined &&
    /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i.test(host);
}

function refuse(
  response: ServerResponse,
  status: number,
  reason: string,
): void {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" });
  response.end(`${reason}\n`);
}

/** `promise`, or nothing after so many seconds. */
async function within(
  seconds: number,
  promise: Promise<unknown>,
): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, seconds * 1000);
  });
  await Promise.race([promise, late]);
  clearTimeout(timer);
}
