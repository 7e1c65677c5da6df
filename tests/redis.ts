/**
 * A Redis, worker hosts that take calls from it (each a process of its own, as on a machine of its own), and executors
 * that send them.
 *
 * @module
 */
import { FunctionExecutor, type FunctionExecutorOptions } from "../mod.ts";
import { within } from "./executors.ts";
import { have } from "./have.ts";
import { type Service, type ServiceOptions, startRedis } from "./services.ts";
import { ROOT } from "./source_tree.ts";

/** Whether there is a Redis to test with. */
export const HAVE_REDIS: boolean = have("redis-server");

/**
 * For tests in whose process ioredis runs: its parser gives back the memory of large answers by a timer, and it gives a
 * socket that is gone two seconds to close; both end by themselves, a little later than the test.
 */
export const REDIS_DRIVER = {
  sanitizeOps: false,
  sanitizeResources: false,
} as const;

/** What scripts and workers of tests share. */
export const SECRET = "a secret of tests";

/** A worker host. */
export interface Host extends AsyncDisposable {
  /** Its process id. */
  readonly pid: number;
  /** What it has said so far. */
  log(): string;
  /** Resolves when it has said something like that; rejects if it ends before. */
  said(pattern: RegExp): Promise<void>;
  /** Resolves to its exit code. */
  readonly ended: Promise<number>;
  /** Sends it a signal. */
  kill(signal: Deno.Signal): void;
}

/** Options of {@linkcode spawnHost}. */
export interface SpawnOptions {
  /** Arguments behind `worker`. */
  args?: readonly string[];
  /** The secret; `null` for none. @default {SECRET} */
  secret?: string | null;
  /** A program and its arguments that become Deno, such as `ip netns exec NAME`. @default {[]} */
  through?: readonly string[];
  /** More variables of its environment. @default {{}} */
  env?: Record<string, string>;
}

/** Starts `lithoscope worker`. */
export function spawnHost(
  { args = [], secret = SECRET, through = [], env = {} }: SpawnOptions,
): Host {
  const [program, ...before] = [...through, Deno.execPath()];
  const cli = new URL("cli.ts", ROOT).href;
  const child = new Deno.Command(program!, {
    args: [...before, "run", "-A", "-q", cli, "worker", ...args],
    cwd: new URL(".", ROOT),
    env: { NO_COLOR: "1", LITHOSCOPE_REDIS_SECRET: secret ?? "", ...env },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let log = "", isOver = false;
  let heard = Promise.withResolvers<void>();
  const drained = (async () => {
    for await (
      const text of child.stderr.pipeThrough(new TextDecoderStream())
    ) {
      log += text;
      heard.resolve();
      heard = Promise.withResolvers();
    }
    isOver = true;
    heard.resolve();
  })();
  const ended = child.status.then(async ({ code }) => {
    await drained;
    return code;
  });
  const kill = (signal: Deno.Signal) => {
    if (!isOver) child.kill(signal);
  };
  return {
    pid: child.pid,
    log: () => log,
    said: (pattern) =>
      within(
        (async () => {
          while (!pattern.test(log)) {
            if (isOver) throw new Error(`It never said ${pattern}: ${log}`);
            await heard.promise;
          }
        })(),
      ),
    ended,
    kill,
    [Symbol.asyncDispose]: async () => {
      kill("SIGTERM");
      const timer = setTimeout(() => kill("SIGKILL"), 30_000);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** A Redis with all that belongs to it; what was started ends with it. */
export interface Site extends AsyncDisposable {
  /** The Redis. */
  readonly redis: Service;
  /** Starts a worker host, and waits until it takes calls. */
  host(name: string, ...args: string[]): Promise<Host>;
  /** An executor that sends calls there, quiet unless told otherwise. */
  make(options?: FunctionExecutorOptions): FunctionExecutor;
}

/** Starts a Redis, with worker hosts of two workers each. */
export async function openSite(
  hosts: readonly string[] = [],
  options: ServiceOptions = {},
): Promise<Site> {
  const stack = new AsyncDisposableStack();
  const redis = stack.use(await startRedis(options));
  const site: Site = {
    redis,
    host: async (name, ...args) => {
      const host = stack.use(spawnHost({
        args: ["--redis", redis.url, "--name", name, "--workers", "2", ...args],
      }));
      await host.said(/takes calls/);
      return host;
    },
    make: ({ redis: given, ...more } = {}) =>
      stack.adopt(
        new FunctionExecutor({
          backend: "redis",
          redis: { url: redis.url, secret: SECRET, ...given },
          progress: false,
          logLevel: "none",
          ...more,
        }),
        (fexec) => fexec.terminate(),
      ),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
  try {
    await Promise.all(hosts.map((name) => site.host(name)));
  } catch (error) {
    await site[Symbol.asyncDispose]();
    throw error;
  }
  return site;
}
