/**
 * A lane of a worker: the calls it has been given and not yet answered, in the order it runs them.
 *
 * @module
 */
import type { Call } from "../call.ts";
import type { Job } from "../job.ts";
import { type BoardRow, nextRound, readBoard } from "../../profiler/board.ts";
import { epochMillis } from "../worker/protocol.ts";
import type { Worker } from "./worker.ts";

/** Work in one message, in milliseconds: enough to make the message's cost small, too little to keep anyone waiting. */
const MESSAGE_WORK = 1;
/** Calls that take less than so many milliseconds share messages. */
const QUICK = 0.5;
/** Calls that take so many milliseconds are short enough for one of them to wait behind another. */
const AHEAD_WORK = 50;
/** Calls in one message at most. */
const MAX_CHUNK = 512;
/**
 * The same for the first message to a lane where items are moved and the last job's calls were quick. Large buffers were
 * made just before that, so V8 collects now, and the host has no time until it has done so.
 */
const FIRST_MOVED = 8;
/**
 * Bytes of items of a lane at which it is given no more, as large ones are copied: what the memory between host and process
 * has room for, and what keeps a thread at work while V8 collects in the host.
 */
const AHEAD_BYTES = { process: 4 * 2 ** 20, thread: 16 * 2 ** 20 };
/**
 * The same for all lanes together where items are moved. Each side's collector starts when so many bytes have come back to
 * it, 64 MB on the whole, and marks all its heap.
 */
const AHEAD_MOVED_BYTES = 32 * 2 ** 20;
/** From so many bytes in a lane on its items are large; so many messages lie ahead there, in place of one. */
const LARGE = 2 ** 20, LARGE_AHEAD = 3;
/** The longest timer there is, in milliseconds. */
const MAX_TIMER = 2 ** 31 - 1;

/** One lane. */
export class Lane {
  readonly worker: Worker;
  readonly index: number;
  #last: Call | WeakRef<Call> | undefined;
  /** Of calls that were answered or taken back: how many the worker had taken. */
  #answered = 0;
  /** Counts how often calls were taken back. */
  round = 0;
  /** Some were, because of the one that runs: none is to wait behind that one again. */
  #isSlow = false;
  /** Bytes of the items of its calls. */
  #bytes = 0;
  /** When the oldest of its calls was given, or became the oldest, in epoch milliseconds. */
  #since = 0;
  #calls: Call[] = [];
  #head = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lookAt = Infinity;

  constructor(worker: Worker, index: number) {
    this.worker = worker;
    this.index = index;
  }

  /** Calls given and not answered. */
  get length(): number {
    return this.#calls.length - this.#head;
  }

  /** Those calls. */
  get calls(): Call[] {
    return this.#calls.slice(this.#head);
  }

  /** The oldest of them. */
  get first(): Call | undefined {
    return this.#calls[this.#head];
  }

  /** The call answered last: what is still printed belongs to it. */
  get last(): Call | undefined {
    return this.#last instanceof WeakRef ? this.#last.deref() : this.#last;
  }

  /** The one that is `index` behind it, if there is one. */
  peek(index: number): Call | undefined {
    return this.#calls[this.#head + index];
  }

  /** Notes that its first call was sent at `at`, or that its worker has answered then, in epoch milliseconds. */
  heard(at: number): void {
    this.#since = at;
  }

  /** Notes that `call` has been sent. */
  push(call: Call): void {
    this.#calls.push(call);
    this.#bytes += call.inputSize;
    call.lane = this;
  }

  /** Takes the oldest call if it is number `index` of job `job`: answers come in the order of sending. */
  shift(job: number, index: number): Call | undefined {
    const call = this.first;
    if (call === undefined || call.index !== index || call.job.number !== job) {
      return undefined;
    }
    this.#head++;
    this.#bytes -= call.inputSize;
    // Let go of what was answered, now and then: a lane that is kept busy is never empty.
    if (this.#head * 2 > this.#calls.length) {
      this.#calls = this.#calls.slice(this.#head);
      this.#head = 0;
    }
    this.#answered++;
    this.#last = call;
    if (this.length === 0) this.#isSlow = false;
    return call;
  }

  /** Milliseconds for which nothing was heard of its oldest call; 0 without one. */
  get silence(): number {
    return this.length === 0 ? 0 : epochMillis() - this.#since;
  }

  /** Whether calls wait here that may as well run elsewhere. */
  get hasSpare(): boolean {
    if (this.length < 2) return false;
    // What the user has put together stays so; and what was moved is here no more.
    return this.calls.every(({ job }) =>
      job.options.chunksize === 0 && !this.worker.moves(job)
    );
  }

  /** Takes back the calls that the worker has not taken. */
  recall(): Call[] {
    const taken = this.worker.slot.recall(this.index);
    if (taken === null) return [];
    this.round = nextRound(this.round);
    const calls = this.#calls.splice(this.#head + this.#unanswered(taken));
    for (const call of calls) this.#bytes -= call.inputSize;
    this.#isSlow = this.length > 0;
    return calls;
  }

  /** The call that is number `index` of job `job`, among these and the last one answered. */
  find(job: number, index: number): Call | undefined {
    const is = (call: Call | undefined) =>
      call !== undefined && call.index === index && call.job.number === job;
    const { first, last } = this;
    if (is(first)) return first;
    return this.calls.find(is) ?? (is(last) ? last : undefined);
  }

  /** Takes out a call that could not be sent. */
  remove(call: Call): void {
    const at = this.#calls.indexOf(call, this.#head);
    if (at < 0) return;
    this.#calls.splice(at, 1);
    this.#bytes -= call.inputSize;
  }

  /** Takes all calls, for a worker that has ended. */
  takeAll(): Call[] {
    const calls = this.calls;
    this.#calls = [];
    this.#head = 0;
    this.#bytes = 0;
    return calls;
  }

  /** What the worker's board says of this lane now; undefined if the worker has just ended. */
  read(): BoardRow | undefined {
    try {
      return readBoard(this.worker.slot.board)[this.index];
    } catch {
      return undefined;
    }
  }

  /** The call that the board says is running here, of those not answered. */
  running(row: BoardRow | undefined): Call | undefined {
    if (row === undefined || row.job < 0) return undefined;
    return this.calls.find((call) =>
      call.index === row.call && call.job.number === row.job
    );
  }

  /** How many of the calls not answered the worker has taken, by its board. */
  taken(row: BoardRow | undefined): number {
    return row === undefined ? 0 : this.#unanswered(row.taken);
  }

  #unanswered(taken: number): number {
    return (taken - this.#answered) & 0xffff;
  }

  /** Runs `look` after `delay` milliseconds, unless a look is due before that. */
  lookIn(delay: number, look: () => void): void {
    const at = performance.now() + delay;
    if (at >= this.#lookAt) return;
    this.lookNoMore();
    this.#lookAt = at;
    this.#timer = setTimeout(() => {
      this.#lookAt = Infinity;
      look();
    }, Math.min(delay, MAX_TIMER));
  }

  /** Notes that its worker has nothing to do: nothing is due, and the last result is kept for those alone who want it. */
  rest(): void {
    this.lookNoMore();
    const { last } = this;
    if (last !== undefined && this.#last === last) {
      this.#last = new WeakRef(last);
    }
  }

  /** Takes back what `lookIn` has set up. */
  lookNoMore(): void {
    if (this.#lookAt === Infinity) return;
    clearTimeout(this.#timer);
    this.#lookAt = Infinity;
  }

  /**
   * How many calls of `job` to send now; 0 for none. A job whose calls are known to be quick gets as many as make a
   * message worth sending, and a second message ahead of the first one's answer; some more where items are large, as
   * messages are small then, and V8 collects in the host meanwhile. Any other gets one at a time: with one
   * ahead while there is plenty to do and calls are short, so that no worker waits for the host between two. Where
   * items are moved, a few share the first message if those of the last job were quick.
   *
   * @param lanes lanes among which the rest of the job is shared
   * @param work work in one message, in milliseconds
   */
  room(job: Job, lanes: number, work = MESSAGE_WORK): number {
    // None is to wait behind a call that turns out to be slow.
    if (this.#isSlow) return 0;
    if (this.silence > AHEAD_WORK) return 0;
    const { backend } = this.worker, moves = this.worker.moves(job);
    const most = moves ? AHEAD_MOVED_BYTES / lanes : AHEAD_BYTES[backend];
    if (this.length > 0 && this.#bytes > most) return 0;
    if (job.options.chunksize > 0) {
      return this.length === 0 ? job.options.chunksize : 0;
    }
    const average = job.averageTime;
    const { ready, more } = job.waiting;
    const share = more || lanes === 1
      ? MAX_CHUNK // Nobody else waits for a part of it.
      : Math.ceil(ready / (lanes * 2));
    if (Number.isNaN(average) && moves && job.formerTime < QUICK) {
      return this.length === 0 ? Math.min(FIRST_MOVED, share) : 0;
    }
    if (!(average < QUICK)) {
      const hasPlenty = more || ready > 2 * lanes;
      const ahead = average < AHEAD_WORK && hasPlenty ? 1 : 0;
      return this.length <= ahead ? 1 : 0;
    }
    const chunk = Math.max(
      1,
      Math.min(Math.floor(work / average), MAX_CHUNK, share),
    );
    const ahead = this.#bytes < LARGE ? chunk : chunk * LARGE_AHEAD;
    return this.length <= ahead ? chunk : 0;
  }
}
