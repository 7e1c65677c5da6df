/**
 * Contestants side by side: each is a process of its own that does what it is asked for by JSON lines (peers/drive.mjs
 * has the other end), turn by turn in the same run, so that whatever else the machine does falls on all of them.
 *
 * @module
 */
import { cpuOf, untilIdle } from "./_machine.ts";

/** Who takes part. */
export interface Contestant {
  name: string;
  /** The program and its arguments; a text instead says why there is none on this machine. */
  command: string[] | string;
  /** Folder to start it in. */
  cwd?: string;
}

/** What a contestant is asked to do. */
export interface Deed {
  deed: "noop" | "roundtrip" | "echo" | "spin";
  count: number;
  bytes?: number;
}

/** Seconds of each round, or why there are none. */
export type Times = number[] | string;

/** What came of a contest: by name, the times of each deed. */
export interface Outcome {
  /** Seconds that passed. */
  wall: Map<string, Times[]>;
  /** CPU seconds that the contestant and its workers used; these depend less on what else the machine does. */
  cpu: Map<string, number[][]>;
}

/** Longest answer to wait for, in milliseconds. */
const PATIENCE = 120_000;

/** A contestant that runs. */
class Running {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: AsyncIterator<string>;
  readonly #complaint: Promise<string>;

  constructor([program, ...args]: string[], cwd: string | undefined) {
    this.#child = new Deno.Command(program!, {
      args,
      ...(cwd === undefined ? {} : { cwd }),
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      env: { NO_COLOR: "1" },
    }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#lines = linesOf(this.#child.stdout);
    this.#complaint = firstError(this.#child.stderr);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Sends a deed and gives the seconds it took; throws what went wrong. */
  async ask(deed: Deed): Promise<number> {
    const line = JSON.stringify(deed) + "\n";
    await this.#writer.write(new TextEncoder().encode(line));
    const { seconds, error } = await this.answer();
    if (seconds === undefined) throw new Error(error ?? "no answer");
    return seconds;
  }

  /** The next line, as what it holds. */
  async answer(): Promise<{ seconds?: number; error?: string }> {
    const late = setTimeout(() => this.#child.kill("SIGKILL"), PATIENCE);
    const { done, value } = await this.#lines.next();
    clearTimeout(late);
    if (done) throw new Error(await this.#complaint);
    return JSON.parse(value);
  }

  async close(): Promise<void> {
    const late = setTimeout(() => this.#child.kill("SIGKILL"), 5000);
    await this.#writer.close().catch(() => {});
    await this.#child.status;
    clearTimeout(late);
    await this.#lines.return?.();
    await this.#complaint;
  }
}

async function firstError(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<string> {
  let text = "";
  for await (const part of stream.pipeThrough(new TextDecoderStream())) {
    text = (text + part).slice(0, 10_000);
  }
  return complaintIn(text);
}

/** The first error that a program names on stderr, cut where a table could not hold it. */
export function complaintIn(stderr: string): string {
  const line = stderr.match(/^.*Error: (.*)$/m)?.[1] ?? "it ended";
  return line.length > 60 ? `${line.slice(0, 60)}…` : line;
}

async function* linesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string, void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}

/**
 * Lets all contestants do each of `deeds` once to get warm, then `rounds` times each in turn; the times are in the order
 * of the deeds.
 */
export async function contest(
  contestants: readonly Contestant[],
  deeds: readonly Deed[],
  rounds: number,
): Promise<Outcome> {
  const wall = new Map<string, Times[]>();
  const cpu = new Map<string, number[][]>();
  const running = new Map<string, Running>();
  for (const { name, command, cwd } of contestants) {
    cpu.set(name, deeds.map(() => []));
    wall.set(name, deeds.map(() => typeof command === "string" ? command : []));
    if (typeof command === "string") continue;
    try {
      const contestant = new Running(command, cwd);
      running.set(name, contestant);
      await contestant.answer();
    } catch (error) {
      wall.set(name, deeds.map(() => `absent: ${(error as Error).message}`));
    }
  }
  try {
    for (let round = -1; round < rounds; round++) {
      await untilIdle(round < 0 ? 0 : 10);
      for (const [name, contestant] of running) {
        for (const [i, deed] of deeds.entries()) {
          const known = wall.get(name)![i]!;
          if (typeof known === "string") continue;
          try {
            const before = cpuOf(contestant.pid);
            const seconds = await contestant.ask(deed);
            if (round < 0) continue;
            known.push(seconds);
            cpu.get(name)![i]!.push(cpuOf(contestant.pid) - before);
          } catch (error) {
            wall.get(name)![i] = (error as Error).message;
          }
        }
      }
    }
  } finally {
    await Promise.all([...running.values()].map((each) => each.close()));
  }
  return { wall, cpu };
}

/** Deeds in a row of which the mean counts: V8 collects in every third or fourth of those that move much. */
const IN_A_ROW = 8;

/**
 * Each turn is one deed after a rest, in which the other contestants have had their turns and the host of a virtual machine
 * may have taken back what memory was free, and some more in a row. Gives the times of the first, and of the mean of the
 * others.
 */
export async function contestInARow(
  contestants: readonly Contestant[],
  deed: Deed,
  rounds: number,
): Promise<[rested: Map<string, Times>, working: Map<string, Times>]> {
  const deeds = new Array<Deed>(1 + IN_A_ROW).fill(deed);
  const { wall } = await contest(contestants, deeds, rounds);
  const working = [...wall].map(([name, all]) =>
    [name, mean(all.slice(1))] as const
  );
  return [ofDeed(wall, 0), new Map(working)];
}

/** The mean of each round, or why there is none. */
function mean(times: readonly Times[]): Times {
  const sums: number[] = [];
  for (const each of times) {
    if (typeof each === "string") return each;
    each.forEach((time, round) => sums[round] = (sums[round] ?? 0) + time);
  }
  return sums.map((sum) => sum / times.length);
}

/** The times of deed `i` alone. */
export function ofDeed<T>(
  times: ReadonlyMap<string, T[]>,
  i: number,
): Map<string, T> {
  return new Map([...times].map(([name, all]) => [name, all[i]!]));
}

/** Starts each contestant anew in every round; gives the seconds until its first line, by name. */
export async function startContest(
  contestants: readonly Contestant[],
  rounds: number,
): Promise<Map<string, Times>> {
  const times = new Map<string, Times>();
  for (let round = -1; round < rounds; round++) {
    await untilIdle(round < 0 ? 0 : 10);
    for (const { name, command, cwd } of contestants) {
      if (typeof command === "string") {
        times.set(name, command);
        continue;
      }
      const began = performance.now();
      const child = new Deno.Command(command[0]!, {
        args: command.slice(1),
        ...(cwd === undefined ? {} : { cwd }),
        stdin: "null",
        stdout: "piped",
        stderr: "null",
        detached: true,
      }).spawn();
      const reader = child.stdout.getReader();
      const first = await reader.read();
      const seconds = (performance.now() - began) / 1000;
      await endGroup(child);
      await reader.cancel();
      if (first.done) times.set(name, "it ended without an answer");
      else if (round >= 0) {
        const known = times.get(name) ?? [];
        if (typeof known !== "string") times.set(name, [...known, seconds]);
      }
    }
  }
  return times;
}

/** Gives a program a moment to end; then it and what it has left running, such as its workers, is ended. */
async function endGroup(child: Deno.ChildProcess): Promise<void> {
  const kill = () => {
    try {
      Deno.kill(-child.pid, "SIGKILL");
    } catch {
      // All have ended.
    }
  };
  const late = setTimeout(kill, 5000);
  await child.status;
  clearTimeout(late);
  kill();
}

/** The middle one of an odd number of values, the upper of the two in the middle of an even number. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

/** How many times as long as `ours` a peer took: the median of the ratios of each round. */
export function ratio(peer: Times, ours: Times): number {
  if (typeof peer === "string" || typeof ours === "string") return NaN;
  return median(peer.map((time, round) => time / ours[round]!));
}
