/**
 * Real servers for tests, each on a free port of 127.0.0.1, ready when it answers, gone when the block that holds it by
 * `await using` ends.
 *
 * @module
 */

/** A server that runs beside the test. */
export interface Service extends AsyncDisposable {
  /** Where it answers, without a slash at the end. */
  readonly url: string;
  /** Its port on 127.0.0.1. */
  readonly port: number;
  /** Its process id. */
  readonly pid: number;
  /** What it wrote to stderr so far. */
  log(): string;
  /** Ends it and waits until it has ended; by `SIGKILL` after 20 s, or at once if that is the signal. */
  stop(signal?: Deno.Signal): Promise<void>;
}

interface Program {
  command: string;
  args: (port: number) => string[];
  isReady: (port: number) => Promise<boolean>;
  scheme?: string;
}

/** Longest wait for the first answer. */
const START_LIMIT = 60_000;

/** A port that nobody listens on at this instant; of those that Linux gives to nobody by itself, so it stays so. */
export function freePort(): number {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function answersOk(url: string): Promise<boolean> {
  try {
    const response = await fetch(url);
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

function launch(program: Program, port: number): Service & {
  readonly exited: boolean;
} {
  const child = new Deno.Command(program.command, {
    args: program.args(port),
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let log = "";
  const drained = (async () => {
    for await (
      const text of child.stderr.pipeThrough(new TextDecoderStream())
    ) {
      log += text;
    }
  })();
  let exited = false;
  const ended = child.status.then(() => {
    exited = true;
  });
  const stop = async (signal: Deno.Signal = "SIGTERM") => {
    if (!exited) child.kill(signal);
    const kill = setTimeout(() => exited || child.kill("SIGKILL"), 20_000);
    await ended;
    clearTimeout(kill);
    await drained;
  };
  return {
    url: `${program.scheme ?? "http"}://127.0.0.1:${port}`,
    port,
    pid: child.pid,
    log: () => log,
    stop,
    [Symbol.asyncDispose]: () => stop(),
    get exited() {
      return exited;
    },
  };
}

/** Starts a program; on another port when somebody was quicker to take the first. */
async function start(program: Program): Promise<Service> {
  for (let attempt = 1;; attempt++) {
    const port = freePort();
    const service = launch(program, port);
    const limit = performance.now() + START_LIMIT;
    while (!service.exited && performance.now() < limit) {
      if (await program.isReady(port) && !service.exited) return service;
      await sleep(10);
    }
    await service.stop("SIGKILL");
    const isTaken = /address already in use/i.test(service.log());
    if (!isTaken || attempt === 3) {
      throw new Error(
        `Cannot start ${program.command}: ${service.log().trim()}`,
      );
    }
  }
}

/** Options of {@linkcode startPushgateway} and {@linkcode startRedis}. */
export interface ServiceOptions {
  /** More arguments for the program. */
  args?: readonly string[];
}

/** Starts a Pushgateway that keeps nothing on disk. */
export function startPushgateway(
  options: ServiceOptions = {},
): Promise<Service> {
  return start({
    command: "prometheus-pushgateway",
    args: (port) => [
      `--web.listen-address=127.0.0.1:${port}`,
      "--persistence.file=",
      "--log.level=warn",
      ...options.args ?? [],
    ],
    isReady: (port) => answersOk(`http://127.0.0.1:${port}/-/ready`),
  });
}

/** Options of {@linkcode startPrometheus}. */
export interface PrometheusOptions extends ServiceOptions {
  /** The text of its `prometheus.yml`; rule files are named by absolute paths. */
  config: string;
  /** Fills the folder of its data before it starts. @default {undefined} it starts empty */
  fill?: (data: string) => Promise<void>;
}

/** Starts a Prometheus whose data live in a temporary folder, removed afterwards. */
export async function startPrometheus(
  options: PrometheusOptions,
): Promise<Service> {
  const folder = await Deno.makeTempDir({ prefix: "lithoscope_prometheus_" });
  await Deno.writeTextFile(`${folder}/prometheus.yml`, options.config);
  await options.fill?.(`${folder}/data`);
  return await inFolder(folder, {
    command: "prometheus",
    args: (port) => [
      `--web.listen-address=127.0.0.1:${port}`,
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      "--log.level=warn",
      ...options.args ?? [],
    ],
    isReady: (port) => answersOk(`http://127.0.0.1:${port}/-/ready`),
  });
}

/** Starts a Redis that keeps nothing on disk; its URL is `redis://127.0.0.1:<port>`. */
export async function startRedis(
  options: ServiceOptions = {},
): Promise<Service> {
  const folder = await Deno.makeTempDir({ prefix: "lithoscope_redis_" });
  return await inFolder(folder, {
    command: "redis-server",
    scheme: "redis",
    args: (port) => [
      ...["--bind", "127.0.0.1", "--port", `${port}`, "--dir", folder],
      ...["--save", "", "--appendonly", "no", "--loglevel", "warning"],
      ...["--logfile", "/dev/stderr"],
      ...options.args ?? [],
    ],
    isReady: answersPing,
  });
}

async function answersPing(port: number): Promise<boolean> {
  try {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await connection.write(new TextEncoder().encode("PING\r\n"));
    const answer = new Uint8Array(16);
    const length = await connection.read(answer) ?? 0;
    return new TextDecoder().decode(answer.subarray(0, length))
      .startsWith("+PONG");
  } catch {
    return false;
  }
}

/** Starts a program that writes into `folder`, which goes when the program has stopped. */
async function inFolder(folder: string, program: Program): Promise<Service> {
  const remove = () => Deno.remove(folder, { recursive: true });
  try {
    const service = await start(program);
    const stop = async (signal?: Deno.Signal) => {
      await service.stop(signal);
      await remove().catch(() => {}); // gone at the first of two stops
    };
    return { ...service, stop, [Symbol.asyncDispose]: () => stop() };
  } catch (error) {
    await remove();
    throw error;
  }
}
