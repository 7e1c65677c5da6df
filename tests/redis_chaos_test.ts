/** Whatever is lost in the middle of a run, every answer comes, and is right. */
import { assert, assertEquals } from "./assert.ts";
import { FunctionExecutor } from "../mod.ts";
import { until, within } from "./executors.ts";
import { HAVE_REDIS, SECRET, spawnHost } from "./redis.ts";
import { freePort } from "./services.ts";
import { tempDir } from "./temp_dir.ts";

/** A Redis that keeps its data over being killed. */
function startDurable(port: number, folder: string): Deno.ChildProcess {
  return new Deno.Command("redis-server", {
    args: [
      ...["--bind", "127.0.0.1", "--port", `${port}`, "--dir", folder],
      ...["--save", "", "--appendonly", "yes", "--loglevel", "warning"],
    ],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
}

const BOTH = new Set(["alpha", "beta"]);

Deno.test({
  name: "a run survives the loss of a host, of a worker and of Redis",
  ignore: !HAVE_REDIS,
  fn: async () => {
    await using folder = await tempDir();
    await using stack = new AsyncDisposableStack();
    const port = freePort();
    const url = `redis://127.0.0.1:${port}`;
    let redis = startDurable(port, folder.path);
    const killRedis = async () => {
      redis.kill("SIGKILL");
      await redis.status;
    };
    stack.defer(killRedis);
    const start = async (name: string) => {
      const host = stack.use(spawnHost({
        args: ["--redis", url, "--name", name, "--workers", "2"],
      }));
      await host.said(/takes calls/);
      return host;
    };
    const [, beta] = await Promise.all([start("alpha"), start("beta")]);
    const fexec = stack.adopt(
      new FunctionExecutor({
        backend: "redis",
        redis: { url, secret: SECRET },
        retries: 2,
        progress: false,
        logLevel: "none",
      }),
      (fexec) => fexec.terminate(),
    );
    const calls = 2000;
    const futures = fexec.map(async (x: number) => {
      await new Promise((resolve) => setTimeout(resolve, 4));
      return x * 7;
    }, Array.from({ length: calls }, (_, i) => i));
    let done = 0;
    for (const future of Array.from(futures)) {
      future.then(() => done++, () => done++);
    }
    const hosts = () => new Set(fexec.stats.map(({ host_name }) => host_name));
    // One ends while it has calls, and so does the worker of another.
    await until(() => done >= 150 && hosts().isSupersetOf(BOTH));
    beta.kill("SIGKILL");
    const ran = () =>
      fexec.stats.findLast(({ host_name, worker_pid }) =>
        host_name === "alpha" && worker_pid !== null
      );
    await until(() => ran() !== undefined);
    Deno.kill(ran()!.worker_pid!, "SIGKILL");
    await until(() => done >= 300);
    await killRedis();
    redis = startDurable(port, folder.path);
    await start("gamma");
    const results = await within(futures.getResult(), 90);
    assertEquals(results, Array.from({ length: calls }, (_, i) => i * 7));
    assert(hosts().isSupersetOf(BOTH), [...hosts()].join());
    await fexec.close();
  },
});
