/**
 * A module is loaded only where the user's own code names it: whatever else holds a URL (messages that a worker forges,
 * errors, saved runs, configuration files) makes neither the host nor a worker import it.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "./assert.ts";
import { encodeFrame } from "../executor/worker/frames.ts";
import { Run, task } from "../mod.ts";
import { onEach, until } from "./executors.ts";
import { type TempDir, tempDir } from "./temp_dir.ts";

const corrupt = task<typeof import("./fixtures/channel.ts")>(
  import.meta.resolve("./fixtures/channel.ts"),
  "corrupt",
);

/** URLs of modules that tell when somebody loads them. */
async function layTraps() {
  let asked = 0;
  // There is nothing to be had there: what is loaded would be noted in the lock file.
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => {
      asked++;
      return new Response(null, { status: 404 });
    },
  );
  const folder: TempDir = await tempDir();
  const mark = `${folder.path}/loaded`;
  const path = await folder.write(
    "trap.ts",
    `Deno.writeTextFileSync(${JSON.stringify(mark)}, "");
export function trap(): void {}`,
  );
  const isLoaded = () => {
    try {
      return Deno.statSync(mark).isFile;
    } catch {
      return false;
    }
  };
  return {
    folder,
    urls: [
      // A port is given out again some day, and Deno remembers what was not to be had there.
      `http://127.0.0.1:${server.addr.port}/${crypto.randomUUID()}/trap.ts`,
      `file://${path}`,
    ],
    /** How often each of them was loaded, or asked for. */
    sprung: () => [asked, isLoaded() ? 1 : 0],
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** What a worker may say, and what only a host may, all about modules; what comes last shows that all was read. */
function forged(url: string, job: number, call: number): unknown[] {
  const spec = { kind: "module", url, name: "trap" };
  const error = { name: url, message: url, stack: `at ${url}:1:1`, cause: url };
  return [
    { type: "function", id: 1, spec, extraArgs: [], transfer: false },
    { type: "setup", lanes: 1, board: url, stats: "all", backend: "process" },
    { type: "calls", definition: 1, job, lane: 0, calls: [call], items: [url] },
    [1, 1, job, "M000", 0, 0, [call], [1], [url]],
    { type: "rehearsed", results: { spec, url } },
    { type: "import", url, spec, module: url },
    { type: url, url },
    // Of a job that there is not, so that it is of no call.
    [2, 9999, 0, [0], [{ ...error, spec, url }], [true], 1, [], 1, 1, 0, 0],
    { type: "printed", job, call, text: `read ${url}\n` },
  ];
}

onEach(
  "messages that a worker forges make nobody load a module",
  async (make, backend) => {
    await using traps = await layTraps();
    const fexec = make({ workers: 1, killDelay: 0.05 });
    // The first job is number 1, its first call number 0.
    const messages = traps.urls.flatMap((url) => forged(url, 1, 0));
    const future = backend === "process"
      ? fexec.callAsync(corrupt, [
        ...encodeFrame(messages)[0] as Uint8Array<ArrayBuffer>,
      ], { extraArgs: [false] })
      : fexec.callAsync(async (messages: unknown[]) => {
        for (const message of messages) {
          (self as unknown as Worker).postMessage(message);
        }
        await new Promise(() => setInterval(() => {}, 1000));
      }, messages);
    await until(() => traps.urls.every((url) => future.logs.includes(url)));
    // The worker is as good as before.
    future.cancel();
    await fexec.wait(future);
    assertEquals(await fexec.callAsync((x: number) => x, 1), 1);
    assertEquals(traps.sprung(), [0, 0]);
  },
);

onEach(
  "errors, results and configuration that hold URLs make nobody load a module, what the script names does",
  async (make) => {
    await using traps = await layTraps();
    const { folder, urls: [web, file] } = traps;
    const keys = ["module", "url", "import", "entry", "runtime", "base"];
    const section = Object.fromEntries(keys.map((key) => [key, web]));
    const sections = ["lithops", "localhost", "redis", "prometheus", "modules"];
    const config = Object.fromEntries(
      sections.map((name) => [name, name === "redis" ? {} : section]),
    );
    const fexec = make({ workers: 1, config });
    const failed = fexec.callAsync((url: string) => {
      const error = Object.assign(new Error(url, { cause: url }), { url });
      error.name = url;
      error.stack = `${url}: ${url}\n    at trap (${url}:1:1)\n//# ${
        "source" + "MappingURL"
      }=${url}`;
      throw error;
    }, web!);
    const result = await fexec.callAsync(
      (url: string) => ({ kind: "module", spec: { url }, url }),
      file!,
    );
    assertEquals(result.url, file);
    await fexec.wait(failed);
    assertStringIncludes(Deno.inspect(failed.error), web!);
    await fexec.save(`${folder.path}/run.jsonl`);

    // Somebody else has had the saved run.
    const lines = Deno.readTextFileSync(`${folder.path}/run.jsonl`).trimEnd()
      .split("\n").map((line) =>
        JSON.stringify(
          JSON.parse(line),
          (key, value) =>
            ["function_name", "host_name", "name", "message", "stack", "logs"]
                .includes(key)
              ? web
              : value,
        )
      );
    await folder.write("run.jsonl", lines.join("\n"));
    const run = await Run.load(`${folder.path}/run.jsonl`);
    assertEquals(run.header.host_name, web);
    run.summary();
    await run.findings();
    await run.report(`${folder.path}/run.html`);
    await run.trace(`${folder.path}/run.json`);
    for (const kind of ["csv", "jsonl", "om"]) {
      await run.export(`${folder.path}/out.${kind}`);
    }
    assertEquals(traps.sprung(), [0, 0]);

    // The traps are good: this is how a script names a module.
    await fexec.callAsync(task(file!, "trap"), 0);
    const missing = fexec.callAsync(task(web!, "trap"), 0);
    await fexec.wait(missing);
    assertStringIncludes(Deno.inspect(missing.error), web!);
    const [asked, loaded] = traps.sprung();
    assert(asked! > 0 && loaded === 1, `${asked}, ${loaded}`);
  },
);
