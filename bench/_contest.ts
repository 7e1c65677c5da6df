/**
 * Contestants side by side: each is a process of its own that does what it is asked for by JSON lines (peers/drive.mjs
 * has the other end), turn by turn in the same run, so that whatever else the machine does falls on all of them.
 *
 * @module
 */
import { untilIdle } from "./_machine.ts";

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

/** Longest answer to wait for, in milliseconds. */
const PATIENCE = 120_000;

/** A contestant that runs. */
class Running {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: AsyncIterator<string>;

  constructor([program, ...args]: string[], cwd: string | undefined) {
    this.#child = new Deno.Command(program!, {
      args,
      ...(cwd === undefined ? {} : { cwd }),
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#lines = linesOf(this.#child.stdout);
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
    if (done) throw new Error("it ended");
    return JSON.parse(value);
  }

  async close(): Promise<void> {
    const late = setTimeout(() => this.#child.kill("SIGKILL"), 5000);
    await this.#writer.close().catch(() => {});
    await this.#child.status;
    clearTimeout(late);
    await this.#lines.return?.();
  }
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
 * Lets all contestants do each of `deeds` once to get warm, then `rounds` times each in turn; gives the times by name,
 * in the order of the deeds.
 */
export async function contest(
  contestants: readonly Contestant[],
  deeds: readonly Deed[],
  rounds: number,
): Promise<Map<string, Times[]>> {
  const times = new Map<string, Times[]>();
  const running = new Map<string, Running>();
  for (const { name, command, cwd } of contestants) {
    const absent = typeof command === "string" ? command : undefined;
    times.set(name, deeds.map(() => absent ?? []));
    if (typeof command === "string") continue;
    try {
      const contestant = new Running(command, cwd);
      running.set(name, contestant);
      await contestant.answer();
    } catch (error) {
      times.set(name, deeds.map(() => `absent: ${(error as Error).message}`));
    }
  }
  try {
    for (let round = -1; round < rounds; round++) {
      await untilIdle(round < 0 ? 0 : 10);
      for (const [name, contestant] of running) {
        const all = times.get(name)!;
        for (const [i, deed] of deeds.entries()) {
          const known = all[i]!;
          if (typeof known === "string") continue;
          try {
            const seconds = await contestant.ask(deed);
            if (round >= 0) known.push(seconds);
          } catch (error) {
            all[i] = (error as Error).message;
          }
        }
      }
    }
  } finally {
    await Promise.all([...running.values()].map((each) => each.close()));
  }
  return times;
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
      }).spawn();
      const reader = child.stdout.getReader();
      const first = await reader.read();
      const seconds = (performance.now() - began) / 1000;
      while (!(await reader.read()).done);
      await child.status;
      if (first.done) times.set(name, "it ended without an answer");
      else if (round >= 0) {
        const known = times.get(name) ?? [];
        if (typeof known !== "string") times.set(name, [...known, seconds]);
      }
    }
  }
  return times;
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
