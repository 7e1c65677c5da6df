/**
 * What a Pushgateway tells of itself through its own API: the groups it stores, how it was started.
 *
 * @module
 */
import { ask, type GatewayAccess, groupPath } from "./_gateway_http.ts";

/** One group that a gateway stores. */
export interface StoredGroup {
  /** Labels that name it, `job` among them. */
  labels: Record<string, string>;
  /** Series in it, the gateway's own two left out. */
  series: number;
  /** Seconds since anything was pushed to it, or refused. */
  age: number;
  /** Whether the last push was taken. */
  isGood: boolean;
}

/** How a gateway was started. */
export interface GatewayStatus {
  /** `"1.5.1"`; `null` if it does not tell. */
  version: string | null;
  /** When it was started, as it tells it. */
  startTime: string | null;
  /** Its command line, by name without dashes. */
  flags: Record<string, string>;
}

/** Milliseconds for one request of these. */
const TIMEOUT = 15_000;

interface ApiFamily {
  metrics?: { buckets?: object; quantiles?: object; value?: string }[];
}

/** The groups that a gateway stores, the oldest first. Throws an `Error` that says what is wrong. */
export async function listGroups(
  access: GatewayAccess,
): Promise<StoredGroup[]> {
  const { data, at } = await getJson(access, "/api/v1/metrics");
  if (!Array.isArray(data)) throw noGateway(access);
  return data.map((entry: Record<string, unknown>) => {
    const labels = entry["labels"] as Record<string, string>;
    const times = ["push_time_seconds", "push_failure_time_seconds"].map(
      (name) => Number((entry[name] as ApiFamily)?.metrics?.[0]?.value ?? 0),
    );
    let series = 0;
    for (const [name, family] of Object.entries(entry)) {
      if (!/^push_(failure_)?time_seconds$/.test(name)) {
        series += seriesOf(family as ApiFamily);
      }
    }
    return {
      labels,
      series,
      age: Math.max(0, at - Math.max(...times)),
      isGood: entry["last_push_successful"] === true,
    };
  }).sort((a, b) => b.age - a.age);
}

/** How a gateway was started. Throws an `Error` that says what is wrong. */
export async function gatewayStatus(
  access: GatewayAccess,
): Promise<GatewayStatus> {
  const { data } = await getJson(access, "/api/v1/status");
  const { build_information, start_time, flags } = (data ?? {}) as {
    build_information?: { version?: string };
    start_time?: string;
    flags?: Record<string, string>;
  };
  if (flags === undefined) throw noGateway(access);
  return {
    version: build_information?.version ?? null,
    startTime: start_time ?? null,
    flags,
  };
}

/** Deletes a group. Throws an `Error` that says what is wrong. */
export async function deleteGroup(
  access: GatewayAccess,
  labels: Record<string, string>,
): Promise<void> {
  const { job = "", ...rest } = labels;
  const path = groupPath([["job", job], ...Object.entries(rest)]);
  const answer = await ask(access, path, {
    method: "DELETE",
    timeout: TIMEOUT,
  });
  if (!answer.ok) {
    throw new Error(`Cannot delete ${path} as ${answer.reason}`);
  }
}

async function getJson(
  access: GatewayAccess,
  path: string,
): Promise<{ data: unknown; at: number }> {
  const answer = await ask(access, path, { timeout: TIMEOUT });
  if (!answer.ok) {
    throw new Error(
      `Cannot ask the Pushgateway at ${access.url} as ${answer.reason}`,
    );
  }
  try {
    return { data: JSON.parse(answer.text).data, at: answer.at };
  } catch {
    throw noGateway(access);
  }
}

function noGateway({ url }: GatewayAccess): Error {
  return new Error(
    `Cannot ask the Pushgateway at ${url} as what answers there is none`,
  );
}

function seriesOf({ metrics }: ApiFamily): number {
  if (!Array.isArray(metrics)) return 0;
  return metrics.reduce((sum, { buckets, quantiles, value }) => {
    if (value !== undefined) return sum + 1;
    const parts = { ...buckets, ...quantiles };
    return sum + Object.keys(parts).length + 2; // and their sum and count
  }, 0);
}
