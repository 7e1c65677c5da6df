/**
 * Hosts behind a Redis that keeps its data, for the monkey: what can be lost between machines, and comes back.
 *
 * @module
 */
import type { FunctionExecutorOptions } from "../mod.ts";
import { FunctionExecutor } from "../mod.ts";
import type { RoundSite } from "./monkey.ts";
import { type Host, SECRET, spawnHost } from "./redis.ts";
import { freePort } from "./services.ts";
import { tempDir } from "./temp_dir.ts";

/** Seconds after which a host that says nothing counts as lost. */
const LOST = 4;

/** Starts a Redis and two hosts of two workers each. */
export async function openChaosSite(): Promise<RoundSite & AsyncDisposable> {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await tempDir());
  const port = freePort();
  const url = `redis://127.0.0.1:${port}`;
  let redis = startDurable(port, folder.path);
  const killRedis = async () => {
    redis.kill("SIGKILL");
    await redis.status;
  };
  stack.defer(killRedis);
  let count = 0;
  const start = async (): Promise<Host> => {
    const host = stack.use(spawnHost({
      args: [
        ...["--redis", url, "--name", `host-${count++}`, "--workers", "2"],
        ...["--max-memory", `${300 << 20}`],
      ],
    }));
    await host.said(/takes calls/);
    return host;
  };
  const hosts = await Promise.all([start(), start()]).catch(async (error) => {
    await stack.disposeAsync();
    throw error;
  });
  return {
    make: (options: FunctionExecutorOptions) =>
      new FunctionExecutor({
        ...options,
        backend: "redis",
        redis: { url, secret: SECRET },
      }),
    losses: {
      "host killed": async () => {
        hosts[0]!.kill("SIGKILL");
        await hosts[0]!.ended;
        hosts[0] = await start();
      },
      "Redis killed": async () => {
        await killRedis();
        redis = startDurable(port, folder.path);
      },
      // Others run what it has, and it comes back with answers that nobody waits for.
      "host stopped": async () => {
        hosts[1]!.kill("SIGSTOP");
        await new Promise((go) => setTimeout(go, (LOST + 1) * 1000));
        hosts[1]!.kill("SIGCONT");
      },
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

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
