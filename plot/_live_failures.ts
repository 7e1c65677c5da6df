/** Failures for the live page: those that say the same, but for the numbers in it, as one. */

/** Kinds of failures that are shown: the newest. */
const MOST_FAILURES = 50;
/** Characters of a message and of a stack that are shown. */
const MOST_MESSAGE = 500;
const MOST_STACK = 3000;

/** Failures that say the same, but for the numbers in them. */
export interface LiveFailure {
  /** Tells it from the others. */
  id: number;
  /** Class of the error. */
  name: string;
  /** What the last of them said. */
  message: string;
  /** Where the last of them came from. */
  stack: string;
  /** How many there were. */
  count: number;
  /** The last of these calls, `"M001/00042"`. */
  call: string;
  /** When that was, in epoch seconds. */
  tstamp: number;
}

/** What is told of a call that has failed. */
export interface LiveFailed {
  /** The call, `"00042"`. */
  call_id: string;
  /** Class of the error. */
  name: string;
  /** What it says. */
  message: string;
  /** Where it comes from. */
  stack: string;
}

/** What has failed in a run. */
export class LiveFailures {
  /** Rises with each change. */
  version = 0;
  readonly #kinds = new Map<string, LiveFailure>();
  #lastId = 0;

  /** A call of the job has failed at `tstamp`, in epoch seconds. */
  add(
    jobId: string,
    { call_id, name, message, stack }: LiveFailed,
    tstamp: number,
  ): void {
    const text = short(message, MOST_MESSAGE);
    const key = `${name}: ${text.replace(/\d+/g, "0")}`;
    const known = this.#kinds.get(key);
    const { id, count } = known ?? { id: ++this.#lastId, count: 0 };
    this.#kinds.delete(key); // the newest is the last
    this.#kinds.set(key, {
      id,
      name: short(name, 100),
      message: text,
      stack: short(stack, MOST_STACK),
      count: count + 1,
      call: `${jobId}/${call_id}`,
      tstamp,
    });
    if (this.#kinds.size > MOST_FAILURES) {
      const [oldest] = this.#kinds.keys();
      this.#kinds.delete(oldest!);
    }
    this.version++;
  }

  /** The failures that are shown, the newest first. */
  list(): LiveFailure[] {
    return [...this.#kinds.values()].reverse();
  }
}

function short(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)} …` : text;
}
