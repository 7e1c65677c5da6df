/**
 * The notice board of a worker, in shared memory and in a file.
 *
 * @module
 */
import { assertEquals, assertThrows } from "./assert.ts";
import { fc } from "./fast_check.ts";
import {
  type BoardPlace,
  type BoardRow,
  BoardWriter,
  createSharedBoard,
  readBoard,
} from "../profiler/board.ts";

const step = fc.oneof(
  fc.record({
    lane: fc.nat(3),
    job: fc.integer({ min: 1, max: 1000 }),
    call: fc.nat(),
    now: fc.double({ noNaN: true, min: 0, max: 4e12 }),
  }),
  fc.record({ lane: fc.nat(3) }),
);

/** Makes the same changes to a board and to a plain list, and compares them after each. */
function assertFollows(
  place: BoardPlace,
  lanes: number,
  steps: readonly { lane: number; job?: number; call?: number; now?: number }[],
): void {
  const board = new BoardWriter(place, lanes);
  const rows: BoardRow[] = Array.from({ length: lanes }, () => ({
    job: -1,
    call: 0,
    started: 0,
    startedAt: 0,
  }));
  assertEquals(readBoard(place), rows);
  for (const { lane, job, call, now } of steps) {
    const row = rows[lane % lanes]!;
    if (job === undefined) {
      board.idle(lane % lanes);
      row.job = -1;
    } else {
      board.start(lane % lanes, job, call!, now!);
      Object.assign(row, {
        job,
        call,
        started: row.started + 1,
        startedAt: now,
      });
    }
    assertEquals(readBoard(place), rows);
  }
  board.close();
  assertEquals(readBoard(place), rows);
}

Deno.test("a board tells what each lane does, in shared memory and in a file", () => {
  const folder = Deno.makeTempDirSync();
  let files = 0;
  try {
    fc.assert(fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.array(step, { maxLength: 20 }),
      (lanes, steps) => {
        assertFollows(createSharedBoard(lanes), lanes, steps);
        assertFollows(`${folder}/board-${files++}`, lanes, steps);
      },
    ));
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("a board in a file is for its owner alone, and gone when it is removed", () => {
  const folder = Deno.makeTempDirSync();
  try {
    const place = `${folder}/board`;
    const board = new BoardWriter(place, 2);
    assertEquals(Deno.statSync(place).mode! & 0o777, 0o600);
    Deno.removeSync(place);
    assertThrows(() => readBoard(place), Deno.errors.NotFound);
    // The worker does not notice: its host removes the board when it has ended.
    board.start(0, 1, 1, 1);
    board.idle(1);
    board.close();
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("a board that was cut short gives the rows that are whole", () => {
  const folder = Deno.makeTempDirSync();
  try {
    const place = `${folder}/board`;
    new BoardWriter(place, 2).close();
    const bytes = Deno.readFileSync(place);
    for (
      const [length, rows] of [[0, 0], [31, 0], [32, 1], [63, 1], [
        64,
        2,
      ]] as const
    ) {
      Deno.writeFileSync(place, bytes.subarray(0, length));
      assertEquals(readBoard(place).length, rows, `${length}`);
    }
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
