/**
 * Workers that somebody has stopped, by a signal, with a debugger, or by freezing their control group: they are let be,
 * but said, and what they have not begun runs elsewhere.
 *
 * @module
 */
import { PROC, progressOf, readProcText } from "../../profiler/procfs.ts";
import { cgroupFolders } from "../_cgroups.ts";
import type { Logger } from "../log.ts";
import { sendElsewhere } from "./_aftermath.ts";
import type { PoolOptions } from "./_pool_options.ts";
import type { Retrier } from "./outcome.ts";
import type { Worker } from "./worker.ts";

/** Milliseconds between two looks at workers of which nothing was heard for so long. */
const LOOK = 1000, SILENCE = 900;

/** What this needs of the pool. */
interface Owner extends Retrier {
  /** There may be calls to give. */
  wake(): void;
}

/** Looks after the workers of one pool. */
export class Standstill {
  readonly #workers: ReadonlyMap<number, Worker>;
  readonly #log: Logger;
  readonly #owner: Owner;
  readonly #onStill: PoolOptions["onStill"];
  /** CPU time of silent workers at the last look, in clock ticks. */
  #ticks = new Map<Worker, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    workers: ReadonlyMap<number, Worker>,
    { log, onStill }: Pick<PoolOptions, "log" | "onStill">,
    owner: Owner,
  ) {
    this.#workers = workers;
    this.#log = log;
    this.#owner = owner;
    this.#onStill = onStill;
  }

  /** Looks in a while: for when workers have calls. */
  consider(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#look(), LOOK);
    Deno.unrefTimer(this.#timer as unknown as number);
  }

  /** Looks no more. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    this.#timer = undefined;
    const ticks = new Map<Worker, number>();
    let isBusy = false;
    for (const worker of this.#workers.values()) {
      isBusy ||= worker.running > 0 || worker.isStill;
      const { isLeaving, isStill, lanes, slot } = worker;
      if (isLeaving || slot.pid === Deno.pid) continue; // a thread stops with its host alone
      const isSilent = lanes.some(({ silence }) => silence > SILENCE);
      if (!isSilent && !isStill) continue;
      const progress = progressOf(slot.pid);
      if (progress === null) continue;
      ticks.set(worker, progress.ticks);
      // Tools that slow a process down stop it for moments: one that stands still has not moved in between.
      const why = progress.ticks === this.#ticks.get(worker)
        ? whyStill(slot.pid, progress.state)
        : null;
      if (why === null) this.#goesOn(worker);
      else this.#standsStill(worker, why);
    }
    this.#ticks = ticks;
    if (isBusy) this.consider();
  }

  #goesOn(worker: Worker): void {
    if (!worker.isStill) return;
    worker.isStill = false;
    this.#log.info(`Worker ${worker.info.id} goes on`);
    this.#onStill?.(worker, null);
    this.#owner.wake();
  }

  #standsStill(worker: Worker, why: string): void {
    const wasStill = worker.isStill;
    worker.isStill = true;
    for (const lane of worker.lanes) {
      // What was moved there is here no more.
      if (lane.calls.some(({ job }) => job.options.transfer)) continue;
      for (const call of lane.recall()) sendElsewhere(call, this.#owner);
    }
    if (wasStill) return;
    const running = worker.lanes.flatMap(({ first }) => first?.name ?? []);
    this.#log.warn(`Worker ${worker.info.id} ${why}. ${whatWaits(running)}`);
    this.#onStill?.(worker, why);
  }
}

/** What becomes of calls, by these names, that a worker has begun which stands still. */
export function whatWaits(running: readonly string[]): string {
  if (running.length === 0) return "It gets no calls until it goes on";
  return `${
    running.length === 1
      ? `Call ${running[0]} waits`
      : `${running.length} calls, ${running[0]} among them, wait`
  } for it, as long as no timeout ends that`;
}

/** In what way a process that does nothing is kept from it, and how that ends; `null` if nobody keeps it. */
function whyStill(pid: number, state: string): string | null {
  if (state === "T") {
    return `has been stopped (pid ${pid}, state T); "kill -CONT ${pid}" lets it go on`;
  }
  if (state === "t") {
    return `is held by a debugger (pid ${pid}, state t), which can let it go on`;
  }
  const group = frozenGroupOf(pid);
  return group === null
    ? null
    : `is frozen (pid ${pid}) with its control group ${group}; thawing that lets it go on`;
}

/** The folder of the control group that a process is frozen with; `null` if it is not. */
function frozenGroupOf(pid: number): string | null {
  const groups = readProcText(`${PROC}/${pid}/cgroup`);
  for (const { folder, isV2 } of cgroupFolders(groups, "freezer")) {
    const state = readProcText(
      `${folder}/${isV2 ? "cgroup.events" : "freezer.state"}`,
    );
    if (state === null) continue;
    if (/^(?:FROZEN|frozen 1)$/m.test(state)) return folder;
  }
  return null;
}
