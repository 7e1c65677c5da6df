/**
 * What a script would pay for with its first call, done while its workers start: code that is compiled when first run. So
 * a call goes all the way through the host, to a worker that is none.
 */
import type {
  Backend,
  Slot,
  SlotExit,
  SpawnOptions,
} from "./backends/backend.ts";
import { Pool } from "./backends/pool.ts";
import type { ResolvedConfig } from "./config.ts";
import type { ResponseFuture } from "./future.ts";
import { Jobs } from "./jobs.ts";
import { Ledger } from "./ledger.ts";
import { createLogger } from "./log.ts";
import { createSharedBoard } from "../profiler/board.ts";
import { inspectValue } from "./worker/values.ts";
import {
  epochMillis,
  newNumbers,
  type Results,
  type RunCalls,
  type ToWorker,
} from "./worker/protocol.ts";

/** Has a little of everything that functions are written with; never run. */
const SPECIMEN = async (
  { list, scale = 2 }: { list: number[]; scale?: number },
  ...rest: unknown[]
) => {
  const seen = new Map<string, number>();
  try {
    for (const [i, each] of list.entries()) {
      if (each > scale && i !== 0) seen.set(`${i}`, each * scale);
      else await new Promise((resolve) => setTimeout(resolve, each));
    }
    while (seen.size > 9) seen.clear();
  } catch (error) {
    throw new Error("specimen", { cause: error });
  }
  function total(sum: number, each: number) {
    return sum + each;
  }
  return { ...rest, sum: list.map((each) => -each).reduce(total, 0) };
};

/** Starts stand-ins for workers, which answer each call at once. */
class Stage implements Backend {
  readonly kind = "thread";

  spawn(options: SpawnOptions): Promise<Slot> {
    return Promise.resolve(new Understudy(options));
  }

  abandon(): void {}

  close(): Promise<void> {
    return Promise.resolve();
  }
}

class Understudy implements Slot {
  readonly id: number;
  readonly pid = Deno.pid;
  readonly tid = 0;
  readonly bootTime = 0;
  readonly clockOffset = 0;
  readonly board = createSharedBoard(1);
  readonly exited: Promise<SlotExit> = new Promise(() => {});
  readonly #options: SpawnOptions;

  constructor(options: SpawnOptions) {
    this.id = options.id;
    this.#options = options;
  }

  send(message: ToWorker): void {
    if (message.type !== "calls") return;
    const { events } = this.#options;
    queueMicrotask(() => events.messages([answer(message)], epochMillis()));
  }

  flush(): void {}
  hold(): void {}
  kill(): void {}

  recall(): null {
    return null;
  }

  lingers(): Promise<boolean> {
    return Promise.resolve(false);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** What a worker would say to calls of a function that gives back what it gets. */
function answer({ job, lane, calls, items }: RunCalls): Results {
  return {
    type: "results",
    job,
    lane,
    calls,
    values: items,
    failed: calls.map(() => false),
    runs: calls.length,
    numbers: newNumbers(calls.length),
    took: 0.01,
    sentAt: epochMillis(),
    totals: null,
  };
}

/** Runs a call on the stage, with all that an executor of this configuration does for it; leaves no traces. */
export async function rehearse(config: ResolvedConfig): Promise<void> {
  const pool = new Pool({
    backend: new Stage(),
    workers: 1,
    concurrency: 1,
    stats: config.stats,
    killDelay: 0,
    idleTimeout: Infinity,
    maxCallsPerWorker: Infinity,
    marker: () => "",
    host: null,
    log: createLogger("none"),
  });
  const ledger = new Ledger(config.keepStats);
  const jobs = new Jobs({
    executorId: "",
    config: { ...config, maxQueue: Infinity },
    pool,
    ledger,
    owner: { cancel: () => {} },
    observer: () => undefined,
    onBusy: () => {},
  });
  const futures: ResponseFuture<unknown>[] = [];
  const job = jobs.create("call", "A", SPECIMEN, {});
  jobs.start(job, { kind: "known", items: [1] }, futures);
  ledger.want(futures[0]!);
  await futures[0];
  void futures[0]!.stats;
  inspectValue({ list: [1, 2.5], text: "specimen", flags: new Set([true]) });
  await pool.close();
}
