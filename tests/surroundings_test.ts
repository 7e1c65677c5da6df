/**
 * Where something is missing that is always there (temporary folders, memory for files, a PATH, a shell), a run goes on
 * without it, or ends with an error that says what is missing; nothing hangs, nothing is left.
 *
 * @module
 */
import { assertEquals, assertMatch } from "./assert.ts";
import { within } from "./executors.ts";
import { processesWithEnv, untilGone } from "./processes.ts";
import { tempDir } from "./temp_dir.ts";

const SCRIPT = new URL("fixtures/surrounded.ts", import.meta.url).href;

interface Surroundings {
  /** Variables of the environment. */
  env?: Record<string, string>;
  /** Variables that are taken away. */
  without?: string[];
  /** Commands that are run first, with mounts of their own. */
  mounts?: string;
  /** Options of the executor. */
  options?: object;
}

/** Runs the script where things are as told; what it said, and its lines on stderr without the time. */
async function run(
  { env = {}, without = [], mounts, options = {} }: Surroundings,
): Promise<[said: unknown, lines: string[]]> {
  const mark = crypto.randomUUID();
  const deno = [Deno.execPath(), "run", "-A", "--quiet", SCRIPT];
  const variables = Object.entries({
    LITHOSCOPE_TEST_MARK: mark,
    NO_COLOR: "1",
    ...env,
  }).map(([name, value]) => `${name}=${value}`);
  const command = [
    "/usr/bin/env",
    ...without.flatMap((name) => ["-u", name]),
    ...variables,
    ...deno,
    JSON.stringify(options),
  ];
  const whole = mounts === undefined
    ? command
    : ["unshare", "-m", "sh", "-c", `${mounts}; exec "$@"`, "sh", ...command];
  const child = new Deno.Command(whole[0]!, {
    args: whole.slice(1),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const { code, stdout, stderr } = await within(child.output());
  const text = new TextDecoder().decode(stderr);
  assertEquals(code, 0, text);
  const left = processesWithEnv(`LITHOSCOPE_TEST_MARK=${mark}`);
  assertEquals(await untilGone(left), []);
  const lines = text.split("\n").filter((line) => line !== "")
    .map((line) => line.replace(/^\S+ \S+ /, ""));
  return [JSON.parse(new TextDecoder().decode(stdout)), lines];
}

/** Whether mounts of one's own may be made here. */
function canMount(): boolean {
  try {
    const script = "mount -t tmpfs none /dev/shm";
    return new Deno.Command("unshare", {
      args: ["-m", "sh", "-c", script],
      stdout: "null",
      stderr: "null",
    }).outputSync().success;
  } catch {
    return false;
  }
}
const MOUNTS = { ignore: !canMount() };

const RESULTS = [2, 3, 4];

Deno.test("a temporary folder that is not there fails the calls that need one, and says so [process]", async () => {
  const env = { TMPDIR: "/no/such/folder" };
  const [said, lines] = await run({ env, options: { permissions: "none" } });
  const why =
    /Cannot start workers as the folder for temporary files \(TMPDIR, or \/tmp\) must be there and take some: No such file/;
  assertMatch(said as string, why);
  for (const line of lines) assertMatch(line, why);
  assertEquals((await run({ env }))[0], RESULTS);
});

Deno.test("a temporary folder with a name too long for a socket fails the calls, and is left empty [process]", async () => {
  await using folder = await tempDir();
  const long = `${folder.path}/${"x".repeat(100)}`;
  await Deno.mkdir(long);
  const [said] = await run({
    env: { TMPDIR: long },
    options: { permissions: "none" },
  });
  assertMatch(
    said as string,
    /a socket must fit into "\/.*x{100}\/lithoscope-/,
  );
  assertEquals([...Deno.readDirSync(long)], []);
});

Deno.test("a PATH that leads nowhere and a HOME that is not there do no harm [process]", async () => {
  await using folder = await tempDir();
  const env = { PATH: "/no/such/folder", TMPDIR: folder.path };
  for (const options of [{}, { permissions: "none" }]) {
    assertEquals(await run({ env, without: ["HOME"], options }), [RESULTS, []]);
  }
  assertEquals([...Deno.readDirSync(folder.path)], []);
});

const FILL = "head -c 100000 /dev/zero >$0 2>/dev/null";
const fill = (folder: string) => FILL.replace("$0", `${folder}/full`);

for (
  const [what, mounts] of [
    ["may not be written", "mount -t tmpfs -o ro none /dev/shm"],
    [
      "is full",
      `mount -t tmpfs -o size=4k none /dev/shm; ${fill("/dev/shm")}`,
    ],
    ["takes no more files", "mount -t tmpfs -o nr_inodes=2 none /dev/shm"],
    ["is small", "mount -t tmpfs -o size=100k none /dev/shm"],
  ] as const
) {
  Deno.test(
    `shared memory that ${what} does no harm [process]`,
    MOUNTS,
    async () => {
      await using folder = await tempDir();
      const env = { TMPDIR: folder.path };
      assertEquals(await run({ env, mounts }), [RESULTS, []]);
      assertEquals([...Deno.readDirSync(folder.path)], []);
    },
  );
}

Deno.test(
  "no room in memory and on disk fails the calls, and says so [process]",
  MOUNTS,
  async () => {
    await using folder = await tempDir();
    const small = "mount -t tmpfs -o size=4k none";
    const [said] = await run({
      env: { TMPDIR: folder.path },
      mounts: `${small} /dev/shm; ${small} '${folder.path}'; ${
        fill("/dev/shm")
      }; ${fill(folder.path)}`,
    });
    assertMatch(said as string, /No space left on device/);
  },
);

Deno.test(
  "without a shell workers run, and a warning says what nobody watches over [process]",
  MOUNTS,
  async () => {
    await using folder = await tempDir();
    const env = { TMPDIR: folder.path };
    const empty = await folder.write("empty", "");
    const [said, lines] = await run({
      env,
      mounts: `mount --bind '${empty}' /bin/sh`,
      options: { permissions: "none" },
    });
    assertEquals([said, lines.length], [RESULTS, 1]);
    assertMatch(
      lines[0]!,
      /^\[WARNING\] Nobody watches over the workers, as that takes \/bin\/sh: /,
    );
    assertEquals([...Deno.readDirSync(folder.path)].length, 1);
  },
);
