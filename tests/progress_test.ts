import { assert, assertEquals, assertMatch } from "./assert.ts";
import { fc } from "./fast_check.ts";
import { have } from "./have.ts";
import { screenAfter } from "./screen.ts";
import { formatCourse, formatDetails } from "../executor/_progress_format.ts";
import {
  createProgress,
  formatProgress,
  type ProgressState,
} from "../executor/progress.ts";
import { Terminal } from "../executor/terminal.ts";

const NOW = 1_000_000;

function state(changes: Partial<ProgressState> = {}): ProgressState {
  return {
    done: 21,
    failed: 1,
    running: 2,
    queued: 27,
    total: 50,
    startedAt: NOW - 10_000,
    ...changes,
  };
}

function format(changes: Partial<ProgressState> = {}, width = 80): string {
  return formatProgress(state(changes), width, NOW);
}

Deno.test("formatProgress() tells share, count, rate, time left, running and failed", () => {
  assertEquals(
    format(),
    `42 % ${"█".repeat(12)}▏${
      " ".repeat(16)
    } 21/50, 2.1/s, 0:14 left, 2 running, 1 failed`,
  );
  assertEquals(
    format({ failed: 0, done: 0 }),
    `0 % ${" ".repeat(30)} 0/50, 2 running`,
  );
});

Deno.test("formatProgress() tells how long it took when all is done", () => {
  assertEquals(
    format({ done: 50, running: 0, failed: 0 }),
    `100 % ${"█".repeat(30)} 50/50, 5.0/s, 0:10`,
  );
  assertEquals(
    format({ done: 0, total: 0, running: 0, failed: 0 }),
    `100 % ${"█".repeat(30)} 0/0, 0:10`,
  );
});

Deno.test("formatProgress() says what it can when the total is not known", () => {
  assertEquals(
    format({ total: null }),
    "21 done, 2.1/s, 0:10, 2 running, 1 failed",
  );
});

Deno.test("formatProgress() tells slow and fast rates in readable units", () => {
  const rate = (done: number, seconds: number) =>
    format({ done, total: null, startedAt: NOW - seconds * 1000 }).split(
      ", ",
    )[1];
  assertEquals(rate(1, 4), "4.0 s each");
  assertEquals(rate(1, 100), "1:40 each");
  assertEquals(rate(500, 4), "125/s");
  assertEquals(rate(1_000_000, 4), "250k/s");
});

Deno.test("formatProgress() leaves out the bar first and the count last when it is narrow", () => {
  assertEquals(
    format({}, 60),
    "42 % ███▊      21/50, 2.1/s, 0:14 left, 2 running, 1 failed",
  );
  assertEquals(
    format({}, 52),
    "42 % 21/50, 2.1/s, 0:14 left, 2 running, 1 failed",
  );
  assertEquals(format({}, 46), "21/50, 2.1/s, 0:14 left, 2 running, 1 failed");
  assertEquals(format({}, 40), "42 % 21/50, 2.1/s, 0:14 left, 1 failed");
  assertEquals(format({}, 20), "21/50, 1 failed");
  assertEquals(format({}, 8), "21/50");
  assertEquals(format({}, 3), "21");
});

Deno.test("formatProgress() stays below the width in any state, and on one line", () => {
  const count = fc.nat({ max: 10_000_000 });
  fc.assert(
    fc.property(
      fc.record({
        done: count,
        failed: count,
        running: count,
        queued: count,
        total: fc.option(count),
        startedAt: fc.integer({ min: 0, max: 2 * NOW }),
        cpuPercent: fc.option(fc.float({ min: 0, noNaN: true })),
        memoryBytes: fc.option(fc.nat()),
      }),
      fc.integer({ min: 1, max: 200 }),
      (state, width) => {
        const lines = [
          formatProgress(state, width, NOW),
          formatCourse(state, width, NOW),
          formatDetails(state, width),
        ];
        for (const line of lines) {
          assert([...line].length < width, `${width}: ${line}`);
          assertMatch(line, /^[^\n]*$/);
          assert(!/NaN|Infinity|undefined|null/.test(line), line);
        }
      },
    ),
  );
});

Deno.test("formatDetails() adds CPU and memory when they are known", () => {
  assertEquals(
    formatDetails(state(), 80),
    "  2 running, 27 queued, 1 failed",
  );
  assertEquals(
    formatDetails(state({ cpuPercent: 187.4, memoryBytes: 4.12e8 }), 80),
    "  2 running, 27 queued, 1 failed, CPU 187 %, memory 393 MiB",
  );
  assertEquals(
    formatDetails(state({ cpuPercent: Infinity, memoryBytes: null }), 80),
    "  2 running, 27 queued, 1 failed",
  );
});

Deno.test("formatDetails() leaves out what waits first and what runs last when it is narrow", () => {
  const all = state({ cpuPercent: 187.4, memoryBytes: 4.12e8 });
  const lines = [60, 50, 40, 26, 16, 8].map((width) =>
    formatDetails(all, width)
  );
  assertEquals(lines, [
    "  2 running, 27 queued, 1 failed, CPU 187 %, memory 393 MiB",
    "  2 running, 1 failed, CPU 187 %, memory 393 MiB",
    "  2 running, 1 failed, CPU 187 %",
    "  2 running, 1 failed",
    "  2 running",
    "  2 run",
  ]);
});

Deno.test("formatCourse() leaves to the second line what that tells", () => {
  assertEquals(
    formatCourse(state(), 80, NOW),
    `42 % ${"█".repeat(12)}▌${" ".repeat(17)} 21/50, 2.1/s, 0:14 left`,
  );
});

/** A terminal that keeps what is written to it. */
function recorder(): { terminal: Terminal; output: string[] } {
  const output: string[] = [];
  return { terminal: new Terminal((_, text) => output.push(text)), output };
}

Deno.test("Terminal keeps bars below what is printed, and whole", () => {
  const { terminal, output } = recorder();
  const [one, two] = [{}, {}];
  terminal.print("before\n");
  terminal.show(one, ["bar 1", "details"]);
  terminal.print("first\n");
  terminal.show(two, ["bar 2"]);
  terminal.print("second, ", "stdout");
  terminal.show(one, ["bar 1!", "details!"]);
  terminal.print("third\n", "stdout");
  assertEquals(screenAfter(output.join("")), [
    "before",
    "first",
    "second, ",
    "third",
    "bar 1!",
    "details!",
    "bar 2",
  ]);
  terminal.leave(one);
  terminal.print("fourth\n");
  assertEquals(screenAfter(output.join("")).slice(4), [
    "bar 1!",
    "details!",
    "fourth",
    "bar 2",
  ]);
  terminal.leave(two);
  terminal.leave(two);
  terminal.print("after\n");
  assertEquals(screenAfter(output.join("")).slice(7), ["bar 2", "after"]);
});

Deno.test("Terminal never clears a bar that it draws anew, and writes nothing when it is the same", () => {
  const { terminal, output } = recorder();
  const bar = {};
  terminal.show(bar, ["a long first line", "second"]);
  terminal.show(bar, ["shorter", "second", "third"]);
  terminal.show(bar, ["shorter", "second", "third"]);
  assertEquals(output.length, 2);
  assertEquals(output[1], "\r\x1b[1Ashorter\x1b[K\nsecond\x1b[K\nthird\x1b[K");
  terminal.show(bar, ["one"]);
  assertEquals(screenAfter(output.join("")), ["one"]);
  terminal.print("above\n");
  assertEquals(screenAfter(output.join("")), ["above", "one"]);
});

Deno.test("createProgress() draws the first and the last state, and few between", () => {
  const { terminal, output } = recorder();
  const progress = createProgress({ force: true, terminal, width: () => 80 });
  assert(progress.isShown);
  const startedAt = Date.now();
  for (let done = 0; done <= 10_000; done++) {
    progress.update(state({ done, total: 10_000, startedAt }));
  }
  const drawn = output.length;
  progress.stop();
  progress.stop();
  progress.update(state());
  const text = output.join("");
  const elapsed = Date.now() - startedAt;
  assert(drawn <= 1 + elapsed / 100, `${drawn} in ${elapsed} ms`);
  const screen = screenAfter(text);
  assertEquals(screen.length, 1);
  assertMatch(text, /^0 % /);
  assertMatch(screen[0]!, /^100 % █{30} 10000\/10000, /);
  assert(text.endsWith("\n"));
});

Deno.test("createProgress() draws a state that comes soon after another, a little later", async () => {
  const drawn = Promise.withResolvers<void>();
  const terminal = new Terminal((_, text) => {
    if (text.includes("2 done")) drawn.resolve();
  });
  const progress = createProgress({ force: true, terminal, width: () => 80 });
  progress.update(state({ done: 1, total: null }));
  progress.update(state({ done: 2, total: null }));
  // the timer of the bar does not keep the process alive, so something else must
  const alive = setInterval(() => {}, 1000);
  await drawn.promise;
  clearInterval(alive);
  progress.stop();
});

Deno.test("createProgress() shows nothing when it is turned off or nobody watches", async () => {
  assertEquals(createProgress({ progress: false, force: true }).isShown, false);
  const { stderr, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", script],
  }).output();
  assertEquals(new TextDecoder().decode(stdout), "printed by a call\n");
  const lines = new TextDecoder().decode(stderr).trimEnd().split("\n");
  assertEquals(lines.map((line) => line.replace(/.*] /, "")), LOGGED);
});

const script = import.meta.resolve("./fixtures/progress.ts");
const LOGGED = [4, 8, 12, 16, 20].map((n) => `call ${n}`).concat("over");

/** What is on a real terminal after the script ran in it. */
async function onTerminal(
  args: string[],
  env: Record<string, string> = {},
  columns = 100,
): Promise<string[]> {
  const output = await outputOf([script, ...args], env, columns);
  return screenAfter(output, columns)
    .map((line) => line.replace(/^\d{4}-.*] /, ""));
}

/** All that a script writes to a real terminal. */
async function outputOf(
  args: string[],
  env: Record<string, string> = {},
  columns = 100,
): Promise<string> {
  const command = [Deno.execPath(), "run", "-A", ...args]
    .map((word) => `'${word}'`).join(" ");
  const { stdout } = await new Deno.Command("script", {
    args: ["-qec", `stty cols ${columns}; ${command}`, "/dev/null"],
    env: { TERM: "xterm", CI: "", ...env },
    stdin: "null",
  }).output();
  return new TextDecoder().decode(stdout);
}

const ignore = !have("script");
const PRINTED = LOGGED.toSpliced(2, 0, "printed by a call");

Deno.test(
  "createProgress() and log lines do not tear each other on a real terminal",
  { ignore },
  async () => {
    const lines = await onTerminal([]);
    assertEquals(lines.filter((line) => !line.includes("%")), PRINTED);
    assertEquals(lines.length, PRINTED.length + 1);
    assertMatch(lines.at(-2)!, /^100 % █{30} 20\/20, .*, 1 failed$/);
  },
);

Deno.test(
  "createProgress() keeps to the width of the terminal",
  { ignore },
  async () => {
    const lines = await onTerminal(["detailed"], {}, 40);
    assertEquals(lines.length, PRINTED.length + 2);
    assertMatch(lines.at(-3)!, /^100 % █+ 20\/20, [\d.]+\/s, 0:0\d$/);
    assertEquals(lines.at(-2), "  0 running, 0 queued, 1 failed");
  },
);

Deno.test(
  'an executor with progress "detailed" tells what runs and waits, CPU and memory',
  { ignore },
  async () => {
    const fixture = import.meta.resolve("./fixtures/detailed.ts");
    const output = await outputOf([fixture]);
    const frames = output.split("\r");
    const shown = (text: RegExp) => frames.some((frame) => text.test(frame));
    assert(shown(/ {2}2 running, 2 queued, 0 failed/), output);
    assert(
      shown(/2 running, 2 queued, 0 failed, CPU \d+ %, memory \d+ MiB/),
      output,
    );
    const lines = screenAfter(output, 100);
    assertEquals(lines.length, 2);
    assertMatch(lines[0]!, /^100 % █{30} 4\/4, .*\d:\d\d$/);
    assertMatch(lines[1]!, /^ {2}0 running, 0 queued, 1 failed, CPU \d+ %, /);
  },
);

Deno.test(
  "createProgress() does not keep the process alive when it is not stopped",
  { ignore },
  async () => {
    const lines = await onTerminal(["leave"]);
    assertEquals(lines.filter((line) => !line.includes("%")), PRINTED);
  },
);

Deno.test(
  "createProgress() is quiet in CI and on a dumb terminal",
  { ignore },
  async () => {
    assertEquals(await onTerminal([], { CI: "true" }), PRINTED);
    assertEquals(await onTerminal([], { TERM: "dumb" }), PRINTED);
  },
);
