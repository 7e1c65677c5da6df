/**
 * What tests of pushing share: the groups of a real Pushgateway, and servers that behave badly.
 *
 * @module
 */
import {
  type Log,
  Pushgateway,
  type PushgatewaySettings,
} from "../profiler/pushgateway.ts";

/** Series of a Pushgateway, by metric: its labels and its value. */
export type Stored = { labels: Record<string, string>; value: string }[];

/** One group as the gateway tells it. */
export interface Group {
  /** Labels that name it. */
  labels: Record<string, string>;
  /** What was pushed, by name. */
  metrics: Map<string, Stored>;
}

interface ApiMetric {
  metrics: { labels?: Record<string, string>; value?: string }[];
}

/** The groups that a gateway stores. */
export async function groupsOf(gatewayUrl: string): Promise<Group[]> {
  const response = await fetch(`${gatewayUrl}/api/v1/metrics`);
  const { data } = await response.json() as {
    data: Record<string, ApiMetric | Record<string, string>>[];
  };
  return data.map(({ labels, ...rest }) => ({
    labels: labels as Record<string, string>,
    metrics: new Map(
      Object.entries(rest)
        .filter(([, value]) => Array.isArray(value?.metrics))
        .map(([name, value]) => [
          name,
          (value as ApiMetric).metrics.map(({ labels = {}, value = "" }) => ({
            labels,
            value,
          })),
        ]),
    ),
  }));
}

/** Labels of the groups that a gateway stores. */
export async function labelsOfGroups(
  gatewayUrl: string,
): Promise<Record<string, string>[]> {
  return (await groupsOf(gatewayUrl)).map(({ labels }) => labels);
}

/** A log that remembers. */
export function rememberingLog(): Log & {
  warnings: string[];
  infos: string[];
} {
  const warnings: string[] = [];
  const infos: string[] = [];
  return {
    warnings,
    infos,
    warn: (message) => void warnings.push(message),
    info: (message) => void infos.push(message),
  };
}

/** A request that a server had. */
export interface Seen {
  /** Its method. */
  method: string;
  /** Its path as it was sent. */
  path: string;
  /** Its body, decompressed. */
  text: string;
  /** Whether the body was compressed. */
  gzip: boolean;
  /** Port it came from: the same for one connection. */
  from: number;
}

/** A server and what it was asked. */
export interface Recorder extends AsyncDisposable {
  /** Where it is. */
  readonly url: string;
  /** All it was asked, in order. */
  readonly seen: Seen[];
  /** Resolves when it has been asked `count` times. */
  until(count: number): Promise<void>;
}

/** Options of {@linkcode serve}. */
export interface ServeOptions {
  /** Certificate, for https. */
  cert?: string;
  /** Key of the certificate. */
  key?: string;
}

/** A server that writes down what it is asked, and answers as it is told. */
export function serve(
  answer: (seen: Seen, headers: Headers) => Response | Promise<Response>,
  { cert, key }: ServeOptions = {},
): Recorder {
  const seen: Seen[] = [];
  let watchers: (() => void)[] = [];
  const server = Deno.serve({
    port: 0,
    hostname: "127.0.0.1",
    onListen: () => {},
    ...(cert === undefined ? {} : { cert, key: key! }),
  }, async (request, { remoteAddr }) => {
    const gzip = request.headers.get("Content-Encoding") === "gzip";
    const body = gzip
      ? request.body!.pipeThrough(new DecompressionStream("gzip"))
      : request.body;
    const one: Seen = {
      method: request.method,
      path: new URL(request.url).pathname,
      text: await new Response(body).text(),
      gzip,
      from: (remoteAddr as Deno.NetAddr).port,
    };
    seen.push(one);
    for (const watch of watchers) watch();
    return await answer(one, request.headers);
  });
  return {
    url: `${cert === undefined ? "http" : "https"}://127.0.0.1:${
      (server.addr as Deno.NetAddr).port
    }`,
    seen,
    until: (count) =>
      new Promise((resolve) => {
        const look = () => {
          if (seen.length < count) return;
          watchers = watchers.filter((it) => it !== look);
          resolve();
        };
        watchers.push(look);
        look();
      }),
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** A server that takes connections and never says a word. */
export function hangingServer(): Disposable & { url: string } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections: Deno.Conn[] = [];
  void (async () => {
    for await (const connection of listener) connections.push(connection);
  })();
  return {
    url: `http://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`,
    [Symbol.dispose]: () => {
      listener.close();
      for (const connection of connections) connection.close();
    },
  };
}

/** A sink that does not wait between retries, and what it says. */
export function sink(url: string, more: Partial<PushgatewaySettings> = {}) {
  const log = rememberingLog();
  const gateway = new Pushgateway({
    url,
    instance: "here:0a1b2c-0",
    log,
    backoff: 1,
    ...more,
  });
  return { gateway, log };
}
