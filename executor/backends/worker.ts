/**
 * A worker as the pool keeps it: its slot, its lanes, and what has passed between them.
 *
 * @module
 */
import type { Call, WorkerInfo } from "../call.ts";
import type { Definition } from "../definition.ts";
import type { Job } from "../job.ts";
import type {
  CpuTotals,
  DefineFunction,
  FromWorker,
  Results,
  RunCalls,
  ToWorker,
} from "../worker/protocol.ts";
import { type BoardRow, readBoard } from "../../profiler/board.ts";
import { REHEARSED_CALLS, REHEARSED_FUNCTION } from "../worker/rehearsal.ts";
import { collectFor } from "../worker/values.ts";
import { epochMillis } from "../worker/protocol.ts";
import type { Slot } from "./backend.ts";
import { Batch } from "./_batch.ts";
import { Lane } from "./lane.ts";
import type { WorkerRecord } from "./worker_pool.ts";
import { Rows } from "./_rows.ts";
import { unsendable } from "./outcome.ts";

/** Functions that a worker keeps; those used least recently go. */
const MAX_FUNCTIONS = 256;

/** A call that runs at this moment. */
export interface RunningNow {
  /** Job of the call, `"M001"`. */
  job_id: string;
  /** The call, `"00042"`. */
  call_id: string;
  /** Number of the worker. */
  worker_id: number;
  /** Process id of the worker. */
  pid: number;
  /** When the worker started it, in epoch seconds. */
  start_tstamp: number;
}

/** What a worker tells the pool. */
export interface WorkerEvents {
  /** Calls of a lane have ended; `at` is when that was known, in epoch milliseconds. */
  results(lane: Lane, results: Results, at: number): void;
  /** Something was printed. */
  printed(text: string): void;
}

/** One worker. */
export class Worker {
  readonly info: WorkerInfo;
  readonly slot: Slot;
  readonly backend: "process" | "thread";
  /** Configuration file it was started with. */
  readonly configPath: string | null;
  readonly lanes: Lane[] = [];
  /** It gets no new calls. */
  isLeaving = false;
  /** It gets none for now: somebody has stopped it. */
  isStill = false;
  /** Set if we ended it: because of which call, and how that one ends. */
  stopped: { call: Call; end: () => void } | undefined;
  /** Numbers of calls that it has answered one by one. */
  readonly rows: Rows = new Rows();
  /** Calls it has been given. */
  given = 0;
  /** Calls it has answered. */
  answered = 0;
  /** When it was up, in epoch milliseconds. */
  readonly startedAt: number = epochMillis();
  readonly endedAt = null;
  readonly hostOffset = 0;
  /** Milliseconds that a call took on average of those it answered last; NaN before the first. */
  took = NaN;
  /** CPU seconds it has used, as it told with its last results. */
  totals: CpuTotals | null = null;
  readonly #events: WorkerEvents;
  /** Its rehearsal, and what ends it. */
  #rehearsal: Promise<void> | undefined;
  #rehearsed: (() => void) | undefined;
  /** Functions it has, the last used one last. */
  readonly #functions = new Set<number>();
  #lastFunction: number | undefined;

  constructor(
    slot: Slot,
    backend: "process" | "thread",
    configPath: string | null,
    lanes: number,
    host: string | null,
    events: WorkerEvents,
  ) {
    this.backend = backend;
    const { id, pid, tid, bootTime } = slot;
    const cores = navigator.hardwareConcurrency;
    this.info = { id, pid, tid, bootTime, host, cores };
    this.slot = slot;
    this.configPath = configPath;
    this.#events = events;
    for (let lane = 0; lane < lanes; lane++) {
      this.lanes.push(new Lane(this, lane));
    }
  }

  /** It may be given calls. */
  get takesCalls(): boolean {
    return !this.isLeaving && !this.isStill;
  }

  /** Calls it has been given and has not answered. */
  get running(): number {
    let running = 0;
    for (const lane of this.lanes) running += lane.length;
    return running;
  }

  /** What is kept of it when it has just ended. */
  record(): WorkerRecord {
    const { info, answered, totals, startedAt } = this;
    const { hostOffset } = this;
    const endedAt = epochMillis();
    return { info, answered, totals, startedAt, endedAt, hostOffset };
  }

  /** Calls that it runs at this moment: one a lane at most. */
  get busy(): number {
    let busy = 0;
    for (const lane of this.lanes) if (lane.length > 0) busy++;
    return busy;
  }

  /** Those calls, as its board tells; a call that was just given may be missing. */
  runningNow(): RunningNow[] {
    if (this.busy === 0) return [];
    let rows: BoardRow[];
    try {
      rows = readBoard(this.slot.board);
    } catch {
      return []; // it has just ended
    }
    return this.lanes.flatMap((lane) => {
      const row = rows[lane.index];
      const call = lane.running(row);
      return call === undefined ? [] : [{
        job_id: call.job.id,
        call_id: call.callId,
        worker_id: this.info.id,
        pid: this.info.pid,
        start_tstamp: (row!.startedAt + call.clockOffset) / 1000,
      }];
    });
  }

  /** Has the worker run through a call that does nothing, so that the first real one is quick; resolves when it has. */
  rehearse(): Promise<void> {
    this.#rehearsal ??= this.#rehearse();
    return this.#rehearsal;
  }

  async #rehearse(): Promise<void> {
    const rehearsed = Promise.withResolvers<void>();
    this.#rehearsed = rehearsed.resolve;
    this.slot.hold(true);
    this.slot.send(REHEARSED_FUNCTION);
    this.slot.flush();
    this.slot.send({ type: "rehearse", calls: REHEARSED_CALLS });
    this.slot.flush();
    await Promise.race([rehearsed.promise, this.slot.exited]);
    this.#rehearsed = undefined;
  }

  /** Whether the buffers in items of `job` are gone from here once it has them. */
  moves({ options }: Job): boolean {
    return this.backend === "thread" && options.transfer;
  }

  /** Nothing is awaited of it. */
  get isIdle(): boolean {
    return this.running === 0 && this.#rehearsed === undefined;
  }

  /** Gives a lane up to `room` calls of `job`; returns how many there were. */
  give(lane: Lane, job: Job, room: number): number {
    const collect = collectFor(this.backend, job.options.transfer);
    const batch = new Batch(collect, room);
    const wasIdle = lane.length === 0;
    while (batch.hasRoom) {
      const call = job.take();
      if (call === undefined) break;
      try {
        if (!batch.add(call)) {
          job.putBack(call);
          break;
        }
      } catch (error) {
        unsendable(call, error);
        continue;
      }
      call.attempt++;
      lane.push(call);
    }
    const { calls, items, buffers } = batch;
    if (calls.length > 0) {
      const message: RunCalls = {
        type: "calls",
        definition: job.definition.id,
        job: job.number,
        jobId: job.id,
        lane: lane.index,
        round: lane.round,
        calls: calls.map(({ index }) => index),
        attempts: calls.map(({ attempt }) => attempt),
        items,
      };
      const sentAt = this.#send(message, calls, job.definition, buffers);
      if (wasIdle) lane.heard(sentAt);
    }
    return calls.length;
  }

  /** Sends calls; gives when, in epoch milliseconds. */
  #send(
    message: RunCalls,
    calls: Call[],
    definition: Definition,
    buffers: ArrayBuffer[],
  ): number {
    this.given += calls.length;
    const began = performance.now();
    const isNew = this.#define(definition);
    const defined = isNew ? performance.now() : began;
    this.slot.send(message, buffers.length > 0 ? buffers : undefined);
    this.slot.flush();
    const uploadTime = (performance.now() - defined) / calls.length;
    for (const call of calls) {
      if (call.done) continue; // It could not be sent after all.
      call.state = "running";
      call.worker = this.info;
      call.clockOffset = this.slot.clockOffset;
      call.uploadTime = uploadTime;
      call.functionTime = isNew ? defined - began : 0;
    }
    return epochMillis(began);
  }

  /** Sends a function that the worker does not have yet; true if so. */
  #define(definition: Definition): boolean {
    if (definition.id === this.#lastFunction) return false;
    this.#lastFunction = definition.id;
    const isKnown = this.#functions.delete(definition.id);
    this.#functions.add(definition.id);
    if (isKnown) return false;
    this.slot.send({ type: "function", ...definition });
    this.slot.flush();
    if (this.#functions.size > MAX_FUNCTIONS && this.running === 0) {
      const oldest = this.#functions.values().next().value!;
      this.#functions.delete(oldest);
      this.slot.send({ type: "forget", definition: oldest });
    }
    return true;
  }

  /** Takes what the worker has sent. */
  receive(messages: readonly FromWorker[], at: number): void {
    for (const message of messages) {
      switch (message.type) {
        case "results":
          this.answered += message.calls.length;
          this.took = message.took / message.runs;
          this.totals = message.totals ?? this.totals;
          this.#events.results(this.lanes[message.lane]!, message, at);
          break;
        case "printed":
          this.#printed(this.#find(message.job, message.call), message.text);
          break;
        case "rehearsed":
          this.#rehearsed?.();
          break;
      }
    }
  }

  /** Takes text from the worker's own streams: it belongs to the call that is running, as far as can be told. */
  takeStray(text: string): void {
    const lane = this.lanes.find((each) => each.length > 0) ?? this.lanes[0];
    this.#printed(lane?.first ?? lane?.last, text);
  }

  /**
   * Says what to send in place of a message that cannot be sent: each call by itself, so that only those whose items are
   * at fault end. Copies that were to be moved are gone by then, so the items are taken anew.
   */
  repair(message: ToWorker, error: unknown): ToWorker[] {
    if (message.type === "function") return [refusing(message, error)];
    if (message.type !== "calls") return [];
    if (message.calls.length > 1) {
      return message.calls.map((call, i) => ({
        ...message,
        calls: [call],
        attempts: [message.attempts[i]!],
        items: [this.#find(message.job, call)!.item],
      }));
    }
    const call = this.#find(message.job, message.calls[0]!);
    if (call !== undefined) {
      this.lanes[message.lane]!.remove(call);
      unsendable(call, error);
    }
    return [];
  }

  #printed(call: Call | undefined, text: string): void {
    if (call !== undefined) call.logs += text;
    this.#events.printed(text);
  }

  /** A call that is running here, or the one that a lane ran last. */
  #find(job: number, index: number): Call | undefined {
    for (const lane of this.lanes) {
      const call = lane.find(job, index);
      if (call !== undefined) return call;
    }
    return undefined;
  }
}

/** In place of a function whose extra arguments cannot be sent: one that says so, to each call of it. */
function refusing(message: DefineFunction, error: unknown): DefineFunction {
  const why = `Cannot send extraArgs: ${
    error instanceof Error ? error.message : error
  }`;
  return {
    ...message,
    extraArgs: [],
    spec: {
      kind: "source",
      name: message.spec.name,
      base: "file:///",
      source: `(() => { throw new TypeError(${JSON.stringify(why)}); })`,
    },
  };
}
