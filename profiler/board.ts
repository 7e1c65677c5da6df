/**
 * A worker's notice board: which call it is running at this instant, readable by the host and by the sampler even
 * while the worker is busy in synchronous code. A web worker shares memory; a process shares a small file that it has
 * mapped, or writes it where it may not map it.
 *
 * One row per lane (a worker runs as many calls at once as it has lanes). A row is three float64: number of the job (or
 * -1 when idle), number of the call in its job, and when it started (epoch milliseconds of the worker's clock); and the
 * lane's turn, an int32 in the place of a fourth.
 *
 * The turn holds two numbers: how many calls the worker has taken, and the round in which the host gave them out. The
 * worker raises the one, and the host the other, only if both are what they think they are. So the host can end a round,
 * even while the worker is busy, and both know which calls of that round are the worker's, and which are not any more.
 *
 * @module
 */

import { mapFile } from "./mapped_file.ts";

/** Values in a row. */
const ROW = 4;

/** Place of the turn in a row, counted in int32. */
const TURN = 6;

/** A turn counts so far, then from 0 again. */
const TURNS = 1 << 16;

/** The round of a lane whose worker cannot be told of others, as it only writes to a file. */
const NO_ROUND = TURNS - 1;

/** What one lane is doing. */
export interface BoardRow {
  /** Number of the job (1 for `M001`), or -1 when idle. */
  job: number;
  /** Number of the call in its job. */
  call: number;
  /** When it started, in epoch milliseconds of the worker's clock. */
  startedAt: number;
  /** Calls this lane has taken so far, the present one included; of 65,536 it counts from 0 again. */
  taken: number;
}

/** Where a board is: shared memory, or a file. */
export type BoardPlace = SharedArrayBuffer | string;

/** Makes the board of a thread. */
export function createSharedBoard(lanes: number): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(boardSize(lanes));
  const rows = new Float64Array(buffer);
  for (let lane = 0; lane < lanes; lane++) rows[lane * ROW] = -1;
  return buffer;
}

/** The board in the file at `path` as memory, to end rounds of its lanes; `null` where that cannot be had. */
export function mapBoard(path: string, lanes: number): ArrayBuffer | null {
  return mapFile(path, boardSize(lanes));
}

function boardSize(lanes: number): number {
  return lanes * ROW * 8;
}

/** Writes a board; used by the worker it belongs to. */
export class BoardWriter {
  readonly #rows: Float64Array;
  readonly #turns: Int32Array;
  readonly #taken: number[] = [];
  readonly #file: Deno.FsFile | undefined;
  readonly #bytes: Uint8Array[] = [];

  /** Opens the board at `place` with `lanes` rows; a file is made, with every lane idle. */
  constructor(place: BoardPlace, lanes: number) {
    const memory = typeof place === "string"
      ? mapFile(place, boardSize(lanes))
      : place;
    if (memory !== null) this.#rows = new Float64Array(memory);
    else {
      this.#rows = new Float64Array(lanes * ROW);
      this.#file = Deno.openSync(place as string, {
        create: true,
        write: true,
        mode: 0o600,
      });
    }
    this.#turns = new Int32Array(this.#rows.buffer);
    for (let lane = 0; lane < lanes; lane++) {
      this.#rows[lane * ROW] = -1;
      this.#taken.push(0);
      if (this.#file !== undefined) {
        this.#turns[turnAt(lane)] = turn(NO_ROUND, 0);
      }
      this.#bytes.push(
        new Uint8Array(this.#rows.buffer, lane * ROW * 8, ROW * 8),
      );
      this.#flush(lane);
    }
  }

  /** Takes the next call of `round` for `lane`; false if the host has ended that round, and runs the call elsewhere. */
  take(lane: number, round: number): boolean {
    const taken = this.#taken[lane]!;
    const at = turnAt(lane);
    if (this.#file !== undefined) {
      this.#turns[at] = turn(NO_ROUND, taken + 1);
    } else {
      const mine = turn(round, taken);
      const next = turn(round, taken + 1);
      if (Atomics.compareExchange(this.#turns, at, mine, next) !== mine) {
        return false;
      }
    }
    this.#taken[lane] = taken + 1;
    return true;
  }

  /** Says that `lane` starts call `call` of job `job`, which it has taken, at `now` epoch milliseconds. */
  start(lane: number, job: number, call: number, now: number): void {
    const at = lane * ROW;
    this.#rows[at + 1] = call;
    this.#rows[at + 2] = now;
    this.#rows[at] = job;
    this.#flush(lane);
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

function turn(round: number, taken: number): number {
  return (round << 16) | (taken & (TURNS - 1));
}

function turnAt(lane: number): number {
  return lane * ROW * 2 + TURN;
}

/** The round after `round`. */
export function nextRound(round: number): number {
  return (round + 1) % NO_ROUND;
}

/**
 * Ends the round of a lane, of a board in memory: its worker takes no more of the calls that it was given in that round.
 * Gives how many it has taken so far, as {@linkcode BoardRow.taken} counts; `null` if that worker cannot be told.
 */
export function endRound(board: ArrayBufferLike, lane: number): number | null {
  const turns = new Int32Array(board);
  while (true) {
    const before = Atomics.load(turns, turnAt(lane));
    const round = before >>> 16;
    if (round === NO_ROUND) return null;
    const after = turn(nextRound(round), before);
    if (
      Atomics.compareExchange(turns, turnAt(lane), before, after) === before
    ) return before & (TURNS - 1);
  }
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
  const { buffer, byteOffset, length } = rows;
  const turns = new Int32Array(buffer, byteOffset, length * 2);
  const board: BoardRow[] = [];
  for (let at = 0; at + ROW <= rows.length; at += ROW) {
    board.push({
      job: rows[at]!,
      call: rows[at + 1]!,
      startedAt: rows[at + 2]!,
      taken: turns[at * 2 + TURN]! & (TURNS - 1),
    });
  }
  return board;
}
