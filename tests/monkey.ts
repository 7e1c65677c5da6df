/**
 * A monkey that kills, stops and slows workers while calls with known answers run, some of which misbehave too. What it
 * does follows from a seed alone, so a round can be played again; when it hits what, the machine decides.
 *
 * @module
 */
import { assert, assertEquals } from "./assert.ts";
import {
  FunctionExecutor,
  type FunctionExecutorOptions,
  type ResponseFuture,
  task,
  WorkerExitError,
} from "../mod.ts";
import { answer, type Errand, type Mischief } from "./fixtures/errands.ts";
import { isAlive, type ProcessId, processOf } from "./processes.ts";

/** Numbers from 0 to 1 that follow from a seed: mulberry32. */
export type Random = () => number;

/** Starts a row of numbers. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The seed of this run: `LITHOSCOPE_SEED`, or a new one. */
export function seedOf(): number {
  const given = Deno.env.get("LITHOSCOPE_SEED");
  return given === undefined
    ? crypto.getRandomValues(new Uint32Array(1))[0]!
    : Number(given);
}

/** Where a monkey can reach workers. */
export type MonkeyBackend = "process" | "thread" | "redis";

/** What the calls of the redis backend go through. */
export interface RoundSite {
  /** Makes an executor whose calls go there. */
  make(options: FunctionExecutorOptions): FunctionExecutor;
  /** What can be lost there, by name; each resolves when it is back, and each happens once, spread over the round. */
  losses: Record<string, () => Promise<void>>;
}

/** What calls do on each backend. A thread that spins cannot be stopped, and one that hogs memory ends the host. */
const MISCHIEF: Record<MonkeyBackend, readonly Mischief[]> = {
  process: ["throw", "exit", "kill", "leave", "hog", "spin", "stick", "reject"],
  redis: ["throw", "exit", "kill", "leave", "hog", "spin", "stick", "reject"],
  thread: ["throw", "exit", "close", "stick", "reject"],
};

/** What the monkey does to a process. */
const TRICKS = {
  async kill(pid: number, random: Random): Promise<void> {
    await sleep(random() * 3);
    signal(pid, "SIGKILL");
  },
  async stop(pid: number, random: Random): Promise<void> {
    signal(pid, "SIGSTOP");
    await sleep(50 + random() * 200);
    signal(pid, "SIGCONT");
  },
  async slow(pid: number, random: Random): Promise<void> {
    for (let i = 0; i < 5; i++) {
      signal(pid, "SIGSTOP");
      await sleep(5 + random() * 15);
      signal(pid, "SIGCONT");
      await sleep(5);
    }
  },
};

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** A worker that has ended is none of the monkey's business. */
function signal(pid: number, name: Deno.Signal): void {
  try {
    Deno.kill(pid, name);
  } catch {
    // It has ended.
  }
}

/** One round. */
export interface Round {
  seed: number;
  backend: MonkeyBackend;
  /** For the redis backend. */
  site?: RoundSite;
  /** Calls with known answers. */
  calls: number;
  /** Times that the monkey does something from outside. */
  tricks: number;
  /** Calls that misbehave once, of each kind. */
  mischief: number;
  /** File in which calls note that they begin; `""` for none. */
  diary: string;
}

/** What a round has seen. */
export interface Outcome {
  /** Every worker process that there was. */
  workers: ProcessId[];
  /** What the monkey did, and how often. */
  tricks: Record<string, number>;
  /** Attempts that failed, by the class of their error. */
  failures: Record<string, number>;
  /** Attempts that a signal ended. */
  killed: number;
  /** Workers that were started. */
  started: number;
}

/** Plays a round; fails if any answer is wrong, or any future settles never or twice. */
export async function play(round: Round): Promise<Outcome> {
  const random = randomFrom(round.seed);
  const pick = <T>(list: readonly T[]): T =>
    list[Math.floor(random() * list.length)]!;
  const workers = 2 + Math.floor(random() * 2);
  const concurrency = pick([1, 1, 2, 3]);
  const options: FunctionExecutorOptions = {
    backend: round.backend,
    // Those of hosts are theirs.
    ...(round.site === undefined ? { workers, concurrency } : {}),
    ...(random() < 0.5 ? {} : { chunksize: pick([1, 7, 40]) }),
    // Enough that nobody is out of luck so often: each costs a call one of its attempts.
    retries: 50,
    timeout: 1,
    killDelay: 0.1,
    ...(round.backend === "process" ? { maxMemory: 300 << 20 } : {}),
    progress: false,
    logLevel: "none",
  };
  const errands = errandsFor(round, random);
  await using fexec = round.site?.make(options) ??
    new FunctionExecutor(options);
  const monkey = new Monkey(fexec, round, random);
  const run = task<typeof import("./fixtures/errands.ts")>(
    import.meta.resolve("./fixtures/errands.ts"),
    "run",
  );
  const jobOptions = { extraArgs: [round.diary] as const, retryDelay: 0.01 };
  const futures = fexec.map(run, errands, jobOptions);
  monkey.watch(Array.from(futures));
  const settled = new Map<string, number>();
  const count = ({ callId }: ResponseFuture<unknown>) =>
    settled.set(callId, (settled.get(callId) ?? 0) + 1);
  for (const future of Array.from(futures)) {
    future.then(() => count(future), () => count(future));
  }
  for await (const future of futures.asCompleted()) {
    assert(future.done);
    if (future.error !== null) throw future.error;
    await monkey.settled();
  }
  await monkey.rest();
  assertEquals(futures.length, round.calls);
  assertEquals(settled.size, round.calls);
  assert([...settled.values()].every((times) => times === 1));
  for (const [i, errand] of errands.entries()) {
    assertEquals(await futures[i], answer(errand));
  }
  monkey.look();
  const errors = Array.from(futures).flatMap(({ attempts }) => attempts);
  const outcome: Outcome = {
    workers: [...monkey.workers.values()],
    tricks: monkey.done,
    failures: {},
    killed: 0,
    started: fexec.workerStats().length,
  };
  for (const error of errors) {
    const { name } = error;
    outcome.failures[name] = (outcome.failures[name] ?? 0) + 1;
    if (error instanceof WorkerExitError && error.signal !== null) {
      outcome.killed++;
    }
  }
  if (round.diary !== "") {
    checkDiary(round.diary, Array.from(futures), round.site === undefined);
  }
  await fexec.close();
  return outcome;
}

/** Each call has run, and never more often than its statistics say; with a lost host more often too. */
function checkDiary(
  path: string,
  futures: readonly ResponseFuture<unknown>[],
  isExact: boolean,
): void {
  const runs = new Map<number, number>();
  for (const line of Deno.readTextFileSync(path).trimEnd().split("\n")) {
    const id = Number(line);
    runs.set(id, (runs.get(id) ?? 0) + 1);
  }
  Deno.removeSync(path);
  assertEquals(runs.size, futures.length);
  for (const [id, { stats, attempts }] of futures.entries()) {
    assertEquals(stats.attempt, attempts.length + 1);
    if (!isExact) continue;
    assert(runs.get(id)! <= stats.attempt, `${id}: ${runs.get(id)} runs`);
  }
}

/** Most calls are quick, some wait or compute, some come with data, and a few misbehave. */
function errandsFor(round: Round, random: Random): Errand[] {
  const errands = Array.from({ length: round.calls }, (_, id): Errand => {
    const kind = random();
    return {
      id,
      seed: Math.floor(random() * 2 ** 32),
      nap: kind < 0.1 ? 1 + random() * 20 : 0,
      toil: kind > 0.95 ? random() * 5 : 0,
      bytes: kind > 0.8 && kind < 0.83 ? Math.floor(random() * 200_000) : 0,
    };
  });
  for (const mischief of MISCHIEF[round.backend]) {
    for (let i = 0; i < round.mischief; i++) {
      const errand = errands[Math.floor(random() * errands.length)]!;
      errand.mischief = mischief;
    }
  }
  return errands;
}

/** Plays its tricks while calls settle: one after every so many, so that work goes on between them. */
class Monkey {
  /** Worker processes that were seen, by process id and start. */
  readonly workers = new Map<string, ProcessId>();
  /** What it did. */
  readonly done: Record<string, number> = {};
  readonly #fexec: FunctionExecutor;
  readonly #round: Round;
  readonly #random: Random;
  readonly #busy = new Set<Promise<void>>();
  /** What is still to be lost. */
  readonly #losses: [name: string, lose: () => Promise<void>][];
  #futures: readonly ResponseFuture<unknown>[] = [];
  #settled = 0;

  constructor(fexec: FunctionExecutor, round: Round, random: Random) {
    this.#fexec = fexec;
    this.#round = round;
    this.#random = random;
    this.#losses = Object.entries(round.site?.losses ?? {});
  }

  /** Tells it which calls there are. */
  watch(futures: readonly ResponseFuture<unknown>[]): void {
    this.#futures = futures;
  }

  /** Notes the worker processes that are new. */
  look(): void {
    if (this.#round.backend === "thread") return;
    for (const { worker_pid } of this.#fexec.workerStats()) {
      const process = processOf(worker_pid);
      if (process === undefined) continue;
      this.workers.set(`${process.pid} ${process.start}`, process);
    }
  }

  /** A call has settled: perhaps it is time for a trick. */
  async settled(): Promise<void> {
    const { calls, tricks } = this.#round;
    const every = Math.max(1, Math.floor(calls / (tricks + 1)));
    const share = Math.floor(
      calls / (1 + Object.keys(this.#round.site?.losses ?? {}).length),
    );
    if (++this.#settled % share === 0) this.#lose();
    if (this.#settled % every !== 0) return;
    this.look();
    this.#watch(this.#play());
    // More than two at once would leave no worker to go on.
    if (this.#busy.size > 1) await Promise.race(this.#busy);
  }

  #watch(trick: Promise<void>): void {
    const playing = trick.finally(() => this.#busy.delete(playing));
    this.#busy.add(playing);
  }

  #lose(): void {
    const loss = this.#losses.shift();
    if (loss === undefined) return;
    this.#count(loss[0]);
    this.#watch(loss[1]());
  }

  /** Resolves when no trick is being played. */
  async rest(): Promise<void> {
    await Promise.all(this.#busy);
  }

  async #play(): Promise<void> {
    const random = this.#random;
    const choice = random(), where = random();
    if (choice < 0.15 || this.#round.backend === "thread") {
      return this.#cancelOne(where);
    }
    // One that is running a call right now, or the youngest, which may be idle.
    const running = choice < 0.85
      ? this.#futures.filter(({ state }) => state === "running")
      : [];
    const pid = running[Math.floor(where * running.length)]?.stats.worker_pid ??
      this.#fexec.workerStats().at(-1)?.worker_pid;
    const victim = [...this.workers.values()].find((each) => each.pid === pid);
    if (victim === undefined || !isAlive(victim)) return;
    const trick = choice < 0.6 ? "kill" : choice < 0.7 ? "slow" : "stop";
    this.#count(trick);
    await TRICKS[trick](victim.pid, random);
  }

  /** Submits a call and cancels it a moment later: nobody else may notice. */
  async #cancelOne(where: number): Promise<void> {
    this.#count("cancel");
    const future = this.#fexec.callAsync(
      (_: number, { signal }) =>
        new Promise((_, reject) =>
          signal.addEventListener("abort", () => reject(signal.reason))
        ),
      0,
    );
    await sleep(where * 30);
    future.cancel("the monkey changed its mind");
    await this.#fexec.wait(future);
    assertEquals(future.state, "cancelled");
  }

  #count(trick: string): void {
    this.done[trick] = (this.done[trick] ?? 0) + 1;
  }
}
