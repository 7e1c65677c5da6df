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
  endRound,
  nextRound,
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
    startedAt: 0,
    taken: 0,
  }));
  assertEquals(readBoard(place), rows);
  for (const { lane, job, call, now } of steps) {
    const row = rows[lane % lanes]!;
    if (job === undefined) {
      board.idle(lane % lanes);
      row.job = -1;
    } else {
      assertEquals(board.take(lane % lanes, 0), true);
      board.start(lane % lanes, job, call!, now!);
      Object.assign(row, {
        job,
        call,
        startedAt: now,
        taken: row.taken + 1,
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

Deno.test("a lane takes no call of a round that its host has ended", () => {
  const memory = createSharedBoard(2);
  const board = new BoardWriter(memory, 2);
  for (let call = 0; call < 3; call++) assertEquals(board.take(1, 0), true);
  assertEquals(endRound(memory, 1), 3);
  assertEquals(board.take(1, 0), false);
  assertEquals(board.take(0, 0), true);
  assertEquals(board.take(1, nextRound(0)), true);
  assertEquals(readBoard(memory).map(({ taken }) => taken), [1, 4]);
});

Deno.test("rounds and calls of a lane count from 0 again when there were many", () => {
  const memory = createSharedBoard(1);
  const board = new BoardWriter(memory, 1);
  let round = 0;
  for (let i = 1; i <= 70_000; i++) {
    assertEquals(board.take(0, round), true);
    assertEquals(endRound(memory, 0), i % 65_536);
    assertEquals(board.take(0, round), false);
    round = nextRound(round);
  }
});

Deno.test("a round cannot be ended when the worker only writes a file", () => {
  const folder = Deno.makeTempDirSync();
  try {
    const place = `${folder}/board`;
    // In its own right, without the permission to map memory.
    const { success } = new Deno.Command(Deno.execPath(), {
      args: [
        ...["eval", "--ext=ts"],
        `import { BoardWriter } from ${
          JSON.stringify(import.meta.resolve("../profiler/board.ts"))
        };
        Deno.permissions.revokeSync({ name: "ffi" });
        const board = new BoardWriter(${JSON.stringify(place)}, 1);
        if (!board.take(0, 0)) Deno.exit(1);
        board.start(0, 1, 7, 1);`,
      ],
      stderr: "inherit",
    }).outputSync();
    assertEquals(success, true);
    assertEquals(readBoard(place), [{
      job: 1,
      call: 7,
      startedAt: 1,
      taken: 1,
    }]);
    const { buffer } = Deno.readFileSync(place);
    assertEquals(endRound(buffer, 0), null);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
