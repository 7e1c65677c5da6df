/**
 * Tries a Pushgateway out: whether it is there, takes pushes, and how it will behave with many hosts.
 *
 * @module
 */
import { deleteGroup, gatewayStatus, listGroups } from "./_gateway_api.ts";
import {
  ask,
  compress,
  type GatewayAccess,
  groupPath,
} from "./_gateway_http.ts";

/** What one check found. */
export interface Finding {
  /** `"ok"`: it works; `"note"`: good to know; `"bad"`: pushing will fail. */
  grade: "ok" | "note" | "bad";
  /** In words. */
  text: string;
}

/** With its check on, a gateway looks through all it stores at each push: beyond this, that takes over 10 ms. */
const MANY_SERIES = 5000;
/** Milliseconds for one request. */
const TIMEOUT = 5000;
const TIMES = 5;

/** Tries a gateway out, in a group of its own that is deleted afterwards. */
export async function* checkGateway(
  access: GatewayAccess,
): AsyncGenerator<Finding> {
  const ready = await ask(access, "/-/ready", { timeout: TIMEOUT });
  if (!ready.ok) {
    yield bad(`Nothing can be pushed to ${access.url}: ${ready.reason}`);
    return;
  }
  yield* aboutServer(access);
  yield* tryPushes(access);
  yield* aboutStored(access);
}

async function* aboutServer(access: GatewayAccess): AsyncGenerator<Finding> {
  try {
    const { version, startTime, flags } = await gatewayStatus(access);
    yield ok(`Pushgateway ${version} is up since ${startTime}`);
    const file = flags["persistence.file"] ?? "";
    yield note(
      file === ""
        ? "It keeps nothing on disk: a restart forgets all groups (--persistence.file)"
        : `It keeps groups in ${file}, written every ${
          flags["persistence.interval"]
        }: also those of hosts that crashed, until \`lithoscope gateway clean\``,
    );
  } catch (error) {
    yield note((error as Error).message); // an older one, or a stand-in, may still take pushes
  }
}

async function* tryPushes(access: GatewayAccess): AsyncGenerator<Finding> {
  // The value needs base64, as some names of hosts and users do.
  const labels = {
    job: "lithoscope_check",
    instance: `a/b:${crypto.randomUUID()}`,
  };
  const path = groupPath(Object.entries(labels));
  const text = "# TYPE lithoscope_check gauge\nlithoscope_check 1\n";
  const put = (body: string | Uint8Array<ArrayBuffer>, gzip: boolean) =>
    ask(access, path, { method: "PUT", body, gzip, timeout: TIMEOUT });
  const pushed = await put(text, false);
  if (!pushed.ok) {
    yield bad(`It takes no push: ${pushed.reason}`);
    return;
  }
  yield ok("It takes pushes");
  yield pushed.status === 202
    ? ok(
      "Its consistency check is off: pushes stay quick however much it stores; a wrong one is found at the scrape",
    )
    : note(
      "Its consistency check is on: each push takes longer the more it stores (--push.disable-consistency-check)",
    );
  const zipped = await put(await compress(text), true);
  yield zipped.ok ? ok("It takes compressed pushes") : note(
    "It takes no compressed pushes (before 1.5): they go out as they are",
  );
  const times: number[] = [];
  for (let i = 0; i < TIMES; i++) {
    const began = performance.now();
    await put(text, false);
    times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  yield ok(
    `A push takes ${times[TIMES >> 1]!.toFixed(1)} ms (median of ${TIMES})`,
  );
  try {
    await deleteGroup(access, labels);
    yield ok("It deletes groups");
  } catch (error) {
    yield bad((error as Error).message);
  }
}

async function* aboutStored(access: GatewayAccess): AsyncGenerator<Finding> {
  try {
    const groups = (await listGroups(access))
      .filter(({ labels }) => labels["job"] !== "lithoscope_check");
    const series = groups.reduce((sum, group) => sum + group.series, 0);
    const text = `It stores ${series} series in ${groups.length} groups`;
    yield series > MANY_SERIES
      ? note(
        `${text}: with its check on, that is much for pushes every 10 s; see docs/grafana.md`,
      )
      : ok(text);
    const old = groups.filter(({ age, labels }) =>
      age > 3600 && labels["job"] === "lithops"
    );
    if (old.length > 0) {
      yield note(
        `${old.length} groups of executors had no push for an hour: \`lithoscope gateway clean --older-than 1h\``,
      );
    }
    const failed = groups.filter(({ isGood }) => !isGood).length;
    if (failed > 0) yield note(`${failed} groups had their last push refused`);
  } catch (error) {
    yield note((error as Error).message);
  }
}

function ok(text: string): Finding {
  return { grade: "ok", text };
}

function note(text: string): Finding {
  return { grade: "note", text };
}

function bad(text: string): Finding {
  return { grade: "bad", text };
}
