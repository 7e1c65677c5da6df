/**
 * Messages as they travel: the two that there are many of as flat arrays, which a codec takes a third of the time for that
 * it takes for objects with eight keys; so are they in a rehearsal, and so is what goes along with a first call, which then
 * needs no codec but that of plain values. The others travel as they are.
 *
 * @module
 */
import type {
  DefineFunction,
  FromWorker,
  Hello,
  Printed,
  Rehearse,
  Rehearsed,
  Results,
  RunCalls,
  Setup,
  TakeShortcut,
  ToWorker,
} from "./protocol.ts";

const CALLS = 1, RESULTS = 2, REHEARSE = 3, REHEARSED = 4;
const HELLO = 5, SETUP = 6, FUNCTION = 7, PRINTED = 8;
const SHORTCUT = 9;

type HelloOnWire = [
  typeof HELLO,
  Hello["version"],
  Hello["pid"],
  Hello["tid"],
  Hello["sentAt"],
  Hello["secret"],
];

type SetupOnWire = [
  typeof SETUP,
  Setup["lanes"],
  Setup["board"],
  Setup["stats"],
  Setup["backend"],
  Setup["memory"],
  Setup["shared"],
  Setup["marker"],
];

type FunctionOnWire = [
  typeof FUNCTION,
  id: number,
  isSource: boolean,
  name: string,
  /** The source, or the URL of the module. */
  what: string,
  /** The base of a source. */
  base: string,
  extraArgs: DefineFunction["extraArgs"],
  env: string[],
  transfer: boolean,
];

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

type PrintedOnWire = [
  typeof PRINTED,
  Printed["job"],
  Printed["call"],
  Printed["text"],
];

/** What {@linkcode pack} makes of a message. */
export type Packed =
  | HelloOnWire
  | SetupOnWire
  | FunctionOnWire
  | PrintedOnWire
  | [typeof SHORTCUT]
  | CallsOnWire
  | ResultsOnWire
  | [typeof REHEARSE, ...CallsOnWire]
  | [typeof REHEARSED, ...ResultsOnWire]
  | Exclude<
    ToWorker | FromWorker,
    | Hello
    | Setup
    | DefineFunction
    | Printed
    | RunCalls
    | Results
    | Rehearse
    | Rehearsed
    | TakeShortcut
  >;

/** A message in the form in which it travels. */
export function pack(message: ToWorker | FromWorker): Packed {
  switch (message.type) {
    case "calls":
      return packCalls(message);
    case "results":
      return packResults(message);
    case "hello":
      return packHello(message);
    case "setup":
      return packSetup(message);
    case "function":
      return packFunction(message);
    case "printed":
      return [PRINTED, message.job, message.call, message.text];
    case "rehearse":
      return [REHEARSE, ...packCalls(message.calls)];
    case "rehearsed":
      return [REHEARSED, ...packResults(message.results)];
    case "shortcut":
      return [SHORTCUT];
    default:
      return message;
  }
}

function packHello(message: Hello): HelloOnWire {
  const { version, pid, tid, sentAt, secret } = message;
  return [HELLO, version, pid, tid, sentAt, secret];
}

function packSetup(message: Setup): SetupOnWire {
  const { lanes, board, stats, backend, memory, shared, marker } = message;
  return [SETUP, lanes, board, stats, backend, memory, shared, marker];
}

function packFunction(message: DefineFunction): FunctionOnWire {
  const { id, spec, extraArgs, env, transfer } = message;
  const isSource = spec.kind === "source";
  return [
    FUNCTION,
    id,
    isSource,
    spec.name,
    isSource ? spec.source : spec.url,
    isSource ? spec.base : "",
    extraArgs,
    Object.entries(env).flat(),
    transfer,
  ];
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
    case HELLO:
      return unpackHello(packed);
    case SETUP:
      return unpackSetup(packed);
    case FUNCTION:
      return unpackFunction(packed);
    case PRINTED: {
      const [, job, call, text] = packed;
      return { type: "printed", job, call, text };
    }
    case SHORTCUT:
      return { type: "shortcut" };
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

function unpackHello(packed: HelloOnWire): Hello {
  const [, version, pid, tid, sentAt, secret] = packed;
  return { type: "hello", version, pid, tid, sentAt, secret };
}

function unpackSetup(packed: SetupOnWire): Setup {
  const [, lanes, board, stats, backend, memory, shared, marker] = packed;
  return {
    type: "setup",
    lanes,
    board,
    stats,
    backend,
    ...(memory === undefined ? {} : { memory }),
    ...(shared === undefined ? {} : { shared }),
    ...(marker === undefined ? {} : { marker }),
  };
}

function unpackFunction(packed: FunctionOnWire): DefineFunction {
  const [, id, isSource, name, what, base, extraArgs, env, transfer] = packed;
  const pairs: [string, string][] = [];
  for (let i = 0; i < env.length; i += 2) pairs.push([env[i]!, env[i + 1]!]);
  return {
    type: "function",
    id,
    spec: isSource
      ? { kind: "source", name, source: what, base }
      : { kind: "module", name, url: what },
    extraArgs,
    env: Object.fromEntries(pairs),
    transfer,
  };
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
