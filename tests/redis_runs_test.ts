/** Runs on Redis outlive the script that started them, and go where they are told. */
import { assert, assertEquals, assertMatch, assertRejects } from "./assert.ts";
import { CallError, FunctionExecutor, task } from "../mod.ts";
import { within } from "./executors.ts";
import { HAVE_REDIS, openSite, REDIS_DRIVER, SECRET } from "./redis.ts";
import { runDeno } from "./run_deno.ts";
import { listen } from "./said.ts";
import { freePort } from "./services.ts";

const FIXTURE = new URL("fixtures/redis_run.ts", import.meta.url);

/** Starts a script with a run of so many calls; gives its id when the first call has ended. */
async function startRun(
  url: string,
  calls: number,
  pause: number,
): Promise<{ id: string; child: Deno.ChildProcess }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "-q", FIXTURE.href, url, `${calls}`, `${pause}`],
    cwd: new URL("..", import.meta.url),
    env: { LITHOSCOPE_REDIS_SECRET: SECRET },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value } = await within(reader.read());
  await reader.cancel();
  return { id: value!.trim(), child };
}

Deno.test({
  name: "runs on Redis",
  ignore: !HAVE_REDIS,
  ...REDIS_DRIVER,
  fn: async (t) => {
    await using site = await openSite(["alpha"]);
    const port = freePort();
    await site.host("beta", "--tags", "gpu,big", "--metrics-port", `${port}`);
    const redis = { url: site.redis.url, secret: SECRET };
    const options = { redis, progress: false, logLevel: "none" } as const;

    await t.step(
      "attach() picks up a run whose script was killed",
      async () => {
        const { id, child } = await startRun(redis.url, 200, 20);
        child.kill("SIGKILL");
        await child.status;
        await using fexec = await FunctionExecutor.attach(id, options);
        assertEquals(fexec.executorId, id);
        const results = await fexec.futures.getResult();
        assertEquals(results, Array.from({ length: 200 }, (_, i) => i * 3));
        assert(fexec.stats.every((stats) => stats.outcome === "success"));
        // and again, of a run that has ended
        await fexec.close();
        const again = await FunctionExecutor.attach(id, options);
        assertEquals(await again.futures.getResult(), results);
        const more = again.map((x: number) => x + 1, [1, 2]);
        assertEquals(await more.getResult(), [2, 3]);
        assert(more[0]!.jobId !== again.futures[0]!.jobId);
        again.clean();
        await again.close();
        await assertRejects(
          () => FunctionExecutor.attach(id, options),
          Error,
          `Cannot attach to "${id}" as there is no such run under "lithoscope"`,
        );
      },
    );

    await t.step(
      "clean() takes nothing away of the calls behind it",
      async () => {
        using log = listen();
        const fexec = site.make({ logLevel: "warning" });
        for (let i = 0; i < 3; i++) {
          const futures = fexec.map((x: number) => x + 1, [i]);
          assertEquals(await futures.getResult(), [i + 1]);
          fexec.clean();
        }
        await fexec.close();
        assertEquals(log.text, ""); // It would name those that are lost, and are queued again.
      },
    );

    await t.step(
      "a script that never closes its executor ends by itself",
      async () => {
        const script = new URL("fixtures/redis_unclosed.ts", import.meta.url);
        const { code, stdout, stderr } = await runDeno(
          ["run", "-A", "-q", script.href, redis.url],
          { env: { LITHOSCOPE_REDIS_SECRET: SECRET } },
        );
        assertEquals(
          [code, stdout.trim(), stderr],
          [0, "success,cancelled,success", ""],
        );
      },
    );

    await t.step("attach() refuses what is no id", async () => {
      await assertRejects(
        () => FunctionExecutor.attach("x", options),
        RangeError,
        "must be the id of an executor",
      );
    });

    await t.step("everything of a run expires", async () => {
      const fexec = site.make({ redis: { ...redis, ttl: 100 } });
      await fexec.map((x: number) => x, [1, 2, 3]).getResult();
      await fexec.close();
      const { stdout } = await new Deno.Command("redis-cli", {
        args: [
          ...["-p", `${site.redis.port}`, "eval"],
          `local all = {}
           for _, key in ipairs(redis.call("KEYS", "lithoscope:run:" .. ARGV[1] .. "*")) do
             table.insert(all, redis.call("TTL", key))
           end
           return all`,
          ...["0", fexec.executorId],
        ],
      }).output();
      const ttls = new TextDecoder().decode(stdout).trim().split("\n")
        .map(Number);
      assert(ttls.length >= 3, `${ttls}`);
      assert(ttls.every((ttl) => ttl > 50 && ttl <= 100), `${ttls}`);
    });

    await t.step(
      "requires: calls go to hosts that have all the tags",
      async () => {
        const fexec = site.make();
        const futures = fexec.map(
          async (x: number) => {
            await new Promise((resolve) => setTimeout(resolve, 5));
            return x;
          },
          Array.from({ length: 30 }, (_, i) => i),
          {
            requires: { tags: ["gpu"] },
          },
        );
        await futures.getResult();
        const hosts = new Set(futures.stats.map((stats) => stats.host_name));
        assertEquals([...hosts], ["beta"]);
        await fexec.close();
      },
    );

    await t.step("a worker host tells Prometheus of itself", async () => {
      const url = `http://127.0.0.1:${port}/metrics`;
      assertMatch(
        await (await fetch(url)).text(),
        /lithoscope_calls_total\{executor_id="worker-[0-9a-f]+",outcome="success"\} [1-9]/,
      );
    });

    await t.step(
      "a module of this machine travels with its imports",
      async () => {
        const folder = await Deno.makeTempDir();
        await Deno.writeTextFile(
          `${folder}/base.ts`,
          "export const base: number = 40;",
        );
        await Deno.writeTextFile(
          `${folder}/add.ts`,
          `import { base } from "./base.ts";
         export function add(x: number): string { return base + x + " " + import.meta.url; }
         export function boom(): void { throw new RangeError("boom"); }`,
        );
        const url = `file://${folder}/add.ts`;
        const fexec = site.make();
        const future = fexec.callAsync(task(url, "add"), 2);
        const [sum, where] = `${await future}`.split(" ");
        assertEquals(sum, "42");
        assert(!where!.includes(folder), "it runs from a copy");
        // One that cannot be bundled fails its own calls alone.
        await Deno.writeTextFile(
          `${folder}/bad.ts`,
          `import "./none.ts"; export function f() {}`,
        );
        const bad = fexec.callAsync(task(`file://${folder}/bad.ts`, "f"), 1);
        const good = fexec.callAsync((x: number) => x, 1);
        await assertRejects(() => bad.result(), CallError, "cannot be bundled");
        assertEquals(await good, 1);
        await fexec.close();
        await Deno.remove(folder, { recursive: true });
      },
    );
  },
});
