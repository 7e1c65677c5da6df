/**
 * The live page without a browser: what is served to whom, what the stream tells, and that it holds nobody up.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "./assert.ts";
import { on, onEach, until, within } from "./executors.ts";
import { openGate } from "./gate.ts";
import { have } from "./have.ts";
import { spawnLithoscope } from "./lithoscope.ts";
import {
  type LiveEvent,
  liveEvents,
  livePage,
  rawRequest,
  saidUrl,
} from "./live_stream.ts";
import { ROOT } from "./source_tree.ts";
import { runDeno } from "./run_deno.ts";
import { tempDir } from "./temp_dir.ts";

const LIVE = { live: true, logLevel: "none" } as const;
const FNS = new URL("fixtures/cli_fns.ts", import.meta.url).href;

/** The first event that satisfies `is`. */
async function find(
  events: AsyncIterable<LiveEvent>,
  is: (event: LiveEvent) => boolean,
): Promise<LiveEvent> {
  for await (const event of events) if (is(event)) return event;
  throw new Error("The stream ended before");
}

onEach("the stream follows a run to its end", async (make) => {
  await using gate = openGate();
  const fexec = make(LIVE);
  assertEquals(fexec.liveUrl, null);
  const futures = fexec.map(
    async function visit(name: string, url) {
      await (await fetch(url + name)).text();
      if (name === "c") throw new RangeError("c is out");
    },
    ["a", "b", "c", "d"],
    { extraArgs: [gate.url] },
  );
  const url = await livePage(fexec);
  assertMatch(url, /^http:\/\/127\.0\.0\.1:\d+\/[\w-]{22}\/$/);
  await gate.arrived("a");
  await gate.arrived("b");
  const running = await find(
    liveEvents(url),
    ({ data }) => data.running.length === 2,
  );
  const { figures, jobs, end } = running.data;
  assertEquals(
    [figures.done, figures.running, figures.queued, figures.total, end ?? null],
    [0, 2, 2, 4, null],
  );
  assertEquals(jobs.map((job: { name: string }) => job.name), ["visit"]);
  assertEquals(
    running.data.running.map((call: { call_id: string }) => call.call_id)
      .sort(),
    ["00000", "00001"],
  );
  const last = find(liveEvents(url), ({ event }) => event === "end");
  gate.openAll();
  await futures.wait();
  await fexec.close();
  const { data } = await last;
  assertEquals(data.end, "ended");
  assertEquals(
    [data.figures.done, data.figures.failed, data.figures.running],
    [4, 1, 0],
  );
  const [failure] = data.failures;
  assertEquals(
    [failure.name, failure.message, failure.count, failure.call],
    ["RangeError", "c is out", 1, "M000/00002"],
  );
  assertStringIncludes(failure.stack, "RangeError: c is out");
  const [, , , done, failed] = data.points.at(-1);
  assertEquals([done, failed], [4, 1]);
  assert(data.figures.cpu !== null && data.figures.memory > 1e6, "sampled");
});

on(
  "thread",
  "a stream that is cut and asked for again tells all there is",
  async (make) => {
    const fexec = make(LIVE);
    await fexec.map((x: number) => x, [1, 2, 3]).getResult();
    const url = await livePage(fexec);
    for (const expected of [3, 5]) {
      const { event, data } = await find(liveEvents(url), () => true);
      assertEquals([event, data.figures.done], ["snapshot", expected]);
      assertEquals(data.jobs.length, expected === 3 ? 1 : 2);
      if (expected === 3) await fexec.map((x: number) => x, [1, 2]).getResult();
    }
  },
);

on("thread", "the page says how a run ended that was stopped", async (make) => {
  await using gate = openGate();
  const fexec = make(LIVE);
  fexec.map(
    async (name: string, url) => await (await fetch(url + name)).text(),
    ["a"],
    { extraArgs: [gate.url] },
  );
  await gate.arrived("a");
  const url = await livePage(fexec);
  const events = liveEvents(url);
  await events.next();
  const last = find(events, ({ event }) => event === "end");
  await fexec.terminate("enough");
  const { data } = await last;
  assertEquals([data.end, data.figures.failed], ["stopped", 1]);
  assertEquals(data.failures[0].name, "CancelledError");
});

on(
  "thread",
  "the page is read-only, and for this machine and its own site alone",
  async (make) => {
    const fexec = make(LIVE);
    await fexec.map((x: number) => x, [1]).getResult();
    const url = await livePage(fexec);
    const { host, pathname, port } = new URL(url);
    const ask = async (
      method: string,
      path: string,
      headers: Record<string, string> = {},
    ) => {
      const lines = Object.entries({ Host: host, ...headers })
        .map(([name, value]) => `${name}: ${value}`);
      const answer = await rawRequest(url, [
        `${method} ${path} HTTP/1.1`,
        ...lines,
      ]);
      return { status: Number(answer.split(" ")[1]), answer };
    };
    const { status, answer } = await ask("GET", pathname);
    assertEquals(status, 200);
    assertMatch(
      answer,
      /\r\nContent-Security-Policy: default-src 'none'; script-src 'nonce-[^']+'; style-src 'nonce-[^']+'; connect-src 'self'; [^\r]*frame-ancestors 'none'\r\n/,
    );
    assertStringIncludes(answer, "\r\nCache-Control: no-store\r\n");
    assert(
      !/https?:\/\/(?!www\.w3\.org|www\.chartjs\.org|github\.com)/.test(
        answer.split("\r\n\r\n")[1]!,
      ),
    );
    assert(!answer.includes("Access-Control-Allow"));
    const head = await ask("HEAD", pathname);
    assertEquals([head.status, head.answer.split("\r\n\r\n")[1]], [200, ""]);
    assertEquals((await ask("HEAD", `${pathname}events`)).status, 200);
    const others: [number, string, string, Record<string, string>?][] = [
      [308, "GET", pathname.slice(0, -1)],
      [404, "GET", "/"],
      [404, "GET", "/events"],
      [404, "GET", `${pathname}../`],
      [404, "GET", `${pathname}other`],
      [404, "GET", "/favicon.ico"],
      ...["POST", "PUT", "DELETE", "PATCH", "OPTIONS"].map((method) =>
        [405, method, pathname] as [number, string, string]
      ),
      [421, "GET", pathname, { Host: "evil.example" }],
      [421, "GET", `${pathname}events`, { Host: `evil.example:${port}` }],
      [421, "GET", pathname, { Host: `127.0.0.1.evil.example:${port}` }],
      [421, "GET", pathname, { Host: `192.168.0.1:${port}` }],
      [403, "GET", `${pathname}events`, { Origin: "http://evil.example" }],
      [403, "GET", `${pathname}events`, { Origin: "null" }],
      [403, "GET", pathname, { Origin: "http://127.0.0.1:1" }],
      [200, "GET", pathname, { Host: `localhost:${port}` }],
      [200, "GET", pathname, { Host: "localhost:8000" }], // ssh -L 8000:...
      [200, "GET", pathname, { Origin: `http://${host}` }],
    ];
    for (const [expected, method, path, headers] of others) {
      const { status } = await ask(method, path, headers);
      assertEquals([method, path, headers, status], [
        method,
        path,
        headers,
        expected,
      ]);
    }
  },
);

on(
  "thread",
  "closing does not wait for those who do not read",
  async (make) => {
    const fexec = make(LIVE);
    await fexec.map((x: number) => x, [1]).getResult();
    const url = await livePage(fexec);
    const { host, pathname, port } = new URL(url);
    const connect = () =>
      Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
    using silent = await connect(); // never says a word
    using idle = await connect(); // asks for events and never reads them
    await idle.write(
      new TextEncoder().encode(
        `GET ${pathname}events HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
      ),
    );
    await find(liveEvents(url), () => true);
    await within(fexec.close());
    assertEquals(await silent.read(new Uint8Array(1)).catch(() => null), null);
    const refused = await fetch(url).then(() => false, () => true);
    assert(refused, "nobody answers any more");
  },
);

on(
  "thread",
  "a port that is taken is said, and the run goes on",
  async (make) => {
    using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = other.addr;
    await using folder = await tempDir();
    const script = await folder.write(
      "script.ts",
      `import { FunctionExecutor } from ${JSON.stringify(`${ROOT}mod.ts`)};
    await using fexec = new FunctionExecutor({ backend: "thread", workers: 1, live: { port: ${port} } });
    console.log(await fexec.map((x: number) => x + 1, [1]).getResult(), fexec.liveUrl);`,
    );
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", script],
      env: { NO_COLOR: "1" },
    }).output();
    assertEquals(new TextDecoder().decode(stdout), "[ 2 ] null\n");
    assertMatch(
      new TextDecoder().decode(stderr),
      new RegExp(
        `\\[WARNING\\] Cannot serve the live page on port ${port} as somebody listens there already\n$`,
      ),
    );
    assertEquals(make(LIVE).liveUrl, null);
  },
);

Deno.test("an open page does not keep a script alive that never closes its executor", async () => {
  await using folder = await tempDir();
  const script = await folder.write(
    "script.ts",
    `import { FunctionExecutor } from ${JSON.stringify(`${ROOT}mod.ts`)};
    const fexec = new FunctionExecutor({ backend: "thread", workers: 1, live: true });
    const futures = fexec.map(async () => {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }, [1]);
    await futures.wait();
    await Deno.stdin.read(new Uint8Array(1)); // until the page is open`,
  );
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", script],
    stdin: "piped",
    stderr: "piped",
  }).spawn();
  const lines = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  const url = await saidUrl(lines);
  const events = liveEvents(url);
  assertEquals((await events.next()).value?.event, "snapshot");
  await child.stdin.close();
  assertEquals((await within(child.status)).code, 0);
  await events.next().catch(() => {});
  await events.return(undefined).catch(() => {});
  await lines.cancel();
});

Deno.test("a script that may not listen runs its calls without the live page", async () => {
  await using folder = await tempDir();
  const script = await folder.write(
    "live.ts",
    `import { FunctionExecutor } from ${JSON.stringify(`${ROOT}mod.ts`)};
    await using fexec = new FunctionExecutor({ backend: "thread", workers: 1, live: true });
    console.log(await fexec.map((x: number) => x + 1, [1]).getResult(), fexec.liveUrl);`,
  );
  const args = ["run", "--allow-read", "--no-prompt", "--no-check", script];
  const { stdout, stderr } = await runDeno(args, { cwd: folder.path });
  assertEquals(stdout, "[ 2 ] null\n");
  assertMatch(
    stderr,
    /\[WARNING\] Cannot serve the live page as .*--allow-all\n/,
  );
});

Deno.test({
  name:
    "run --open opens the page, which gets the last state of a run that is over before",
  ignore: !have("curl"),
  fn: async () => {
    await using folder = await tempDir();
    const opener = await folder.write(
      "xdg-open",
      '#!/bin/sh\nsleep 0.3\ncurl -s "$1" > "$0.html"\ncurl -sN "$1events" > "$0.events"\n',
    );
    await Deno.chmod(opener, 0o755);
    const PATH = `${folder.path}:${Deno.env.get("PATH")}`;
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-A", "--no-check", new URL("cli.ts", ROOT).href],
        ...["run", FNS, "even", "--items", "[1,2]", "--open"],
      ],
      env: { PATH, NO_COLOR: "1" },
      stdout: "null",
    }).output();
    assertEquals(code, 1);
    const said = new TextDecoder().decode(stderr);
    assertEquals(
      said.match(/^Live page: http:\/\/127\.0\.0\.1:\d+\/[\w-]+\/$/gm)?.length,
      1,
    );
    const read = () => Deno.readTextFileSync(`${opener}.events`);
    await until(() => read().includes("event: end")); // curl may write a little later
    const end = read().split("\n\n").find((it) => it.startsWith("event: end"))!;
    const { figures } = JSON.parse(/^data: (.*)$/m.exec(end)![1]!);
    assertEquals([figures.done, figures.failed], [2, 1]);
    assertStringIncludes(
      Deno.readTextFileSync(`${opener}.html`),
      "<title>Lithoscope</title>",
    );
  },
});

Deno.test("run --open says that there is no browser, and goes on without", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-check", new URL("cli.ts", ROOT).href],
      ...["run", FNS, "double", "--items", "[1]", "--open"],
    ],
    env: { PATH: "/nowhere", NO_COLOR: "1" },
  }).output();
  assertEquals([code, new TextDecoder().decode(stdout)], [0, "2\n"]);
  assertMatch(
    new TextDecoder().decode(stderr),
    /\[WARNING\] Cannot open the live page with xdg-open: it is not there; it is at http:/,
  );
});

Deno.test("run --live-port says where the page is, and ends by the signal that interrupts it", async () => {
  const child = spawnLithoscope([
    "run",
    FNS,
    "wait",
    "--live-port",
    "0",
    "--detailed",
  ]);
  const lines = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  const input = child.stdin.getWriter();
  await input.write(new TextEncoder().encode("60000\n"));
  const url = await saidUrl(lines);
  const events = liveEvents(url);
  await find(
    { [Symbol.asyncIterator]: () => ({ next: () => events.next() }) },
    ({ data }) => data.running.length === 1,
  );
  const last = find(events, ({ event }) => event === "end");
  child.kill("SIGINT");
  assertEquals((await last).data.end, "stopped");
  assertEquals((await child.status).signal, "SIGINT");
  await input.close().catch(() => {});
  await lines.cancel();
  await child.stdout.cancel();
});
