/**
 * `deno task compile`: stand-alone binaries of the command line and of one example, in `dist/`.
 *
 * @module
 */

/** What code loads by a path that `deno compile` cannot see, when it is first needed. */
export const INCLUDED: readonly string[] = [
  "plot/mod.ts",
  "plot/live.ts",
  "plot/usage_file.ts",
  "executor/backends/redis/home.ts",
  "executor/backends/redis/host.ts",
  "executor/backends/redis/pool.ts",
  "profiler/heir_entry.ts",
  "profiler/sampler.ts",
  "profiler/sampler_entry.ts",
  "profiler/telemetry.ts",
];

/** What is compiled, by the name of its binary. */
const PROGRAMS: Record<string, string> = {
  lithoscope: "cli.ts",
  quickstart: "examples/01_quickstart.ts",
};

const ROOT = new URL("../", import.meta.url);

/**
 * The tests of a package behind prom-client. Among them is a file of 100,000 numbers that Deno 2.9 takes for one
 * expression, and overflows its stack over (`bintrees/test/perf/100k`).
 */
async function poison(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "profiler/telemetry.ts"],
    cwd: ROOT,
  }).output();
  const { npmPackages } = JSON.parse(new TextDecoder().decode(stdout)) as {
    npmPackages: Record<string, { name: string; localPath: string }>;
  };
  const { localPath } = Object.values(npmPackages)
    .find(({ name }) => name === "bintrees")!;
  return `${localPath}/test`;
}

/** The flags of `deno compile` for a program that uses all of Lithoscope. */
export async function compileFlags(): Promise<string[]> {
  return [
    ...["--allow-all", "--exclude-unused-npm", "--exclude", await poison()],
    ...INCLUDED.flatMap((path) => ["--include", path]),
  ];
}

async function main(): Promise<number> {
  const flags = await compileFlags();
  for (const [name, program] of Object.entries(PROGRAMS)) {
    const { code } = await new Deno.Command(Deno.execPath(), {
      args: ["compile", ...flags, "--output", `dist/${name}`, program],
      cwd: ROOT,
    }).spawn().status;
    if (code !== 0) return code;
  }
  return 0;
}

if (import.meta.main) Deno.exitCode = await main();
