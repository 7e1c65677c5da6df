/** `lithoscope profile`: what it passes on, what it prints, what it leaves. */
import {
  assert,
  assertEquals,
  assertGreater,
  assertMatch,
  assertStringIncludes,
} from "./assert.ts";
import { have } from "./have.ts";
import { LOADS, PYTHON } from "./profiled.ts";
import { isAlive, processOf } from "./processes.ts";
import { readRecord } from "../profiler/record_file.ts";
import { formatSummary, TreeSummary } from "../profiler/summary.ts";
import { runDeno } from "./run_deno.ts";
import { tempDir } from "./temp_dir.ts";

const ignore = Deno.build.os !== "linux";
const SCRIPT =
  new URL("./fixtures/profile_command.ts", import.meta.url).pathname;

function profile(...args: string[]) {
  return runDeno(["run", "-A", SCRIPT, ...args]);
}

Deno.test("profile passes the exit code and the output of a command through", {
  ignore,
}, async () => {
  const { code, stdout, stderr } = await profile(
    "--",
    "sh",
    "-c",
    "echo out; echo err >&2; exit 7",
  );
  assertEquals([code, stdout], [7, "out\n"]);
  assertMatch(stderr, /^err\nsh -c .*: exit status 7\n/);
});

Deno.test(
  "profile needs no dashes before a command, whose own options are its own",
  { ignore },
  async () => {
    const { code, stdout } = await profile(
      "--quiet",
      "echo",
      "--interval",
      "x",
    );
    assertEquals([code, stdout], [0, "--interval x\n"]);
  },
);

Deno.test("profile prints nothing on its own when it is told to be quiet", {
  ignore,
}, async () => {
  const { stdout, stderr } = await profile("--quiet", "--", "true");
  assertEquals([stdout, stderr], ["", ""]);
});

Deno.test("profile sums up the whole tree when the command has children", {
  ignore: ignore || !have(PYTHON),
}, async () => {
  await using dir = await tempDir();
  const record = `${dir.path}/r.jsonl`;
  const plot = `${dir.path}/p.png`;
  const { code, stdout, stderr } = await profile(
    ...["--interval", "0.1", "--record", record, "--plot", plot],
    ...["--", PYTHON, LOADS, "grandchildren"],
  );
  assertEquals(code, 0, stderr);
  const truth = Number(/^rusage (\S+)/m.exec(stdout)![1]);
  const told = Number(/CPU time +(\S+) s/.exec(stderr)![1]);
  assert(Math.abs(told - truth) <= truth * 0.01 + 0.03, `${told} of ${truth}`);
  assertMatch(stderr, /wall time +[\d.]+ s\n/);
  assertMatch(
    stderr,
    /peak memory +[\d.]+ MiB RSS of the tree, [\d.]+ MiB of its largest process\n/,
  );
  assertMatch(stderr, /processes +\d+ seen, \d+ at once/);
  assertMatch(
    stderr,
    /PID +PARENT +SEEN FOR +CPU +CPU OF CHILDREN +PEAK RSS +READ +WRITTEN +COMMAND\n/,
  );
  assertMatch(stderr, /python3\n/);
  const { header, collections } = await readRecord(record);
  assertEquals(header!.command, [PYTHON, LOADS, "grandchildren"]);
  assertEquals(header!.interval, 0.1);
  assert(collections.at(-1)!.final);
  assert(
    collections.some(({ processes }) =>
      processes.some(({ depth }) => depth === 2)
    ),
  );
  assertEquals(await Deno.readTextFile(plot), `${collections.length}`);
});

Deno.test(
  "profile tells what was written to disk once when the writer's parent has reaped it",
  { ignore: ignore || !have(PYTHON) },
  async () => {
    const { stderr } = await profile(
      "--",
      "sh",
      "-c",
      `${PYTHON} ${LOADS} write 8 > /dev/null; true`,
    );
    const [, amount, unit] = /disk .*written ([\d.]+) (\S+)/.exec(stderr)!;
    assertEquals(unit, "MiB");
    assert(Number(amount) >= 8 && Number(amount) < 9, stderr);
  },
);

for (const signal of ["SIGTERM", "SIGINT", "SIGUSR1"] as const) {
  Deno.test(
    `profile passes ${signal} on to the command`,
    { ignore },
    async () => {
      const child = new Deno.Command(Deno.execPath(), {
        args: [
          ...["run", "-A", SCRIPT, "--", "sh", "-c"],
          `trap 'echo caught; exit 9' ${
            signal.slice(3)
          }; echo ready; while :; do sleep 0.05; done`,
        ],
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const reader = child.stdout.pipeThrough(new TextDecoderStream())
        .getReader();
      let text = "";
      while (!text.includes("ready\n")) text += (await reader.read()).value;
      child.kill(signal);
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        text += value;
      }
      const stderr = await new Response(child.stderr).text();
      assertEquals(text, "ready\ncaught\n");
      assertEquals((await child.status).code, 9);
      assertStringIncludes(stderr, "exit status 9");
    },
  );
}

Deno.test(
  "profile ends with 128 and the signal's number when a signal ended the command",
  { ignore },
  async () => {
    const { code, stderr } = await profile("--", "sh", "-c", "kill -9 $$");
    assertEquals(code, 137);
    assertStringIncludes(stderr, "ended by SIGKILL");
  },
);

/** Watches a process with `profile --pid`, calls `then` once it has been seen, and waits for the end of the watch. */
async function watch(
  pid: number,
  then: (profile: Deno.ChildProcess) => void,
): Promise<{ code: number; stderr: string }> {
  await using dir = await tempDir();
  const record = `${dir.path}/r.jsonl`;
  const args = ["--interval", "0.02", "--record", record, "--pid", `${pid}`];
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", SCRIPT, ...args],
    stderr: "piped",
    stdin: "null",
  }).spawn();
  const output = child.output();
  const seen = () => {
    try {
      return Deno.readTextFileSync(record).includes(`"pid":${pid}`);
    } catch {
      return false;
    }
  };
  while (!seen()) await new Promise((resolve) => setTimeout(resolve, 20));
  then(child);
  const { code, stderr } = await output;
  return { code, stderr: new TextDecoder().decode(stderr) };
}

Deno.test("profile watches a process that runs already until it ends", {
  ignore,
}, async () => {
  const child = new Deno.Command("sleep", { args: ["600"] }).spawn();
  const id = processOf(child.pid)!;
  const { code, stderr } = await watch(child.pid, () => child.kill("SIGKILL"));
  await child.status;
  assertEquals(code, 0);
  assertMatch(stderr, new RegExp(`^process ${child.pid}: has ended\n`));
  assertMatch(stderr, new RegExp(` ${child.pid} .* sleep\n`));
  assert(!isAlive(id));
});

Deno.test(
  "profile ends the watch and leaves the process alone when it gets a signal",
  { ignore },
  async () => {
    const child = new Deno.Command("sleep", { args: ["600"] }).spawn();
    const { code, stderr } = await watch(
      child.pid,
      (profile) => profile.kill("SIGINT"),
    );
    assertEquals(code, 0);
    assertMatch(stderr, new RegExp(`^process ${child.pid}: watched\n`));
    assert(processOf(child.pid) !== undefined);
    child.kill("SIGKILL");
    await child.status;
  },
);

for (
  const [args, code, message] of [
    [
      ["--", "/no/such/program"],
      127,
      'Cannot run "/no/such/program" as it is not there',
    ],
    [
      ["--", "/etc/passwd"],
      126,
      'Cannot run "/etc/passwd" as it cannot be started',
    ],
    [
      ["--pid", "4194303"],
      1,
      "Cannot watch process 4194303 as it is not there",
    ],
    [[], 2, "either a command or --pid is needed: neither given"],
    [
      ["--pid", "1", "--", "true"],
      2,
      "either a command or --pid is needed: both given",
    ],
    [["--pid", "x"], 2, "--pid must be a process id: x"],
    [
      ["--interval", "0", "--", "true"],
      2,
      "--interval must be from 0.01 to 86400 seconds: 0",
    ],
    [["--intervall", "1", "--", "true"], 2, 'there is no option "--intervall"'],
    [
      ["--record", "/no/such/folder/r", "--", "true"],
      2,
      '"/no/such/folder/r" cannot be written',
    ],
    [
      ["--plot", "p.gif", "--", "true"],
      2,
      '--plot must end in .png, .svg or .pdf: "p.gif"',
    ],
  ] as const
) {
  Deno.test(
    `profile ends with ${code} when asked: ${args.join(" ") || "nothing"}`,
    { ignore },
    async () => {
      const result = await profile(...args);
      assertEquals([result.code, result.stdout], [code, ""]);
      assertStringIncludes(result.stderr, message);
    },
  );
}

Deno.test(
  "profile shows one line that is renewed, and then the summary, on a terminal",
  {
    ignore: ignore || !have("script"),
  },
  async () => {
    await using dir = await tempDir();
    const record = `${dir.path}/r.jsonl`;
    // It runs until it has been sampled some times.
    const load = await dir.write(
      "load.sh",
      `until [ "$(wc -l < ${record})" -gt 9 ]; do sleep 0.05; done`,
    );
    const command = [
      ...[Deno.execPath(), "run", "-A", SCRIPT, "--interval", "0.05"],
      ...["--record", record, "sh", load],
    ].join(" ");
    const { code, stdout } = await new Deno.Command("script", {
      args: ["-qec", command, "/dev/null"],
      stdin: "null",
    }).output();
    const text = new TextDecoder().decode(stdout).replaceAll("\r\n", "\n");
    assertEquals(code, 0);
    const shown = text.split("\r\x1b[K").slice(1);
    assertGreater(shown.length, 1);
    for (const line of shown.slice(0, -1)) {
      assertMatch(line, /^[\d.]+ s {2}CPU .* memory .* process.* read/);
      assert(!line.includes("\n") && line.length < 80);
    }
    assertMatch(shown.at(-1)!, /^sh \S+load.sh: exit status 0\n/);
  },
);

Deno.test("profile prints its help", async () => {
  const { code, stdout } = await profile("--help");
  assertEquals(code, 0);
  for (const flag of ["--interval", "--record", "--plot", "--pid", "--quiet"]) {
    assertStringIncludes(stdout, flag);
  }
});

Deno.test("formatSummary() says so when nothing was sampled", () => {
  const facts = {
    title: "true",
    outcome: "exit status 0",
    wall: 0.001,
    interval: 0.2,
    sinceFirst: false,
    canSee: true,
  };
  assertEquals(
    formatSummary(new TreeSummary(1), facts),
    "true: exit status 0\n  wall time         0.00 s\n  resources         not measured: the command ended before it was seen\n",
  );
});

Deno.test("formatSummary() says so when no other process could be looked at", () => {
  const facts = {
    title: "true",
    outcome: "exit status 0",
    wall: 0.001,
    interval: 0.2,
    sinceFirst: false,
    canSee: false,
  };
  assertEquals(
    formatSummary(new TreeSummary(1), facts),
    "true: exit status 0\n  wall time         0.00 s\n  resources         not measured: other processes cannot be looked at here\n",
  );
});
