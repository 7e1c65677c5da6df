/**
 * The host's handle on a child process: the socket to it, its streams, and what becomes of it.
 *
 * @module
 */
import {
  type BoardRow,
  endRound,
  mapBoard,
  readBoard,
} from "../../profiler/board.ts";
import { memoryOf, type ProcMemory } from "../../profiler/procfs.ts";
import { WorkerExitError } from "../errors.ts";
import { type FrameSource, FrameWriter } from "../worker/frames.ts";
import {
  memoryPaths,
  MemoryReader,
  MemoryWriter,
} from "../worker/memory_file.ts";
import {
  epochMillis,
  type Hello,
  PROTOCOL_VERSION,
  type ToWorker,
} from "../worker/protocol.ts";
import { pack, type Packed, unpack } from "../worker/wire.ts";
import { isObject } from "../worker/work.ts";
import {
  type ChildOptions,
  giveSecret,
  killGroup,
  spawnChild,
} from "./_child.ts";
import { ChildOutput } from "./_child_output.ts";
import { HostShortcut } from "./_host_shortcut.ts";
import type { OomKills } from "./_oom_kills.ts";
import type { Reaper } from "./_reaper.ts";
import type { Slot, SlotExit, SpawnOptions } from "./backend.ts";
import { describeExit, stripColours } from "./outcome.ts";

/** Time for a child to end by itself when it is told to, in milliseconds. */
const CLOSE_DELAY = 1000;
/** Milliseconds between two looks at a worker's memory, where it is limited. */
const MEMORY_INTERVAL = 100;
/** Milliseconds that a worker whose connection is lost may take to end by itself. */
const LOST_DELAY = 500;
/** A child that runs out of heap ends by a trap and leaves one of these on stderr. */
const OUT_OF_MEMORY =
  /JavaScript (?:heap )?out of memory|Reached heap limit|memory allocation of \d+ bytes failed/;

/** Messages as they come from a child. */
export type Frames = AsyncGenerator<unknown[]>;

/** A child that has connected and proved itself. */
export interface Connected {
  connection: Deno.UnixConn;
  frames: Frames;
  /** How the frames are read. */
  source: FrameSource;
  hello: Hello;
  /** When it did, in epoch milliseconds. */
  at: number;
}

/** What the slots of one backend share. */
export interface Shared extends ChildOptions {
  reaper: Reaper;
  /** Whether the folder is in shared memory, and files in it may be mapped. */
  memory: () => boolean;
  oomKills: OomKills;
}

/** One child process. */
export class ProcessSlot implements Slot {
  readonly id: number;
  readonly pid: number;
  readonly board: string;
  readonly exited: Promise<SlotExit>;
  readonly started: Promise<void>;
  readonly #options: SpawnOptions;
  readonly #child: Deno.ChildProcess;
  readonly #reaper: Reaper;
  readonly #oomKills: OomKills;
  readonly #maxMemory: number;
  /** The files for large buffers. */
  readonly #memory: { reader: MemoryReader; writer: MemoryWriter } | undefined;
  readonly #spawnedAt = epochMillis();
  readonly #output: ChildOutput;
  readonly #shortcut: HostShortcut;
  /** The board, once something was to be written on it. */
  #boardMemory: ArrayBuffer | null | undefined;
  #connection: Deno.UnixConn | undefined;
  #writer: FrameWriter | undefined;
  #reading: Promise<void> = Promise.resolve();
  #held = true;
  #broken = "";
  #memoryTimer: ReturnType<typeof setInterval> | undefined;
  #overMemory = false;
  #lastMemory: ProcMemory | null = null;
  #killed = false;
  #ended = false;
  bootTime = 0;
  clockOffset = 0;

  constructor(
    options: SpawnOptions,
    shared: Shared,
    waiting: Map<string, (connected: Connected) => void>,
  ) {
    this.id = options.id;
    this.#options = options;
    this.#reaper = shared.reaper;
    this.#oomKills = shared.oomKills;
    this.#maxMemory = shared.maxMemory;
    this.board = `${shared.folder}/board-${options.id}`;
    const secret = crypto.randomUUID();
    const connected = Promise.withResolvers<Connected>();
    waiting.set(secret, connected.resolve);
    this.#child = spawnChild(options, shared);
    this.pid = this.#child.pid;
    // Asked while the child boots, as the answer takes a while.
    if (shared.memory()) {
      const { toWorker, fromWorker } = memoryPaths(this.board);
      this.#memory = {
        reader: new MemoryReader(fromWorker),
        writer: new MemoryWriter(toWorker),
      };
    }
    const path = this.#memory && memoryPaths(this.board).shortcut;
    this.#shortcut = new HostShortcut(
      path ?? null,
      () => this.send({ type: "shortcut" }),
    );
    this.#reaper.add(this.pid);
    void giveSecret(this.#child, secret);
    this.#output = new ChildOutput(
      this.#child,
      (text) => options.events.stray(text),
    );
    this.exited = this.#watch();
    const failed = this.exited.then((exit): never => {
      throw new WorkerExitError(
        `Worker ${this.id} failed to start: ${describeExit(exit)}`,
        exit,
      );
    });
    this.started = Promise.race([
      connected.promise.then((c) => this.#connect(c, failed)),
      failed,
    ]).finally(() => waiting.delete(secret));
  }

  get tid(): number {
    return this.pid;
  }

  send(message: ToWorker, buffers?: ArrayBuffer[]): void {
    const data = this.#shortcut.send(message, buffers !== undefined);
    if (data === undefined) return;
    this.#writer?.push(data, buffers);
    // Even while others are being written: an item travels as it is now, and no two calls get one object.
    if (message.type === "calls" && message.items.some(isObject)) {
      this.#writer?.seal();
    }
  }

  flush(): void {
    this.#writer?.flush();
  }

  look(): void {
    const message = this.#shortcut.look();
    if (message === undefined) return;
    this.#options.events.messages([message], epochMillis());
  }

  async close(): Promise<void> {
    this.hold(true);
    this.send({ type: "close" });
    this.flush();
    const timer = setTimeout(() => this.kill(), CLOSE_DELAY);
    await this.exited;
    clearTimeout(timer);
  }

  kill(): void {
    // The kernel forgets it with the process.
    if (!this.#ended) this.#lastMemory ??= memoryOf(this.pid);
    this.#killed = true;
    killGroup(this.pid);
  }

  /** Ends it as it has not connected within `delay` milliseconds. */
  late(delay: number): void {
    this.#broken = `it had not connected after ${delay / 1000} seconds`;
    this.kill();
  }

  lingers(): Promise<boolean> {
    return Promise.resolve(false); // SIGKILL leaves nothing running.
  }

  recall(lane: number): number | null {
    if (this.#ended) return null;
    this.#boardMemory ??= mapBoard(this.board, this.#options.lanes);
    return this.#boardMemory && endRound(this.#boardMemory, lane);
  }

  hold(held: boolean): void {
    if (held === this.#held) return;
    this.#held = held;
    try {
      if (held) {
        this.#child.ref();
        this.#connection?.ref();
      } else {
        this.#child.unref();
        this.#connection?.unref();
      }
    } catch (error) {
      // Its streams are closed: it has ended, and holds nothing up.
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  #connect(
    { connection, frames, source, hello, at }: Connected,
    failed: Promise<never>,
  ): Promise<never> | void {
    if (this.#ended) {
      // What is opened from here on nobody would close.
      connection.close();
      return failed;
    }
    if (hello.version !== PROTOCOL_VERSION) {
      this.kill();
      throw new Error(
        `Cannot use worker ${this.id} as it is of another version: it speaks protocol ${hello.version}, this host ${PROTOCOL_VERSION}`,
      );
    }
    this.#connection = connection;
    if (this.#held) connection.ref();
    this.bootTime = (at - this.#spawnedAt) / 1000;
    // Both clocks follow the machine's; only a step of the system clock between the two starts sets them apart.
    if (hello.sentAt < this.#spawnedAt - 1 || hello.sentAt > at + 1) {
      this.clockOffset = at - hello.sentAt;
    }
    this.#writer = new FrameWriter(connection, {
      onError: () => {}, // The end of the process says more.
      repair: (message, error) => {
        const repaired = this.#options.events
          .unsendable(unpack(message as Packed) as ToWorker, error).map(pack);
        this.#shortcut.replaced(repaired.length);
        return repaired;
      },
    });
    this.send({
      type: "setup",
      lanes: this.#options.lanes,
      board: this.board,
      stats: this.#options.stats,
      backend: "process",
      memory: this.#memory !== undefined,
    });
    if (this.#memory !== undefined) {
      source.memory = this.#memory.reader;
      this.#writer.memory = this.#memory.writer;
    }
    this.#reading = this.#read(frames);
    if (this.#maxMemory < Infinity) this.#watchMemory();
  }

  /** Ends the process when it uses too much, before the machine suffers from it. */
  #watchMemory(): void {
    this.#memoryTimer = setInterval(() => {
      const memory = memoryOf(this.pid);
      if (memory === null || memory.rss <= this.#maxMemory) return;
      this.#overMemory = true;
      this.kill();
    }, MEMORY_INTERVAL);
    Deno.unrefTimer(this.#memoryTimer as unknown as number);
  }

  #receive(messages: unknown[]): void {
    const at = epochMillis();
    this.#options.events.messages(this.#shortcut.receive(messages), at);
  }

  async #read(frames: Frames): Promise<void> {
    try {
      for await (const messages of frames) this.#receive(messages);
    } catch (error) {
      this.#broken = error instanceof Error ? error.message : String(error);
      if (error instanceof Deno.errors.ConnectionReset) await this.#endOf();
      this.kill();
    }
  }

  /** A process whose connection is lost is mostly about to end, and says better itself why. */
  async #endOf(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const timer = setTimeout(resolve, LOST_DELAY);
    await Promise.race([this.#child.status, promise]);
    clearTimeout(timer);
  }

  /** Resolves when the process has ended and everything it had sent has been read. */
  async #watch(): Promise<SlotExit> {
    const status = await this.#child.status;
    this.#ended = true;
    const oom = this.#overMemory ||
      status.signal === "SIGKILL" && !this.#killed && this.#oomKills.claim();
    clearInterval(this.#memoryTimer);
    // Whatever it had started and left running goes with it, and so lets go of the streams.
    killGroup(this.pid);
    this.#reaper.remove(this.pid);
    await this.#reading;
    await this.#output.ended(this.#options.marker);
    this.#connection?.close();
    await this.#child.stdin.close().catch(() => {});
    const board = takeBoard(this.board);
    this.#memory?.reader[Symbol.dispose]();
    this.#memory?.writer[Symbol.dispose]();
    this.#shortcut[Symbol.dispose]();
    const { tail } = this.#output;
    return {
      code: status.signal === null ? status.code : null,
      signal: status.signal,
      stderrTail: stripColours(`${tail}\n${this.#broken}`).trim(),
      oom: oom || !status.success && OUT_OF_MEMORY.test(tail),
      board,
      memory: this.#lastMemory,
    };
  }
}

/** What a worker that has ended was doing; its files are removed. */
function takeBoard(path: string): BoardRow[] {
  for (const file of Object.values(memoryPaths(path))) remove(file);
  try {
    return readBoard(path);
  } catch {
    return []; // It never got as far as making one.
  } finally {
    remove(path);
  }
}

function remove(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // There is none.
  }
}
