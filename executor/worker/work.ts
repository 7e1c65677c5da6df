/**
 * A message of calls while a worker goes through it: how far it is, and the results that have not been sent.
 *
 * @module
 */
import { type PackedError, packError } from "../errors.ts";
import { cloned, pack } from "./copies.ts";
import type { LoadedFunction } from "./load.ts";
import {
  clock,
  Column,
  COLUMNS,
  type CpuTotals,
  epochMillis,
  newNumbers,
  type Numbers,
  plainNumbers,
  type Results,
  type RunCalls,
} from "./protocol.ts";
import { inspectValue } from "./values.ts";

/** Results while there are none. */
const NONE: never[] = [];

/** The calls of one message. */
export class Work {
  readonly message: RunCalls;
  readonly fn: LoadedFunction;
  /** `COLUMNS` numbers a call; undefined where nothing is measured. */
  readonly numbers: Numbers | undefined;
  /** Calls that have ended. */
  ended = 0;
  /** When the last of them did, in milliseconds of `clock()`. */
  endedAt = NaN;
  #sent = 0;
  /** Of those that were not sent: how many were run, and when the first of them was. */
  #runs = 0;
  #since = 0;
  #values: unknown[] = NONE;
  #failed: boolean[] = NONE;
  #buffers: ArrayBuffer[] = [];
  #isCut = false;

  /** The calls of `message`, to be run by `fn`, and measured or not. */
  constructor(message: RunCalls, fn: LoadedFunction, isMeasured: boolean) {
    this.message = message;
    this.fn = fn;
    this.numbers = isMeasured ? newNumbers(message.calls.length) : undefined;
  }

  /** Whether all calls have ended. */
  get isDone(): boolean {
    return this.ended === this.message.calls.length;
  }

  /** Whether a result that was not sent is an object, which the next call might change. */
  holdsObject = false;

  /** Whether there are results to send. */
  get hasResults(): boolean {
    return this.ended > this.#sent;
  }

  /** Where the numbers of the next call begin. */
  get row(): number {
    return this.ended * COLUMNS;
  }

  /** Notes that the next call starts at `now`, in milliseconds of `clock()`. */
  start(now: number): void {
    if (this.ended === this.#sent) this.#since = now;
    this.#runs++;
  }

  /** Ends the next call with what its function gave, or with what it threw. */
  end(value: unknown, failed: boolean): void {
    const { row, numbers } = this;
    const { collect } = this.fn;
    let buffers: readonly ArrayBuffer[] = NONE;
    let isOwn = false;
    if (!failed) {
      try {
        const info = inspectValue(value, collect);
        if (numbers !== undefined) numbers[row + Column.resultSize] = info.size;
        if (info.buffers.length > 0) {
          ({ value, buffers, isOwn } = pack(value, info.buffers, collect));
        }
      } catch (cause) {
        value = unsendableResult(cause);
        failed = true;
      }
    }
    if (failed) value = packError(value, isSendable);
    // Buffers that are moved are gone when Deno refuses the message: what goes with them is certain to be sent.
    const moves = this.#buffers.length > 0 && collect !== "large";
    if (moves && !isOwn && isObject(value)) {
      try {
        ({ value, buffers } = cloned(value, buffers));
      } catch (cause) {
        value = packError(unsendableResult(cause), () => false);
        buffers = NONE;
        failed = true;
      }
      isOwn = true;
    }
    this.#note(row);
    if (buffers.length > 0) this.#buffers.push(...buffers);
    this.#push(value, failed, isOwn);
  }

  /** Leaves out the calls that have not ended, which are somebody else's now; gives their numbers. */
  drop(): number[] {
    this.#isCut = true;
    this.message.items = [];
    return this.message.calls.splice(this.ended);
  }

  /** Ends the next call without running it, because of `failure`; gives when, in milliseconds of `clock()`. */
  refuse(failure: PackedError = CANCELLED): number {
    const { row, numbers } = this;
    this.#note(row);
    if (numbers !== undefined) {
      numbers[row + Column.start] = numbers[row + Column.end]!;
    }
    this.#push(failure, true);
    return this.endedAt;
  }

  #note(row: number): void {
    this.endedAt = clock();
    if (this.numbers === undefined) return;
    this.numbers[row + Column.end] = epochMillis(this.endedAt);
  }

  /** The results that have not been sent, with the buffers to move; `now` is `clock()`. */
  take(
    now: number,
    totals: CpuTotals | null,
  ): { results: Results; buffers: ArrayBuffer[] } {
    const { message, ended } = this;
    const from = this.#sent;
    const isWhole = from === 0 && this.isDone && !this.#isCut;
    const taken = {
      results: {
        type: "results" as const,
        job: message.job,
        lane: message.lane,
        calls: isWhole ? message.calls : message.calls.slice(from, ended),
        values: this.#values,
        failed: this.#failed,
        runs: this.#runs,
        numbers: this.#numbersToSend(from, isWhole),
        took: this.#runs === 0 ? NaN : now - this.#since,
        sentAt: epochMillis(now),
        totals,
      },
      buffers: this.#buffers,
    };
    this.#sent = ended;
    this.#runs = 0;
    this.#values = NONE;
    this.#failed = NONE;
    this.#buffers = [];
    this.holdsObject = false;
    return taken;
  }

  #numbersToSend(from: number, isWhole: boolean): Numbers {
    const { numbers, ended } = this;
    if (numbers === undefined) return [];
    // A copy: cloning a part of an array would clone all of its buffer.
    const own = isWhole
      ? numbers
      : numbers.slice(from * COLUMNS, ended * COLUMNS);
    // Where much has been moved to lately, V8 collects whenever a new buffer is made, and waits for the last collection.
    return this.#buffers.length > 0 ? plainNumbers(own) : own;
  }

  #push(value: unknown, failed: boolean, isOwn = false): void {
    if (this.hasResults) {
      this.#values.push(value);
      this.#failed.push(failed);
    } else {
      this.#values = [value];
      this.#failed = [failed];
    }
    if (!isOwn && isObject(value)) this.holdsObject = true;
    this.ended++;
  }
}

const CANCELLED: PackedError = {
  isError: true,
  name: "CancelledError",
  className: "CancelledError",
  message: "Cancelled before it started",
};

/** Why a call failed whose function gave what cannot be sent. */
export function unsendableResult(cause: unknown): TypeError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new TypeError(`Cannot send the result of the function: ${why}`, {
    cause,
  });
}

/** Whether a value can be changed behind one's back. */
export function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

/** Whether a value may cross to the host. */
export function isSendable(value: unknown): boolean {
  try {
    inspectValue(value);
    return true;
  } catch {
    return false;
  }
}
