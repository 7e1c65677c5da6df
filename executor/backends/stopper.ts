/**
 * Stops calls: those that run longer than they may, and those that are cancelled and do not listen. Where a call cannot
 * be stopped by itself its worker is ended.
 *
 * @module
 */
import { progressOf } from "../../profiler/procfs.ts";
import type { Call } from "../call.ts";
import type { Logger } from "../log.ts";
import { epochMillis } from "../worker/protocol.ts";
import type { Slot } from "./backend.ts";
import type { Lane } from "./lane.ts";
import { type Retrier, timedOut } from "./outcome.ts";
import type { Worker } from "./worker.ts";

const MAX_TIMER = 2 ** 31 - 1;

/** Stops the calls of one pool. */
export class Stopper {
  readonly #killDelay: number;
  readonly #log: Logger;
  readonly #retrier: Retrier;
  /** Threads that were given up while they were busy. */
  readonly #lingering: { call: Call; slot: Slot }[] = [];
  readonly #looking = new Set<Promise<void>>();

  /** `killDelay` is the time in milliseconds between telling a call to stop and ending its worker. */
  constructor(killDelay: number, log: Logger, retrier: Retrier) {
    this.#killDelay = killDelay;
    this.#log = log;
    this.#retrier = retrier;
  }

  /** Tells a call in a worker to stop; if it has not ended after the delay, its worker is ended. */
  cancel(call: Call, lane: Lane): void {
    this.tell(call, lane, call.cancelReason);
    const timer = setTimeout(() => {
      if (call.done) return;
      if (lane.running(lane.read()) === call) {
        this.#stop(lane.worker, call, () => call.cancelled());
      } else call.cancelled(); // It has not started; its worker passes it over.
    }, Math.min(this.#killDelay, MAX_TIMER));
    call.onDone(() => clearTimeout(timer));
  }

  /** Aborts the `ctx.signal` of a call in a worker, or keeps it from starting there. */
  tell(call: Call, lane: Lane, reason: unknown): void {
    const { slot } = lane.worker;
    slot.send({
      type: "abort",
      job: call.job.number,
      call: call.index,
      reason: sendableReason(reason),
    });
    slot.flush();
  }

  /** Looks at a lane when a call that was given to it just now may have exceeded its timeout. */
  watch(lane: Lane, timeout: number): void {
    lane.lookIn(timeout, () => this.#look(lane));
  }

  /** Stops the running call of a lane if it has exceeded its timeout, and looks again when the next one may have. */
  #look(lane: Lane): void {
    const row = lane.read();
    const running = lane.running(row);
    const { worker } = lane;
    if (
      running === undefined && lane.length > 0 &&
      progressOf(worker.slot.pid)?.state === "T"
    ) {
      // Nothing starts there, so nothing would be timed out: the calls run elsewhere.
      worker.isLeaving = true;
      return worker.slot.kill();
    }
    let next = Infinity;
    for (const call of lane.calls) {
      const limit = call.job.options.timeout;
      if (limit === 0) continue;
      let left = limit; // counted from the start of the function, which is yet to come
      if (call === running) {
        left += row!.startedAt + lane.worker.slot.clockOffset - epochMillis();
        if (left <= 0) {
          const end = () => timedOut(call, this.#retrier);
          return this.#stop(lane.worker, call, end);
        }
      }
      next = Math.min(next, left);
    }
    if (next < Infinity) lane.lookIn(next, () => this.#look(lane));
  }

  /** Ends a worker because of one of its calls, which then ends as `end` says. */
  #stop(worker: Worker, call: Call, end: () => void): void {
    if (worker.stopped !== undefined) return;
    worker.stopped = { call, end };
    worker.isLeaving = true;
    worker.slot.kill();
    const looking: Promise<void> = this.#warnOfLingering(worker, call)
      .finally(() => this.#looking.delete(looking));
    this.#looking.add(looking);
  }

  async #warnOfLingering({ info, slot }: Worker, call: Call): Promise<void> {
    if (!await slot.lingers()) return;
    this.#lingering.push({ call, slot });
    this.#log.warn(
      `Call ${call.name} of ${call.job.title} still keeps a core busy: thread ${info.id} was given up, but no thread can be stopped while it computes; backend "process" can stop such a call`,
    );
  }

  /** Takes note of the calls of a worker that is ended with its executor. */
  abandon({ lanes, slot }: Worker): void {
    for (const { first: call } of lanes) {
      if (call !== undefined) this.#lingering.push({ call, slot });
    }
  }

  /** Says which threads are still busy when all else has ended. */
  async tellLingering(): Promise<void> {
    await Promise.all(this.#looking);
    const still = await Promise.all(
      this.#lingering.map(async ({ call, slot }) =>
        await slot.lingers() ? [call.name] : []
      ),
    );
    const names = still.flat();
    if (names.length === 0) return;
    const threads = `${names.length} thread${names.length === 1 ? "" : "s"}`;
    this.#log.warn(
      `Closed with ${threads} still busy until the program ends: ${
        names.join(", ")
      }`,
    );
  }
}

/** A reason as the worker may have it: errors and text travel, anything else does not. */
function sendableReason(reason: unknown): unknown {
  return reason instanceof Error
    ? reason.message
    : typeof reason === "string"
    ? reason
    : undefined;
}
