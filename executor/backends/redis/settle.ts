/**
 * What worker hosts tell of calls, applied to the calls of the script.
 *
 * @module
 */
import type { Call } from "../../call.ts";
import type { Logger } from "../../log.ts";
import { Column, COLUMNS } from "../../worker/protocol.ts";
import { failOrRetry } from "../outcome.ts";
import type { Crew } from "./crew.ts";
import { unpackOutcomes } from "./packing.ts";
import { reviveFailure } from "./failure.ts";
import type { CallOutcome, NewsMessage, OutcomesMessage } from "./protocol.ts";

/** Finds a call that is open. */
type Find = (job: number, index: number) => Call | undefined;

/** What {@linkcode Started} needs to know. */
export interface StartedOptions {
  find: Find;
  crew: Crew;
  /** Something was printed by a call. */
  printed: (text: string) => void;
  /** Where trouble is told. */
  log: Logger;
}

/** Takes the news of calls that run. */
export class Started {
  readonly #options: StartedOptions;

  constructor(options: StartedOptions) {
    this.#options = options;
  }

  /** Applies a message; `offset` in milliseconds is to be added to its instants. */
  take({ job, started, printed, stopped }: NewsMessage, offset: number): void {
    const { find, crew, printed: tell, log } = this.#options;
    for (const { call: index, began, worker, at } of started) {
      const call = find(job, index);
      if (call === undefined) continue;
      const attempt = call.attempts.length + began;
      if (call.state !== "invoked" && attempt <= call.attempt) continue;
      call.state = "running";
      call.attempt = attempt;
      const known = crew.of(worker);
      known.hostOffset = offset;
      call.worker = known.info;
      call.numbers = new Float64Array(COLUMNS).fill(NaN);
      call.numbers[Column.start] = at;
      call.row = 0;
      call.clockOffset = offset;
    }
    for (const { call, text } of printed) {
      const found = find(job, call);
      if (found !== undefined) found.logs += text;
      tell(text);
    }
    for (const { host, name, worker, text } of stopped) {
      const who = `Worker ${crew.numberOf(host, worker)} on host "${name}"`;
      if (text === undefined) log.info(`${who} goes on`);
      else log.warn(`${who} ${text}`);
    }
  }
}

/** What {@linkcode Ended} needs to know. */
export interface EndedOptions {
  find: Find;
  crew: Crew;
  /** Takes a call out of the open ones and ends it. */
  end: (call: Call, end: () => void) => void;
  /** Runs a call again after a delay in milliseconds. */
  again: (call: Call, delay: number) => void;
}

/** Takes the outcomes of calls. */
export class Ended {
  readonly #options: EndedOptions;

  constructor(options: EndedOptions) {
    this.#options = options;
  }

  /** Applies a message; `offset` in milliseconds is to be added to its instants. */
  take({ job, outcomes: packed }: OutcomesMessage, offset: number): void {
    const outcomes = unpackOutcomes(packed);
    let sum = 0, count = 0, found: Call | undefined;
    for (const outcome of outcomes) {
      const call = this.#options.find(job, outcome.call);
      // What came before is what counts.
      if (
        call === undefined || call.done || call.attempts.length > outcome.base
      ) {
        continue;
      }
      found = call;
      const { numbers, row } = outcome;
      if (numbers !== null) {
        const from = row * COLUMNS;
        const time = numbers[from + Column.end]! -
          numbers[from + Column.start]!;
        if (!Number.isNaN(time)) {
          sum += time;
          count++;
        }
      }
      this.#settle(call, outcome, offset);
    }
    if (found === undefined || count === 0) return;
    found.job.learnTime(sum / count);
  }

  #settle(call: Call, outcome: CallOutcome, offset: number): void {
    const { crew, end, again } = this.#options;
    call.attempt = outcome.attempt;
    call.numbers = outcome.numbers;
    call.row = outcome.row;
    call.functionTime = outcome.functionTime;
    call.statusAt = call.job.now();
    call.clockOffset = offsetInOrder(call, outcome, offset);
    call.resultSentAt = outcome.resultSentAt < 0
      ? -1
      : outcome.resultSentAt + call.clockOffset - outcome.clockOffset;
    if (outcome.inputSize >= 0) call.inputSize = outcome.inputSize;
    if (outcome.worker !== null) {
      const worker = crew.of(outcome.worker);
      call.worker = worker.info;
      worker.hostOffset = offset;
      worker.answered++;
      worker.totals = outcome.totals ?? worker.totals;
    }
    if (outcome.attempts.length > 0) {
      call.attempts = [
        ...call.attempts,
        ...outcome.attempts.map((each) => reviveFailure(each, call)),
      ];
    }
    const { failure } = outcome;
    end(call, () => {
      if (call.cancelling) call.cancelled();
      else if (failure === undefined) call.succeed(outcome.value);
      else if (outcome.outcome === "cancelled") {
        call.cancelReason ??= failure.message;
        call.cancelled();
      } else {
        const error = reviveFailure(failure, call);
        const { retryIf, retries } = call.job.options;
        if (retryIf !== undefined && retries > 0) {
          failOrRetry(call, error, outcome.outcome, outcome.errorClass!, {
            again,
          });
        } else call.fail(error, outcome.outcome, outcome.errorClass!);
      }
    });
  }
}

/**
 * Milliseconds to add to the instants of an outcome. A clock may have been set since it was compared last: but no call starts
 * before it was submitted, and none ends after that is known.
 */
function offsetInOrder(
  { submittedAt, statusAt }: Call,
  { numbers, row, clockOffset }: CallOutcome,
  offset: number,
): number {
  const known = offset + clockOffset;
  if (numbers === null) return known;
  const least = submittedAt - numbers[row * COLUMNS + Column.start]!;
  const most = statusAt - numbers[row * COLUMNS + Column.end]!;
  // Nothing is known where it is NaN, and nothing is changed then.
  if (known > most) return most;
  return known < least ? least : known;
}
