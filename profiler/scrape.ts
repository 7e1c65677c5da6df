/**
 * Serves metrics for Prometheus to fetch: the right way for scripts that run for hours on a host that Prometheus can
 * reach.
 *
 * @module
 */

/** Options of {@linkcode serveMetrics}. */
export interface ScrapeOptions {
  /** Port to listen on; 0 takes a free one. */
  port: number;
  /** Address to listen on; only this machine can reach the default. @default {"127.0.0.1"} */
  hostname?: string;
  /** Gives the metrics in the text format of Prometheus. */
  text: () => Promise<string>;
  /** Labels that Prometheus is to add to all series, as told at `/sd`. @default {{}} */
  labels?: Record<string, string>;
}

/** Metrics being served. */
export interface ScrapeServer {
  /** Where, without a slash at the end. */
  readonly url: string;
  /** Port. */
  readonly port: number;
  /** Takes no more requests; resolves when those under way are answered. Never rejects. */
  close(): Promise<void>;
}

const TEXT = "text/plain; version=0.0.4; charset=utf-8";

/**
 * Starts to serve `/metrics`, and `/sd` for Prometheus' HTTP service discovery. It never keeps the script alive.
 *
 * @example Serve one metric
 * ```ts
 * import { serveMetrics } from "./scrape.ts";
 *
 * const server = serveMetrics({ port: 0, text: () => Promise.resolve("answer 42\n") });
 * console.log(await (await fetch(`${server.url}/metrics`)).text());
 * await server.close();
 * ```
 *
 * @throws {Deno.errors.AddrInUse} If somebody listens on the port already.
 */
export function serveMetrics(options: ScrapeOptions): ScrapeServer {
  const { port, hostname = "127.0.0.1", text, labels = {} } = options;
  const server = Deno.serve({
    port,
    hostname,
    onListen: () => {},
    onError: (error) => new Response(`${error}\n`, { status: 500 }),
  }, async (request) => {
    if (request.method !== "GET" && request.method !== "HEAD") {
      const headers = { Allow: "GET, HEAD" };
      return new Response("Only GET and HEAD\n", { status: 405, headers });
    }
    const url = new URL(request.url);
    switch (url.pathname) {
      case "/metrics":
        return new Response(await text(), {
          headers: { "Content-Type": TEXT },
        });
      case "/sd":
        // As the asker reaches us, so will Prometheus.
        return Response.json([{ targets: [url.host], labels }]);
      case "/":
        return new Response(
          "Metrics are at /metrics, service discovery at /sd\n",
        );
      default:
        return new Response("Not found\n", { status: 404 });
    }
  });
  server.unref();
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  const bound = server.addr.port;
  return {
    url: `http://${host}:${bound}`,
    port: bound,
    close: () => server.shutdown().catch(() => {}),
  };
}
