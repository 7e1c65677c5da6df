/**
 * Rounds of `chaos_test.ts`, one after the other, for as long as one likes: `deno task soak [--minutes=10] [--seed=N]`.
 *
 * Each round has an executor of its own, on each backend in turn. It ends with exit code 1 as soon as an answer is wrong,
 * a future does not settle, or a process or thread is left, and names the seed of that round; and at the end
 * if the memory of this process has grown.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { say } from "../bench/_table.ts";
import { openChaosSite } from "./chaos_site.ts";
import { within } from "./executors.ts";
import {
  type MonkeyBackend,
  type Outcome,
  play,
  randomFrom,
  seedOf,
} from "./monkey.ts";
import { leftBy, untilThreadsGone, workerThreads } from "./processes.ts";
import { HAVE_REDIS } from "./redis.ts";
import { tempDir } from "./temp_dir.ts";

/** Seconds that one round may take. */
const LIMIT = 180;
/** The last three tenths may have so many times the memory of the three before, each at its lowest. */
const GROWTH = 1.1;
const MIB = 2 ** 20;

/** Memory of this process in MiB, garbage left out where it can be: all of it, and what is alive in the heap. */
function memory(): { rss: number; alive: number } {
  (globalThis as { gc?: () => void }).gc?.();
  const { rss, heapUsed, external } = Deno.memoryUsage();
  return { rss: rss / MIB, alive: (heapUsed + external) / MIB };
}

async function playRound(
  seed: number,
  backend: MonkeyBackend,
): Promise<Outcome> {
  // Of its own: a call that was given to two hosts may run once more when all has been answered.
  await using folder = await tempDir();
  const diary = `${folder.path}/diary`;
  const threads = workerThreads();
  let outcome!: Outcome;
  const left = await leftBy(async () => {
    const round = {
      seed,
      backend,
      calls: 2000,
      tricks: 40,
      mischief: 3,
      diary,
    };
    if (backend === "redis") {
      await using site = await openChaosSite();
      outcome = await within(play({ ...round, site }), LIMIT);
    } else outcome = await within(play(round), LIMIT);
  });
  const found = [
    ...left.map(({ pid }) => `process ${pid}`),
    ...(await untilThreadsGone(
      workerThreads().filter((tid) => !threads.includes(tid)),
    )).map((tid) => `thread ${tid}`),
  ];
  if (found.length > 0) throw new Error(`Left behind: ${found.join(", ")}`);
  return outcome;
}

function add(into: Record<string, number>, more: Record<string, number>) {
  for (const [name, count] of Object.entries(more)) {
    into[name] = (into[name] ?? 0) + count;
  }
}

function listed(counts: Record<string, number>): string {
  return Object.entries(counts).map(([name, count]) => `${count} ${name}`)
    .join(", ");
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "10" },
      seed: { type: "string" },
    },
  });
  const seconds = Number(values.minutes) * 60;
  if (!(seconds > 0)) {
    throw new RangeError(
      `Cannot soak as --minutes must be a positive number: ${values.minutes}`,
    );
  }
  const first = values.seed === undefined ? seedOf() : Number(values.seed);
  const seeds = randomFrom(first);
  say(`Soaking for ${seconds} s, seed ${first}`);
  const began = performance.now();
  const tricks: Record<string, number> = {}, failures: typeof tricks = {};
  const tenths: number[] = [];
  const backends: MonkeyBackend[] = HAVE_REDIS
    ? ["process", "thread", "redis"]
    : ["process", "thread"];
  let rounds = 0, workers = 0;
  for (let passed = 0; passed < seconds;) {
    const backend = backends[rounds % backends.length]!;
    const seed = Math.floor(seeds() * 2 ** 32);
    try {
      const outcome = await playRound(seed, backend);
      add(tricks, outcome.tricks);
      add(failures, outcome.failures);
      workers += outcome.started;
    } catch (error) {
      say(`Round ${rounds} failed: LITHOSCOPE_SEED=${seed} on ${backend}`);
      throw error;
    }
    rounds++;
    passed = (performance.now() - began) / 1000;
    while (tenths.length < Math.min(10, Math.floor(passed / seconds * 10))) {
      const { rss, alive } = memory();
      tenths.push(rss);
      say(
        `${passed.toFixed(0)} s: ${rounds} rounds, ${workers} workers, RSS ${
          rss.toFixed(1)
        } MiB, alive in the heap ${alive.toFixed(1)} MiB`,
      );
    }
  }
  say(`${rounds * 2000} calls, each with the right answer, once`);
  say(`${workers} workers, all gone; the monkey: ${listed(tricks)}`);
  say(`attempts that failed and were made again: ${listed(failures)}`);
  const growth = Math.min(...tenths.slice(7)) / Math.min(...tenths.slice(4, 7));
  say(
    `RSS, lowest of the last 3 tenths : of the 3 before: ${growth.toFixed(3)}`,
  );
  if (growth > GROWTH) throw new Error("The memory of this process has grown");
}
