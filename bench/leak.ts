/**
 * What a long life leaves in the host's memory: 200,000 calls, and 1,000 workers that were replaced.
 *
 * @module
 */
import { type Bench, sayTarget } from "./_bench.ts";
import { complaintIn } from "./_contest.ts";
import { deno } from "./_peers.ts";
import { say, sayTable } from "./_table.ts";

const MIB = 2 ** 20;

/** What runs, and how many of it. */
const LIVES: readonly [
  name: string,
  backend: "process" | "thread",
  mode: "calls" | "retired" | "killed" | "bare",
  count: number,
][] = [
  ["calls, processes", "process", "calls", 200_000],
  ["calls, threads", "thread", "calls", 200_000],
  ["processes retired", "process", "retired", 1000],
  ["processes that died", "process", "killed", 1000],
  ["threads retired", "thread", "retired", 1000],
  ["threads that died", "thread", "killed", 1000],
  ["bare web workers", "thread", "bare", 1000],
];

/** What peers/leak.ts answers. */
interface Life {
  /** Bytes that were resident after each tenth. */
  resident: number[];
  /** Workers that were started. */
  workers: number;
}

async function live(...args: string[]): Promise<Life | string> {
  const { command } = deno("", "leak.ts", ...args);
  const [program, ...rest] = command as string[];
  const { success, stdout, stderr } = await new Deno.Command(program!, {
    args: rest.toSpliced(1, 0, "--v8-flags=--expose-gc"),
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(success ? stdout : stderr);
  return success ? JSON.parse(text) : complaintIn(text);
}

/** Runs it and writes its table: one life each, however many rounds there are, as it is long. */
export async function leak({ quick }: Bench): Promise<void> {
  say("### Executor: memory over time, MiB RSS of the host after each tenth\n");
  const rows: string[][] = [];
  const growths: [name: string, growth: number][] = [];
  for (const [name, backend, mode, whole] of LIVES) {
    const count = quick ? whole / 20 : whole;
    const life = await live(backend, mode, `${count}`);
    if (typeof life === "string") {
      say(`- ${name}: not measured: ${life}`, "");
      continue;
    }
    const { resident } = life;
    rows.push([
      `${count.toLocaleString("en-US")} ${name}`,
      ...resident.map((bytes) => (bytes / MIB).toFixed(0)),
    ]);
    growths.push([name, resident[9]! / resident[4]!]);
  }
  sayTable(["", ...Array.from({ length: 10 }, (_, i) => `${i + 1}`)], rows);
  say("");
  for (const [name, growth] of growths) {
    sayTarget(`${name}: last tenth : fifth`, growth, "<=", 1.05);
  }
}
