/**
 * Messages as they travel: the two that there are many of as flat arrays, which a codec takes a third of the time for that
 * it takes for objects with eight keys; so are they in a rehearsal. The others travel as they are.
 *
 * @module
 */
import type {
  FromWorker,
  Rehearse,
  Rehearsed,
  Results,
  RunCalls,
  ToWorker,
} from "./protocol.ts";

const CALLS = 1, RESULTS = 2, REHEARSE = 3, REHEARSED = 4;

type CallsOnWire = [
  typeof CALLS,
  RunCalls["definition"],
  RunCalls["job"],
  RunCalls["jobId"],
  RunCalls["lane"],
  RunCalls["round"],
  RunCalls["calls"],
  RunCalls["attempts"],
  RunCalls["items"],
];

type ResultsOnWire = [
  typeof RESULTS,
  Results["job"],
  Results["lane"],
  Results["calls"],
  Results["values"],
  Results["failed"],
  Results["runs"],
  Results["numbers"],
  Results["took"],
  Results["sentAt"],
  user: number | null,
  system: number | null,
];

/** What {@linkcode pack} makes of a message. */
export type Packed =
  | CallsOnWire
  | ResultsOnWire
  | [typeof REHEARSE, ...CallsOnWire]
  | [typeof REHEARSED, ...ResultsOnWire]
  | Exclude<ToWorker | FromWorker, RunCalls | Results | Rehearse | Rehearsed>;

/** A message in the form in which it travels. */
export function pack(message: ToWorker | FromWorker): Packed {
  switch (message.type) {
    case "calls":
      return packCalls(message);
    case "results":
      return packResults(message);
    case "rehearse":
      return [REHEARSE, ...packCalls(message.calls)];
    case "rehearsed":
      return [REHEARSED, ...packResults(message.results)];
    default:
      return message;
  }
}

function packCalls(message: RunCalls): CallsOnWire {
  const { definition, job, jobId, lane, round } = message;
  const { calls, attempts, items } = message;
  return [CALLS, definition, job, jobId, lane, round, calls, attempts, items];
}

function packResults(message: Results): ResultsOnWire {
  const { job, lane, calls, values, failed, runs, numbers, took } = message;
  const { sentAt, totals } = message;
  return [
    RESULTS,
    job,
    lane,
    calls,
    values,
    failed,
    runs,
    numbers,
    took,
    sentAt,
    totals && totals.user,
    totals && totals.system,
  ];
}

/** The message that was packed. Taken apart by index: to destructure goes through an iterator. */
export function unpack(packed: Packed): ToWorker | FromWorker {
  if (!Array.isArray(packed)) return packed;
  switch (packed[0]) {
    case CALLS:
      return unpackCalls(packed);
    case RESULTS:
      return unpackResults(packed);
    case REHEARSE: {
      const [, ...calls] = packed;
      return { type: "rehearse", calls: unpackCalls(calls) };
    }
    case REHEARSED: {
      const [, ...results] = packed;
      return { type: "rehearsed", results: unpackResults(results) };
    }
  }
}

function unpackCalls(packed: CallsOnWire): RunCalls {
  return {
    type: "calls",
    definition: packed[1],
    job: packed[2],
    jobId: packed[3],
    lane: packed[4],
    round: packed[5],
    calls: packed[6],
    attempts: packed[7],
    items: packed[8],
  };
}

function unpackResults(packed: ResultsOnWire): Results {
  const user = packed[10], system = packed[11];
  return {
    type: "results",
    job: packed[1],
    lane: packed[2],
    calls: packed[3],
    values: packed[4],
    failed: packed[5],
    runs: packed[6],
    numbers: packed[7],
    took: packed[8],
    sentAt: packed[9],
    totals: user === null ? null : { user, system: system! },
  };
}
