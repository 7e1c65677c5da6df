import { assert, assertEquals, assertMatch } from "./assert.ts";
import { createLogger, type LogLevel } from "../executor/log.ts";

/** What is logged at a level when each method is called once. */
function logged(level: LogLevel): string[] {
  const lines: string[] = [];
  const log = createLogger(level, (line) => lines.push(line));
  log.debug("a");
  log.info("b");
  log.warn("c");
  log.error("d");
  return lines;
}

Deno.test("createLogger() logs its level and what is more severe", () => {
  const levels = ["debug", "info", "warning", "error", "none"] as const;
  assertEquals(levels.map((level) => logged(level).length), [4, 3, 2, 1, 0]);
  const [first, last] = [logged("warning")[0]!, logged("warning")[1]!];
  assertMatch(
    first,
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \[WARNING\] c\n$/,
  );
  assertMatch(last, /\[ERROR\] d\n$/);
});

Deno.test("createLogger() tells the local time", () => {
  const before = Date.now();
  const [line] = logged("error");
  const at = new Date(line!.slice(0, 23).replace(" ", "T")).getTime();
  assert(at >= before && at <= Date.now(), line);
});

Deno.test("createLogger() keeps a message on one line whatever is in it", () => {
  const lines: string[] = [];
  const log = createLogger("info", (line) => lines.push(line.slice(31)));
  log.info("two\nlines\r\n\ttab \x1b[31mred\x07 \u2028 \x9b é€😀");
  assertEquals(lines, [
    "two\\nlines\\r\\n\ttab \\u001b[31mred\\u0007 \\u2028 \\u009b é€😀\n",
  ]);
});

Deno.test("createLogger() makes a message only when it is logged", () => {
  const lines: string[] = [];
  const log = createLogger("info", (line) => lines.push(line));
  let made = 0;
  const message = () => `message ${++made}`;
  log.debug(message);
  assertEquals([made, lines.length], [0, 0]);
  log.info(message);
  assertEquals([made, lines.length], [1, 1]);
});

const LOGS = `
  import { createLogger } from ${
  JSON.stringify(import.meta.resolve("../executor/log.ts"))
};
  const log = createLogger("info");
  for (let i = 0; i < 1000; i++) log.warn("x".repeat(100));
`;

Deno.test("createLogger() writes to stderr and nothing to stdout", async () => {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", LOGS],
  }).output();
  assertEquals(stdout.length, 0);
  const lines = new TextDecoder().decode(stderr).trimEnd().split("\n");
  assertEquals(lines.length, 1000);
  assert(lines.every((line) => line.endsWith(`[WARNING] ${"x".repeat(100)}`)));
});

Deno.test("createLogger() goes on when stderr is closed", async () => {
  const child = new Deno.Command("sh", {
    args: [
      "-c",
      // closed, full, and a pipe that nobody reads any more
      'exec 3>&1; "$0" eval "$1" 2>&-; "$0" eval "$1" 2>/dev/full; ' +
      '("$0" eval "$1" 2>&1 >&3; echo $? >&3) | true',
      Deno.execPath(),
      `${LOGS} Deno.stdout.writeSync(new TextEncoder().encode("alive"));`,
    ],
    stdout: "piped",
    stderr: "null",
  });
  const { stdout } = await child.output();
  assertEquals(new TextDecoder().decode(stdout), "alivealivealive0\n");
});
