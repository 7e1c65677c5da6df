/**
 * One request to a Pushgateway: with its credentials, within its time, and with an answer that says what is wrong.
 *
 * @module
 */

/** How a Pushgateway is reached. */
export interface GatewayAccess {
  /** Base URL, without user and password. */
  url: string;
  /** User for basic auth. */
  username?: string | undefined;
  /** Password for basic auth. */
  password?: string | undefined;
  /** Bearer token. */
  token?: string | undefined;
}

/** What came of a request: `at` by the gateway's clock, in seconds since the epoch; `isLate` if it was given up. */
export type Answer =
  | { ok: true; status: number; text: string; at: number }
  | { ok: false; status: number | null; reason: string; isLate: boolean };

/** A request. */
export interface GatewayRequest {
  /** @default {"GET"} */
  method?: "GET" | "PUT" | "DELETE";
  /** Text format of Prometheus. */
  body?: string | Uint8Array<ArrayBuffer> | undefined;
  /** The body is compressed. @default {false} */
  gzip?: boolean;
  /** Milliseconds until it is given up. */
  timeout: number;
  /** Gives it up at once when it aborts. */
  signal?: AbortSignal | undefined;
}

/** Characters of a gateway's own words that are shown. */
const SHOWN = 300;

/** Sends a request; never rejects. */
export async function ask(
  access: GatewayAccess,
  path: string,
  request: GatewayRequest,
): Promise<Answer> {
  const { method = "GET", body, gzip = false, timeout, signal } = request;
  const headers = new Headers();
  const authorization = authorizationOf(access);
  if (authorization !== null) headers.set("Authorization", authorization);
  if (body !== undefined) {
    headers.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  }
  if (gzip) headers.set("Content-Encoding", "gzip");
  const began = performance.now();
  const controller = new AbortController();
  const abort = () => controller.abort();
  const timer = setTimeout(abort, timeout);
  signal?.addEventListener("abort", abort);
  if (signal?.aborted) abort();
  try {
    const response = await fetch(access.url + path, {
      method,
      headers,
      signal: controller.signal,
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    const { status } = response;
    return response.ok ? { ok: true, status, text, at: clockOf(response) } : {
      ok: false,
      status,
      reason: inWords(response, text, access),
      isLate: false,
    };
  } catch (error) {
    const isLate = controller.signal.aborted;
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const reason = isLate
      ? `it did not answer within ${seconds} s`
      : explain(error);
    return { ok: false, status: null, reason, isLate };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}

/** The text, compressed. */
export async function compress(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([text]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * Path of the group that has these labels: `/metrics/job/lithops/instance/host:0a1b2c-0`. Values that a path cannot hold
 * go in base64.
 */
export function groupPath(
  labels: Iterable<readonly [name: string, value: string]>,
): string {
  let path = "/metrics";
  for (const [name, value] of labels) {
    path += value === "" || value.includes("/")
      ? `/${name}@base64/${base64Url(value)}`
      : `/${name}/${encodeURIComponent(value)}`;
  }
  return path;
}

function base64Url(value: string): string {
  const encoded = base64(value)
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return encoded === "" ? "=" : encoded; // a path may not have an empty part
}

function base64(value: string): string {
  const bytes = new TextEncoder().encode(value);
  return btoa(String.fromCharCode(...bytes));
}

function authorizationOf(access: GatewayAccess): string | null {
  const { username, password, token } = access;
  if (token !== undefined) return `Bearer ${token}`;
  if (username === undefined && password === undefined) return null;
  return `Basic ${base64(`${username ?? ""}:${password ?? ""}`)}`;
}

/** What the gateway's clock says, to the second; ours if it does not tell. */
function clockOf(response: Response): number {
  const told = Date.parse(response.headers.get("Date") ?? "");
  return (Number.isNaN(told) ? Date.now() : told) / 1000;
}

/** An answer that is no success. */
function inWords(
  response: Response,
  text: string,
  access: GatewayAccess,
): string {
  const said = oneLine(text);
  const status = `${response.status} ${response.statusText}`.trim();
  const answered = `it answered ${status}${said === "" ? "" : `: ${said}`}`;
  if (response.status !== 401 && response.status !== 403) return answered;
  return authorizationOf(access) === null
    ? `${answered} (it wants a username and password, or a token, and none is given)`
    : `${answered} (it does not take the ${
      access.token === undefined ? "username and password" : "token"
    } that is given)`;
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > SHOWN ? `${line.slice(0, SHOWN)}...` : line;
}

/** What Deno says when there is no answer, without what only says that a fetch failed. */
function explain(error: unknown): string {
  const { message, cause } = error as Error;
  const inner = cause instanceof Error ? cause.message : message;
  const said = inner.replace(/^.*client error \(\w+\): /, "");
  if (/connection refused/i.test(said)) {
    return "nothing listens there (connection refused)";
  }
  if (/dns error|failed to lookup/i.test(said)) {
    return `its name is not known (${said})`;
  }
  if (/certificate/i.test(said)) {
    return `its certificate is not trusted (${said}); if it is right, name its authority in DENO_CERT, or use DENO_TLS_CA_STORE=system`;
  }
  return `the connection failed (${oneLine(said)})`;
}
