/** Where the network is cut nothing is lost: neither calls on their way, nor what a host ran; what ran twice is counted. */
import { assert, assertEquals } from "./assert.ts";
import { FunctionExecutor } from "../mod.ts";
import { until, within } from "./executors.ts";
import { openGate } from "./gate.ts";
import { haveIslands, openIsland } from "./network.ts";
import { openProxy } from "./proxy.ts";
import {
  HAVE_REDIS,
  openSite,
  REDIS_DRIVER,
  SECRET,
  spawnHost,
} from "./redis.ts";
import { startRedis } from "./services.ts";
import { tempDir } from "./temp_dir.ts";

const isAllowed = HAVE_REDIS && await haveIslands();
if (!isAllowed) {
  // deno-lint-ignore no-console -- why the test below is ignored
  console.log("No network namespaces: `ip netns add` is not allowed here");
}

Deno.test({
  name: "a run survives a network cut of 5 s between one host and Redis",
  ignore: !isAllowed,
  ...REDIS_DRIVER,
  fn: async () => {
    await using stack = new AsyncDisposableStack();
    const { here, through, cable } = stack.use((await openIsland())!);
    const folder = stack.use(await tempDir());
    const redis = stack.use(
      await startRedis({
        args: ["--bind", "127.0.0.1", here, "--protected-mode", "no"],
      }),
    );
    const far = redis.url.replace("127.0.0.1", here);
    const start = async (
      name: string,
      url: string,
      through: readonly string[],
    ) => {
      const args = ["--redis", url, "--name", name, "--workers", "2"];
      const host = stack.use(spawnHost({ args, through }));
      await host.said(/takes calls/);
      return host;
    };
    const [, beta] = await Promise.all([
      start("alpha", redis.url, []),
      start("beta", far, through),
    ]);
    const fexec = stack.adopt(
      new FunctionExecutor({
        backend: "redis",
        redis: { url: redis.url, secret: SECRET },
        progress: false,
        logLevel: "none",
      }),
      (fexec) => fexec.terminate(),
    );
    const calls = 600, ran = `${folder.path}/ran`;
    const futures = fexec.map(
      async (x: number, ran: string) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        await Deno.writeTextFile(ran, `${x}\n`, { append: true });
        return x * 7;
      },
      Array.from({ length: calls }, (_, i) => i),
      { extraArgs: [ran] },
    );
    const doneOn = (name: string) =>
      futures.stats.filter(({ host_name, outcome }) =>
        host_name === name && outcome === "success"
      ).length;
    await until(() => doneOn("beta") >= 20, 60);
    await cable(false);
    const cutAt = performance.now(), before = doneOn("alpha");
    await new Promise((resolve) => setTimeout(resolve, 5000));
    assert(doneOn("alpha") > before, "the other host went on");
    await cable(true);
    assert(performance.now() - cutAt >= 5000);
    const results = await within(futures.getResult(), 90);
    assertEquals(results, Array.from({ length: calls }, (_, i) => i * 7));

    // Each call ran, and those that ran twice are those that are counted.
    const runs = () =>
      Deno.readTextFileSync(ran).trim().split("\n").map(Number);
    assertEquals(new Set(runs()).size, calls);
    const cli = async (...args: string[]) => {
      const { stdout } = await new Deno.Command("redis-cli", {
        args: ["-p", `${redis.port}`, ...args],
      }).output();
      return new TextDecoder().decode(stdout).trim();
    };
    const key = `lithoscope:run:${fexec.executorId}`;
    let counted = -1;
    const end = performance.now() + 60_000;
    // What it could not tell while it was cut off it tells when it is back.
    while (counted !== runs().length - calls && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      counted = Number(await cli("hget", key, "duplicates"));
    }
    assertEquals(counted, runs().length - calls);

    // It takes calls again, and ends as it should.
    const tags = fexec.map((x: number) => x, [1, 2, 3, 4]);
    assertEquals(await within(tags.getResult(), 60), [1, 2, 3, 4]);
    beta.kill("SIGTERM");
    assertEquals(await within(beta.ended, 60), 0);
    await fexec.close();
  },
});

Deno.test({
  name: "calls are queued though a connection is cut within Redis' answer",
  ignore: !HAVE_REDIS,
  ...REDIS_DRIVER,
  fn: async () => {
    await using site = await openSite();
    await using proxy = openProxy(site.redis.port);
    const fexec = site.make({
      redis: { url: `redis://127.0.0.1:${proxy.port}` },
    });
    // Of some calls is heard that they are queued, of the others nothing.
    proxy.swallow((sent) => /\beval\b/.test(sent), 100);
    const items = Array.from({ length: 600 }, (_, i) => i);
    const futures = fexec.map((x: number) => x * 7, items, { chunksize: 1 });
    await until(() => proxy.swallowed > 0, 60);
    await site.host("alpha");
    assertEquals(
      await within(futures.getResult(), 60),
      items.map((x) => x * 7),
    );
    await fexec.close();
  },
});

Deno.test({
  name:
    "a host hears of a call that was cancelled while its connection was lost",
  ignore: !HAVE_REDIS,
  ...REDIS_DRIVER,
  fn: async () => {
    await using site = await openSite(["alpha"]);
    await using gate = openGate();
    const fexec = site.make();
    const call = fexec.callAsync(async (url: string, { signal }) => {
      await (await fetch(`${url}begun`)).text();
      await new Promise((resolve) => signal.onabort = resolve);
      await (await fetch(`${url}stopped`)).text();
    }, gate.url);
    call.then(() => {}, () => {});
    await gate.arrived("begun");
    gate.open("begun");
    // It is back a tenth of a second later, when nobody says it again.
    await new Deno.Command("redis-cli", {
      args: ["-p", `${site.redis.port}`, "client", "kill", "type", "pubsub"],
    }).output();
    call.cancel();
    await gate.arrived("stopped");
    gate.openAll();
    await fexec.terminate();
  },
});
