/**
 * Secrets of the configuration go where they are meant to go and nowhere else, and nothing listens where strangers are.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertGreater,
  assertStringIncludes,
} from "./assert.ts";
import { on, onEach } from "./executors.ts";
import { openGate } from "./gate.ts";
import { descendants } from "./processes.ts";
import { runDeno } from "./run_deno.ts";
import { tempDir } from "./temp_dir.ts";

const SCRIPT = new URL("fixtures/secretive.ts", import.meta.url).href;

/** A gateway that refuses its first push, then takes all; what it got. */
function openGateway() {
  const credentials: (string | null)[] = [];
  const bodies: string[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      credentials.push(request.headers.get("authorization"));
      const body = request.headers.get("content-encoding") === "gzip"
        ? request.body?.pipeThrough(new DecompressionStream("gzip"))
        : request.body;
      bodies.push(request.url, await new Response(body).text());
      return new Response("no", { status: bodies.length < 4 ? 500 : 202 });
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    credentials,
    bodies,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

Deno.test("secrets of the configuration are in no log, statistic, metric, file, error and command line [process]", async () => {
  await using gateway = openGateway();
  await using folder = await tempDir();
  const secret = `planted-${crypto.randomUUID()}`;
  const { code, stdout, stderr } = await runDeno([
    "run",
    "-A",
    SCRIPT,
    gateway.url,
    folder.path,
  ], {
    env: { PLANTED: secret },
  });
  assertEquals(code, 0, stderr);
  const said = JSON.parse(stdout);
  // All of it was there to be looked at.
  assertEquals(said.errors.length, 6);
  for (const error of said.errors) {
    assertStringIncludes(error, "Error: Cannot");
  }
  assertStringIncludes(said.results[0], "process_entry.ts");
  assertStringIncludes(said.results[0], "LITHOSCOPE");
  assertStringIncludes(said.metrics, "lithoscope_");
  const kinds = said.names.map((name: string) => name.replace(/^\d+_/, ""));
  assertEquals(kinds.sort(), [
    "histogram.svg",
    "record.jsonl",
    "run.jsonl",
    "timeline.svg",
    "trace.json",
  ]);
  assertStringIncludes(stderr, "[DEBUG]");
  assertStringIncludes(stderr, "[WARNING]");
  assertGreater(gateway.bodies.join().length, 10_000);
  // It went to the gateway, as what it is.
  const credential = `Basic ${btoa(`me:${secret}`)}`;
  assertEquals([...new Set(gateway.credentials)], [credential]);
  for (const text of [stdout, stderr, ...gateway.bodies]) {
    const at = text.indexOf(secret);
    assertEquals(at < 0 ? "" : text.slice(at - 200, at + 60), "");
    assert(!text.includes(btoa(`me:${secret}`)));
  }
});

/** Sockets that a process holds. */
function socketsOf(pid: number): string[] {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].flatMap(({ name }) => {
    try {
      const target = Deno.readLinkSync(`/proc/${pid}/fd/${name}`);
      return /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? [];
    } catch {
      return []; // closed meanwhile, as the folder itself is
    }
  });
}

/** Addresses on which this process and those that it has started take what comes. */
function listening(): string[] {
  const pids = [Deno.pid, ...descendants(Deno.pid).map(({ pid }) => pid)];
  const ours = new Set(pids.flatMap(socketsOf));
  const addresses: string[] = [];
  for (const name of ["tcp", "tcp6", "udp", "udp6"]) {
    const lines = Deno.readTextFileSync(`/proc/net/${name}`).split("\n");
    for (const line of lines.slice(1)) {
      const fields = line.trim().split(/\s+/);
      const [, local, , state] = fields;
      if (!ours.has(fields[9]!)) continue;
      // 0A is LISTEN; a UDP socket that takes anything is 07.
      if (state === "0A" || name.startsWith("udp") && state === "07") {
        addresses.push(`${name} ${local}`);
      }
    }
  }
  return addresses;
}

onEach(
  "an executor listens on loopback alone, and only if it is asked to serve metrics",
  async (make) => {
    await using gate = openGate();
    const before = listening();
    const added = () => listening().filter((each) => !before.includes(each));
    const fexec = make();
    await fexec.map((x: number) => x, [1, 2]).getResult();
    const call = fexec.callAsync(
      async (url: string) => await (await fetch(url)).text(),
      `${gate.url}a`,
    );
    await gate.arrived("a");
    assertEquals(added(), []);
    gate.openAll();
    await call;
    const served = make({ metricsPort: 0, profile: true });
    await served.ready;
    const [address, ...more] = added();
    // 127.0.0.1, as the kernel writes it.
    assert(address!.startsWith("tcp 0100007F:"), address);
    assertEquals(more, []);
  },
);

on(
  "process",
  "a worker proves itself by a secret that no command line and no environment shows",
  async (make) => {
    const fexec = make({ workers: 1 });
    const seen = await fexec.callAsync(async () => {
      const line = await Deno.readTextFile("/proc/self/cmdline");
      return line + await Deno.readTextFile("/proc/self/environ");
    }, 0);
    // The secret of a worker is a UUID; those in our own environment are none of ours.
    const own = Object.values(Deno.env.toObject()).join();
    const uuids = seen.match(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g);
    assertEquals((uuids ?? []).filter((each) => !own.includes(each)), []);
    assertStringIncludes(seen, "/socket");
  },
);
