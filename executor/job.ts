/**
 * One job: a function, and the calls of it that one `map`, `mapReduce` or `callAsync` makes. It numbers the calls, pulls
 * lazy inputs, and hands calls to whoever has a free worker.
 *
 * @module
 */
import { Call } from "./call.ts";
import type { Definition } from "./definition.ts";
import type { PreparedFunction } from "./function.ts";
import type { SampledPeaks } from "./stats.ts";
import { epochMillis } from "./worker/protocol.ts";

/** What the calls of a job have in common, checked and with every default in place. Durations in milliseconds. */
export interface JobOptions {
  /** Arguments behind the item. */
  extraArgs: readonly unknown[];
  /** Environment of the calls. */
  env: Readonly<Record<string, string>>;
  /** Longest run of a call; 0 for no limit. */
  timeout: number;
  /** Calls sent together; 0 to find out. */
  chunksize: number;
  /** Further attempts of a failed call. */
  retries: number;
  /** Delay before the first retry; doubled for each further one. */
  retryDelay: number;
  /** Whether an error is worth another attempt. */
  retryIf: ((error: Error, attempt: number) => boolean) | undefined;
  /** Cancels the job's calls. */
  signal: AbortSignal | undefined;
  /** Move array buffers instead of copying them. */
  transfer: boolean;
  /** What the machine must have that runs the calls; on the redis backend alone. */
  tags: readonly string[];
}

/** How an input ended: with an error, or without that key. */
export interface InputEnd {
  /** What it threw. */
  error?: unknown;
}

/** What jobs tell their owner. */
export interface JobEvents {
  /** A call was made: its future goes into the list. */
  made(call: Call): void;
  /** A call has ended. */
  ended(call: Call): void;
  /** All input has been taken; `end` holds what it threw, if it did. */
  inputEnded(job: Job, end: InputEnd): void;
}

/** Takes the calls of jobs. */
export interface Taker {
  /** There may be calls of `job` to take. */
  offer(job: Job): void;
}

/** Where the items come from: all known, pulled when asked, or pushed as futures of another job end. */
export type Source =
  | { kind: "known"; items: ArrayLike<unknown> }
  | { kind: "sync"; iterator: Iterator<unknown> }
  | { kind: "async"; iterator: AsyncIterator<unknown> }
  | { kind: "pushed" };

const PUSHED: Source = { kind: "pushed" };
const NO_CALLS: Call[] = [];
/** Average milliseconds that calls took in the last job of a function that moves buffers. */
const formerTimes = new WeakMap<Definition, number>();
/** What there is to do at first; one for all, as a script may start a job for each call. */
const nothing = () => {};

/** What a job is made of. */
export interface JobParts {
  /** 1 for `M001`. */
  number: number;
  /** `"M001"`. */
  id: string;
  executorId: string;
  prepared: PreparedFunction;
  definition: Definition;
  /** Configuration file of the project that the function belongs to. */
  configPath: string | null;
  options: JobOptions;
  /** Epoch milliseconds. */
  createdAt: number;
  /** Milliseconds to check and serialise the function. */
  serializeTime: number;
  /** Cores of the machine, for the use of each. */
  cores: number;
  events: JobEvents;
  /** What the profiler saw of a call; undefined without one. */
  peaks: ((call: Call) => SampledPeaks | undefined) | undefined;
}

/** One job. */
export class Job {
  readonly number: number;
  readonly id: string;
  readonly executorId: string;
  readonly prepared: PreparedFunction;
  /** The function as workers get it. */
  readonly definition: Definition;
  /** Configuration file of the project that the function belongs to. */
  readonly configPath: string | null;
  readonly options: JobOptions;
  readonly createdAt: number;
  readonly serializeTime: number;
  readonly cores: number;
  /** What the profiler saw of a call; undefined without one. */
  readonly peaks: JobParts["peaks"];
  creationTime = 0;
  #averageTime = NaN;
  /** Calls that have not ended. */
  open = 0;
  inputEnded = false;
  /** Who takes its calls. */
  taker: Taker | undefined;
  /** Called when its input and its calls have ended. */
  onEnd: () => void = nothing;
  /** Starts to take the results of other calls as items. */
  chain: () => void = nothing;
  readonly #events: JobEvents;
  #source: Source = PUSHED;
  #queue: Call[] = NO_CALLS;
  #head = 0;
  readonly #again: Call[] = [];
  #made = 0;
  #pulling = false;

  constructor(parts: JobParts) {
    this.number = parts.number;
    this.id = parts.id;
    this.executorId = parts.executorId;
    this.prepared = parts.prepared;
    this.definition = parts.definition;
    this.configPath = parts.configPath;
    this.options = parts.options;
    this.createdAt = parts.createdAt;
    this.serializeTime = parts.serializeTime;
    this.cores = parts.cores;
    this.peaks = parts.peaks;
    this.#events = parts.events;
  }

  /** Size of the function as sent, in bytes. */
  get functionSize(): number {
    return this.prepared.sizeBytes;
  }

  /** The function in messages: its name in quotes, or "the function". */
  get title(): string {
    const { name } = this.prepared.spec;
    return name === "" ? "the function" : `"${name}"`;
  }

  /** Average milliseconds a call takes in a worker; `NaN` until one has come back. */
  get averageTime(): number {
    return this.#averageTime;
  }

  /** What they took in the last job of the same function; `NaN` without one, or where no buffers are moved. */
  get formerTime(): number {
    return formerTimes.get(this.definition) ?? NaN;
  }

  /** Learns that calls took `mean` milliseconds: slower ones count at once, quicker ones by and by, as only they are a risk. */
  learnTime(mean: number): void {
    const before = this.#averageTime;
    this.#averageTime = mean < before ? before * 0.7 + mean * 0.3 : mean;
    const { definition } = this;
    if (definition.transfer) formerTimes.set(definition, this.#averageTime);
  }

  /** Now, on the clock of all instants. */
  now(): number {
    return epochMillis();
  }

  /** Starts to take calls from `source`. */
  start(source: Source): void {
    this.#source = source;
    let last: Call | undefined;
    if (source.kind === "known") {
      const { items } = source;
      this.#source = PUSHED; // Nothing of it is needed any more.
      for (let i = 0; i < items.length; i++) last = this.add(items[i]);
      this.endInput();
    }
    this.chain();
    this.creationTime = (last?.submittedAt ?? this.now()) - this.createdAt;
  }

  /** Makes a call of `item` and queues it. */
  add(item: unknown): Call {
    const call = this.make(item);
    this.queue(call);
    return call;
  }

  /** Makes a call that is not queued yet. */
  make(item: unknown): Call {
    const call = new Call(this, this.#made++, item);
    this.open++;
    this.#events.made(call);
    return call;
  }

  /** Queues a call for the first time. */
  queue(call: Call): void {
    call.state = "invoked";
    call.submittedAt = this.now();
    if (this.#queue.length > 0) this.#queue.push(call);
    else this.#queue = [call]; // a literal, which has no room for more: mostly there is one call, or very many
  }

  /** Queues a call again, ahead of those that have never run. */
  queueAgain(call: Call): void {
    call.state = "invoked";
    this.#again.push(call);
    this.wake();
  }

  /** Says that no more items come; with the error of an input that threw. */
  endInput(end: InputEnd = {}): void {
    if (this.inputEnded) return;
    this.inputEnded = true;
    this.#events.inputEnded(this, end);
  }

  /** Calls made so far. */
  get made(): number {
    return this.#made;
  }

  /** Calls ready to run, and whether there may be more in a lazy input. */
  get waiting(): { ready: number; more: boolean } {
    return {
      ready: this.#queue.length - this.#head + this.#again.length,
      more: !this.inputEnded && this.#source.kind !== "pushed",
    };
  }

  /** Says that there may be more to take. */
  wake(): void {
    this.taker?.offer(this);
  }

  /** Takes the next call to run; pulls a lazy input if need be: of an async one, up to `most` items that are there by then. */
  take(most = 1): Call | undefined {
    while (true) {
      const call = this.#again.shift() ?? this.#next();
      if (call === undefined) {
        if (!this.#pull(most)) return undefined;
      } else if (!call.done) return call;
    }
  }

  /** Takes back a call that was taken just now: it is the next again. */
  putBack(call: Call): void {
    this.#again.unshift(call);
  }

  /** Stops taking input, for a job that is cancelled or cannot go on. */
  stop(): void {
    const source = this.#source;
    this.#source = PUSHED;
    this.#queue = NO_CALLS;
    this.#head = 0;
    this.#again.length = 0;
    this.endInput();
    closeInput(source);
  }

  /** A call has ended. */
  ended(call: Call): void {
    this.open--;
    this.#events.ended(call);
  }

  #next(): Call | undefined {
    const call = this.#queue[this.#head];
    if (call === undefined) return undefined;
    this.#head++;
    // Let go of what has been taken, now and then.
    if (this.#head === this.#queue.length) {
      this.#queue = NO_CALLS;
      this.#head = 0;
    } else if (this.#head > 1024 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    return call;
  }

  /** Takes one item of a lazy input, or the next `most` of an async one; true if there is a call to take now. */
  #pull(most: number): boolean {
    const source = this.#source;
    if (this.inputEnded) return false;
    if (source.kind === "sync") {
      try {
        const next = source.iterator.next();
        if (this.inputEnded) {
          closeInput(source); // It could not be closed while it was at it.
          return false;
        }
        if (next.done) this.endInput();
        else this.add(next.value);
        return !next.done;
      } catch (error) {
        this.endInput({ error });
        return false;
      }
    }
    if (source.kind === "async" && !this.#pulling) {
      void this.#pullAsync(source, most);
    }
    return false;
  }

  async #pullAsync(
    source: Source & { kind: "async" },
    most: number,
  ): Promise<void> {
    this.#pulling = true;
    try {
      for (let left = most; left > 0 && !this.inputEnded; left--) {
        if (left < most) this.wake(); // Nobody waits for those behind it.
        const { done, value } = await source.iterator.next();
        if (done) return this.endInput();
        const item = await value;
        if (!this.inputEnded) this.add(item);
      }
    } catch (error) {
      this.endInput({ error });
    } finally {
      this.#pulling = false;
      this.wake();
    }
  }
}

/** Lets a generator run its finally blocks; what it throws there is nobody's business. */
function closeInput(source: Source): void {
  if (source.kind !== "sync" && source.kind !== "async") return;
  try {
    const closing = source.iterator.return?.();
    if (closing instanceof Promise) closing.catch(() => {});
  } catch {
    // As above.
  }
}
