/**
 * Outcomes of calls as columns: what all calls have goes into a few arrays, and what is rare stands by itself, which takes
 * a fraction of the space and time of one object a call.
 *
 * @module
 */
import { packError } from "../../errors.ts";
import { Column, COLUMNS, type CpuTotals } from "../../worker/protocol.ts";
import { unsendableResult } from "../../worker/work.ts";
import type {
  BlobRef,
  CallFailure,
  CallOutcome,
  WorkerName,
} from "./protocol.ts";

const INSTANTS = [Column.start, Column.funcStart, Column.funcEnd, Column.end];

/** Times and sizes of a call beside those of its worker. */
const TIMES = 4;

/** What only some outcomes have: all that did not simply succeed. */
type Rare =
  & { at: number }
  & Pick<CallOutcome, "outcome" | "errorClass" | "failure" | "attempts">;

/** Outcomes of some calls. */
export interface PackedOutcomes {
  /** Attempts the home had made before, of each call. */
  base: number;
  /** Numbers of the calls. */
  calls: number[];
  /** The attempt that each is. */
  attempts: number[];
  /** The results. */
  values: unknown[];
  /** Results that are elsewhere. */
  blobs: BlobRef[];
  /** Who ran them, each once. */
  workers: WorkerName[];
  /** CPU seconds of those. */
  totals: (CpuTotals | null)[];
  /** Which of them ran each call; -1 for none. */
  ranOn: number[];
  /** `COLUMNS` numbers a call. */
  numbers: Float64Array;
  /** Size of the item; times to hand over call and function; when the result was sent. */
  times: Float64Array;
  /** What did not simply succeed. */
  rare: Rare[];
}

/** Packs outcomes that have the same base. */
export function packOutcomes(outcomes: readonly CallOutcome[]): PackedOutcomes {
  const packed: PackedOutcomes = {
    base: outcomes[0]?.base ?? 0,
    calls: [],
    attempts: [],
    values: [],
    blobs: [],
    workers: [],
    totals: [],
    ranOn: [],
    numbers: new Float64Array(outcomes.length * COLUMNS).fill(NaN),
    times: new Float64Array(outcomes.length * TIMES),
    rare: [],
  };
  const places = new Map<number, number>();
  outcomes.forEach((each, at) => {
    packed.calls.push(each.call);
    packed.attempts.push(each.attempt);
    packed.values.push(each.value);
    packed.ranOn.push(placeOf(each, packed, places));
    copyNumbers(each, packed.numbers, at * COLUMNS);
    const { inputSize, uploadTime, functionTime, resultSentAt } = each;
    packed.times.set(
      [inputSize, uploadTime, functionTime, resultSentAt],
      at * TIMES,
    );
    const { outcome, errorClass, failure, attempts } = each;
    if (outcome === "success" && attempts.length === 0) return;
    packed.rare.push({ at, outcome, errorClass, failure, attempts });
  });
  return packed;
}

/** Its numbers, with instants on the clock of this host from here on. */
function copyNumbers(
  { numbers, row, clockOffset }: CallOutcome,
  to: Float64Array,
  at: number,
): void {
  if (numbers === null) return;
  const from = row * COLUMNS;
  for (let i = 0; i < COLUMNS; i++) to[at + i] = numbers[from + i]!;
  for (const column of INSTANTS) to[at + column]! += clockOffset;
}

/** The place of its worker among those of the message. All are of one host. */
function placeOf(
  { worker, totals }: CallOutcome,
  packed: PackedOutcomes,
  places: Map<number, number>,
): number {
  if (worker === null) return -1;
  let place = places.get(worker.worker);
  if (place === undefined) {
    place = packed.workers.push(worker) - 1;
    packed.totals.push(totals);
    places.set(worker.worker, place);
  } else packed.totals[place] = totals;
  return place;
}

/** The outcomes again. */
export function unpackOutcomes(packed: PackedOutcomes): CallOutcome[] {
  const { base, calls, values, numbers, times } = packed;
  const rare = new Map(packed.rare.map((each) => [each.at, each]));
  return calls.map((call, at) => {
    const place = packed.ranOn[at]!;
    const row = at * TIMES;
    const odd = rare.get(at);
    return {
      call,
      base,
      attempt: packed.attempts[at]!,
      outcome: odd?.outcome ?? "success",
      errorClass: odd?.errorClass ?? null,
      value: values[at],
      failure: odd?.failure,
      attempts: odd?.attempts ?? [],
      numbers,
      row: at,
      clockOffset: 0,
      worker: packed.workers[place] ?? null,
      totals: packed.totals[place] ?? null,
      inputSize: times[row]!,
      uploadTime: times[row + 1]!,
      functionTime: times[row + 2]!,
      resultSentAt: times[row + 3]!,
    };
  });
}

/** Makes a call of a message one that has failed, as its result cannot be carried. */
export function failBlob(
  packed: PackedOutcomes,
  at: number,
  { message }: Error,
): void {
  failAt(packed, at, "BlobError", {
    kind: "CallError",
    message: `The result of the call is lost: ${message}`,
    cause: undefined,
    exit: undefined,
  });
}

/**
 * The same of all calls of a message whose results `encode` throws for: on threads a result may be one that bytes cannot
 * carry. Gives whether there are any.
 */
export function failUnsendable(
  packed: PackedOutcomes,
  encode: (value: unknown) => unknown,
): boolean {
  let isAny = false;
  packed.values.forEach((value, at) => {
    try {
      encode(value);
    } catch (error) {
      const cause = unsendableResult(error);
      isAny = true;
      packed.values[at] = undefined;
      failAt(packed, at, cause.name, {
        kind: "CallError",
        message: cause.message,
        cause: packError(cause, () => false),
        exit: undefined,
      });
    }
  });
  return isAny;
}

function failAt(
  packed: PackedOutcomes,
  at: number,
  errorClass: string,
  failure: CallFailure,
): void {
  const odd = packed.rare.find((each) => each.at === at);
  const failed = { outcome: "error", errorClass, failure } as const;
  if (odd === undefined) packed.rare.push({ at, ...failed, attempts: [] });
  else Object.assign(odd, failed);
}
