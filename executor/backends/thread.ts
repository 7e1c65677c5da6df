/**
 * Workers that are web workers: cheap to talk to, and able to take array buffers without a copy. What they cannot do is
 * end while they are busy: see docs/backends.md.
 *
 * @module
 */
import {
  createSharedBoard,
  endRound,
  readBoard,
} from "../../profiler/board.ts";
import { isOwnThread } from "../../profiler/procfs.ts";
import { WorkerExitError } from "../errors.ts";
import {
  epochMillis,
  type FromWorker,
  type Hello,
  type ToWorker,
} from "../worker/protocol.ts";
import {
  createSharedMemory,
  HOST_LOOK,
  SharedReader,
  SharedWriter,
} from "../worker/shared_memory.ts";
import { pack, type Packed, unpack } from "../worker/wire.ts";
import { killMarked } from "./_child.ts";
import { keepFreedMemory } from "./_freed_memory.ts";
import type { Backend, Slot, SlotExit, SpawnOptions } from "./backend.ts";

/** A literal import is what makes `deno compile` put the entry into the binary. */
export const embedEntry = (): Promise<unknown> =>
  import("../worker/thread_entry.ts");

/** Time that a thread which is not busy takes to end at most, in milliseconds. */
const END_DELAY = 500;
/** Milliseconds between two looks whether it has. */
const LOOK_DELAY = 5;

/**
 * What Deno's own `node:worker_threads` calls to let a program end while a worker is up. It has no public name; without
 * it a program must end its executors, and a busy thread that was given up keeps the program up.
 */
const REF = findRef();

function findRef(): ((held: boolean) => void) | undefined {
  const prototype = Worker.prototype as unknown as Record<symbol, unknown>;
  for (const symbol of Object.getOwnPropertySymbols(prototype)) {
    const method = prototype[symbol];
    if (!symbol.description && typeof method === "function") {
      return method as (held: boolean) => void;
    }
  }
  return undefined;
}

/** Starts web workers. */
export class ThreadBackend implements Backend {
  readonly kind = "thread";
  readonly #starting = new Set<Slot>();

  /** Starts a web worker; rejects with a `WorkerExitError` if it fails before its first message. */
  async spawn(options: SpawnOptions): Promise<Slot> {
    const slot = new ThreadSlot(options);
    this.#starting.add(slot);
    await slot.started.finally(() => this.#starting.delete(slot));
    return slot;
  }

  /** Ends those that have not said a word. */
  abandon(): void {
    for (const slot of this.#starting) slot.kill();
  }

  /** There is nothing to remove: threads share the host's memory only. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}

class ThreadSlot implements Slot {
  readonly id: number;
  readonly pid = Deno.pid;
  readonly board: SharedArrayBuffer;
  readonly exited: Promise<SlotExit>;
  readonly started: Promise<void>;
  readonly #worker: Worker;
  readonly #options: SpawnOptions;
  readonly #writer: SharedWriter;
  readonly #reader: SharedReader;
  readonly #spawnedAt = epochMillis();
  /** With one core alone, who looks keeps the other from working. */
  readonly #hasCores = navigator.hardwareConcurrency > 1;
  readonly #exit: (exit: SlotExit) => void;
  #hello: { resolve: () => void; reject: (e: Error) => void };
  #ended = false;
  #held = true;
  #hasPrograms = false;
  /** Held from the first large buffer on. */
  #freed: Disposable | undefined;
  tid = 0;
  bootTime = 0;
  clockOffset = 0;

  constructor(options: SpawnOptions) {
    this.id = options.id;
    this.#options = options;
    this.board = createSharedBoard(options.lanes);
    const exited = Promise.withResolvers<SlotExit>();
    this.exited = exited.promise;
    this.#exit = exited.resolve;
    const started = Promise.withResolvers<void>();
    this.started = started.promise;
    this.#hello = started;
    this.#worker = new Worker(
      import.meta.resolve("../worker/thread_entry.ts"),
      { type: "module", name: `lithoscope-${options.id}` },
    );
    const shared = {
      toWorker: createSharedMemory(),
      fromWorker: createSharedMemory(),
    };
    this.#writer = new SharedWriter(shared.toWorker);
    this.#reader = new SharedReader(shared.fromWorker);
    this.#worker.onmessage = ({ data }) => {
      this.#reader.arrived();
      this.#take(data);
    };
    this.#worker.onerror = (event) => {
      // Without this the error would end the host as well.
      event.preventDefault();
      this.#end(1, event.message);
    };
    this.#worker.onmessageerror = () =>
      this.#end(1, "a message could not be read");
    this.send({
      type: "setup",
      lanes: options.lanes,
      board: this.board,
      stats: options.stats,
      backend: "thread",
      shared,
      marker: options.marker,
    });
  }

  send(message: ToWorker, transfer?: ArrayBuffer[]): void {
    const packed = pack(message);
    try {
      if (transfer !== undefined) {
        this.#freed ??= keepFreedMemory();
        this.#worker.postMessage(packed, transfer);
      } else {
        const at = this.#writer.write(packed);
        this.#writer.announce(false);
        if (at >= 0 && message.type === "calls" && this.#writer.tell(at)) {
          return;
        }
        // Without a second argument, which has Deno take a longer way.
        this.#worker.postMessage(at < 0 ? packed : at);
      }
      this.#writer.posted();
    } catch (error) {
      for (const repaired of this.#options.events.unsendable(message, error)) {
        this.send(repaired);
      }
    }
  }

  flush(): void {}

  look(): void {
    if (this.#ended || !this.#hasCores) return;
    this.#writer.announce(true);
    const at = this.#reader.look(HOST_LOOK);
    if (at !== undefined) this.#take(at);
  }

  async lingers(): Promise<boolean> {
    const end = performance.now() + END_DELAY;
    while (isOwnThread(this.tid) && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_DELAY));
    }
    return isOwnThread(this.tid);
  }

  close(): Promise<void> {
    this.kill();
    return Promise.resolve();
  }

  kill(): void {
    if (this.#ended) return;
    this.#end(null, "");
  }

  recall(lane: number): number | null {
    return endRound(this.board, lane);
  }

  hold(held: boolean): void {
    if (held === this.#held) return;
    this.#held = held;
    REF?.call(this.#worker, held);
  }

  #take(data: unknown): void {
    const message = readMessage(data, this.#reader);
    if (message !== undefined) this.#receive(message);
    else this.#end(1, "A call used postMessage(), which is the executor's");
  }

  #receive(message: FromWorker): void {
    if (this.#ended) return;
    const at = epochMillis();
    if (message.type === "hello") this.#greet(message, at);
    else if (message.type === "exiting") this.#end(message.code, "");
    else if (message.type === "starting") this.#hasPrograms = true;
    else this.#options.events.messages([message], at);
  }

  #greet(hello: Hello, at: number): void {
    this.tid = hello.tid;
    this.bootTime = (at - this.#spawnedAt) / 1000;
    this.#hello.resolve();
  }

  #end(code: number | null, stderrTail: string): void {
    if (this.#ended) return;
    this.#ended = true;
    // One that is busy goes on until the program ends, but must not keep it from ending.
    this.hold(false);
    this.#worker.terminate();
    this.#freed?.[Symbol.dispose]();
    for (let lane = 0; lane < this.#options.lanes; lane++) this.recall(lane);
    const exit: SlotExit = {
      code,
      signal: null,
      stderrTail,
      oom: false,
      board: readBoard(this.board),
    };
    // A thread that waits for one of them goes on, so this comes when it is known what it was stopped in.
    if (this.#hasPrograms) killMarked(this.#options.marker);
    this.#hello.reject(
      new WorkerExitError(
        `Worker ${this.id} failed to start: ${stderrTail || `code ${code}`}`,
        exit,
      ),
    );
    this.#exit(exit);
  }
}

/** What a thread has posted; undefined if that is no message, as a function in it may post whatever it likes. */
function readMessage(
  data: unknown,
  reader: SharedReader,
): FromWorker | undefined {
  try {
    const packed = typeof data === "number" ? reader.read(data) : data;
    const message = unpack(packed as Packed) as FromWorker | undefined;
    return typeof message?.type === "string" ? message : undefined;
  } catch {
    return undefined;
  }
}
