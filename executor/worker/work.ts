/**
 * A message of calls while a worker goes through it: how far it is, and the results that have not been sent.
 *
 * @module
 */
import { type PackedError, packError } from "../errors.ts";
import { pack } from "./copies.ts";
import type { LoadedFunction } from "./load.ts";
import {
  Column,
  COLUMNS,
  type CpuTotals,
  epochMillis,
  type Results,
  type RunCalls,
} from "./protocol.ts";
import { inspectValue } from "./values.ts";

/** The calls of one message. */
export class Work {
  readonly message: RunCalls;
  readonly fn: LoadedFunction;
  /** `COLUMNS` numbers a call. */
  readonly numbers: Float64Array;
  /** Calls that have ended. */
  ended = 0;
  #sent = 0;
  #values: unknown[] = [];
  #failed: boolean[] = [];
  #buffers: ArrayBuffer[] = [];

  /** The calls of `message`, to be run by `fn`. */
  constructor(message: RunCalls, fn: LoadedFunction) {
    this.message = message;
    this.fn = fn;
    this.numbers = new Float64Array(COLUMNS * message.calls.length).fill(NaN);
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

  /** Ends the next call with what its function gave, or with what it threw. */
  end(value: unknown, failed: boolean): void {
    const { row } = this;
    if (!failed) {
      try {
        const { collect } = this.fn;
        const { size, buffers } = inspectValue(value, collect);
        this.numbers[row + Column.resultSize] = size;
        if (buffers.length > 0) {
          const packed = pack(value, buffers, collect);
          this.#buffers.push(...packed.buffers);
          value = packed.value;
        }
      } catch (cause) {
        value = unsendableResult(cause);
        failed = true;
      }
    }
    this.numbers[row + Column.end] = epochMillis();
    this.#push(failed ? packError(value, isSendable) : value, failed);
  }

  /** Ends the next call without running it. */
  refuse(failure: PackedError): void {
    const now = epochMillis();
    this.numbers[this.row + Column.start] = now;
    this.numbers[this.row + Column.end] = now;
    this.#push(failure, true);
  }

  /** The results that have not been sent, with the buffers to move. */
  take(
    sentAt: number,
    totals: CpuTotals | null,
  ): { results: Results; buffers: ArrayBuffer[] } {
    const { message, ended, numbers } = this;
    const from = this.#sent;
    const isWhole = from === 0 && this.isDone;
    const taken = {
      results: {
        type: "results" as const,
        job: message.job,
        lane: message.lane,
        calls: isWhole ? message.calls : message.calls.slice(from, ended),
        values: this.#values,
        failed: this.#failed,
        // A copy: cloning a part of an array would clone all of its buffer.
        numbers: isWhole
          ? numbers
          : numbers.slice(from * COLUMNS, ended * COLUMNS),
        sentAt,
        totals,
      },
      buffers: this.#buffers,
    };
    this.#sent = ended;
    this.#values = [];
    this.#failed = [];
    this.#buffers = [];
    this.holdsObject = false;
    return taken;
  }

  #push(value: unknown, failed: boolean): void {
    this.#values.push(value);
    if (isObject(value)) this.holdsObject = true;
    this.#failed.push(failed);
    this.ended++;
  }
}

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
