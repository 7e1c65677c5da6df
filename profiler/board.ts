/**
 * A worker's notice board: which call it is running at this instant, readable by the host and by the sampler even
 * while the worker is busy in synchronous code. A web worker shares memory; a process shares a small file that it has
 * mapped, or writes it where it may not map it.
 *
 * One row per lane (a worker runs as many calls at once as it has lanes). A row is four float64: number of the job (or
 * -1 when idle), number of the call in its job, how many calls this lane has started, and when the last one started
 * (epoch milliseconds of the worker's clock).
 *
 * Behind the rows of shared memory is a gate: a thread that its host gives up cannot be stopped at once, so it passes the
 * gate before each call, and the host shuts it before it reads which calls have been started.
 *
 * @module
 */

import { mapFile } from "./_shared_memory.ts";

/** Values in a row. */
const ROW = 4;

/** Bytes of the gate: how many calls came to it, and whether it is shut, as int32. */
const GATE = 8;

/** What one lane is doing. */
export interface BoardRow {
  /** Number of the job (1 for `M001`), or -1 when idle. */
  job: number;
  /** Number of the call in its job. */
  call: number;
  /** Calls this lane has started so far. */
  started: number;
  /** When the last one started, in epoch milliseconds of the worker's clock. */
  startedAt: number;
}

/** Where a board is: shared memory, or a file. */
export type BoardPlace = SharedArrayBuffer | string;

/** Makes the board of a thread. */
export function createSharedBoard(lanes: number): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(lanes * ROW * 8 + GATE);
  const rows = new Float64Array(buffer);
  for (let lane = 0; lane < lanes; lane++) rows[lane * ROW] = -1;
  return buffer;
}

/** Writes a board; used by the worker it belongs to. */
export class BoardWriter {
  readonly #rows: Float64Array;
  readonly #gate: Int32Array | undefined;
  readonly #file: Deno.FsFile | undefined;
  readonly #bytes: Uint8Array[] = [];

  /** Opens the board at `place` with `lanes` rows; a file is made, with every lane idle. */
  constructor(place: BoardPlace, lanes: number) {
    const memory = typeof place === "string"
      ? mapFile(place, lanes * ROW * 8)
      : place;
    if (typeof place !== "string") this.#gate = gateOf(place);
    if (memory !== null) this.#rows = new Float64Array(memory);
    else {
      this.#rows = new Float64Array(lanes * ROW);
      this.#file = Deno.openSync(place as string, {
        create: true,
        write: true,
        mode: 0o600,
      });
    }
    for (let lane = 0; lane < lanes; lane++) {
      this.#rows[lane * ROW] = -1;
      this.#bytes.push(
        new Uint8Array(this.#rows.buffer, lane * ROW * 8, ROW * 8),
      );
      this.#flush(lane);
    }
  }

  /**
   * Says that `lane` starts call `call` of job `job`, at `now` epoch milliseconds. False if the host has given this
   * worker up and runs the call elsewhere.
   */
  start(lane: number, job: number, call: number, now: number): boolean {
    const at = lane * ROW;
    this.#rows[at + 1] = call;
    this.#rows[at + 2] = this.#rows[at + 2]! + 1;
    this.#rows[at + 3] = now;
    this.#rows[at] = job;
    this.#flush(lane);
    if (this.#gate === undefined) return true;
    // In this order, and the other way round in `shutBoard`: one of both sees the other.
    Atomics.add(this.#gate, 0, 1);
    return Atomics.load(this.#gate, 1) === 0;
  }

  /** Says that `lane` runs nothing. */
  idle(lane: number): void {
    this.#rows[lane * ROW] = -1;
    this.#flush(lane);
  }

  #flush(lane: number): void {
    if (this.#file === undefined) return;
    this.#file.seekSync(lane * ROW * 8, Deno.SeekMode.Start);
    this.#file.writeSync(this.#bytes[lane]!);
  }

  /** Closes the file of a board that has one. */
  close(): void {
    this.#file?.close();
  }
}

function gateOf(board: SharedArrayBuffer): Int32Array {
  return new Int32Array(board, board.byteLength - GATE, 2);
}

/** Makes a thread start no more calls: what its board says from now on stays true. */
export function shutBoard(board: SharedArrayBuffer): void {
  const gate = gateOf(board);
  Atomics.store(gate, 1, 1);
  Atomics.load(gate, 0);
}

/** Reads a board: one row a lane. Throws `Deno.errors.NotFound` if its file is not there. */
export function readBoard(place: BoardPlace): BoardRow[] {
  let rows: Float64Array;
  if (typeof place === "string") {
    const bytes = Deno.readFileSync(place);
    rows = new Float64Array(
      bytes.buffer,
      bytes.byteOffset,
      Math.floor(bytes.byteLength / 8),
    );
  } else rows = new Float64Array(place);
  const board: BoardRow[] = [];
  for (let at = 0; at + ROW <= rows.length; at += ROW) {
    board.push({
      job: rows[at]!,
      call: rows[at + 1]!,
      started: rows[at + 2]!,
      startedAt: rows[at + 3]!,
    });
  }
  return board;
}
