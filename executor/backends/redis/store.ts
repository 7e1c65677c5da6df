/**
 * The script by which a worker host sends a message home, each outcome once, and ends the queue entries whose outcomes are
 * all stored then. It is one script so that an entry ends if and only if they are.
 *
 * @module
 */
import type { Redis } from "../_bullmq.ts";
import type { QueueEntry } from "./entry_worker.ts";
import { type Script, scriptOf } from "./turn_redis.ts";

/** What the script is called. */
const NAME = "lithoscopeStore";

/**
 * Appends a message to the stream of a run, unless all the calls in it are done already, then ends entries by BullMQ's own
 * script. Returns the names of large results that do not count, as one of their call was there before, nil if the run is
 * gone; and what ending each entry gave, nil where it failed.
 * KEYS: run, stream, bits, names of large results. ARGV: message, ttl, numbers of calls, of large results and of entries;
 * the calls; call and name of each large result; and of each entry how many of the arguments for ending it are not as
 * those of the one before, with place and value of each.
 */
const scriptFor = ({ lua, numberOfKeys }: Script) => `
local function store(calls, large)
  if redis.call("EXISTS", KEYS[1]) == 0 then return false end
  local fresh, isFresh, lost = 0, {}, {}
  for i = 6, calls + 5 do
    if redis.call("SETBIT", KEYS[3], ARGV[i], 1) == 0 then
      fresh = fresh + 1
      isFresh[ARGV[i]] = true
    end
  end
  if fresh < calls then redis.call("HINCRBY", KEYS[1], "duplicates", calls - fresh) end
  if fresh > 0 or calls == 0 then
    redis.call("XADD", KEYS[2], "*", "m", ARGV[1])
    redis.call("EXPIRE", KEYS[2], ARGV[2])
    redis.call("EXPIRE", KEYS[3], ARGV[2])
  end
  for i = calls + 6, calls + 2 * large + 5, 2 do
    if isFresh[ARGV[i]] then
      redis.call("HSET", KEYS[4], ARGV[i], ARGV[i + 1])
      redis.call("EXPIRE", KEYS[4], ARGV[2])
    elseif redis.call("HGET", KEYS[4], ARGV[i]) ~= ARGV[i + 1] then
      lost[#lost + 1] = ARGV[i + 1]
    end
  end
  return lost
end
local function finish(KEYS, ARGV)
${lua}
end
local calls, large, entries = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local lost, answers, keys, args = store(calls, large), {}, {}, {}
local at = calls + 2 * large + 6
for entry = 1, entries do
  local last = at + 2 * ARGV[at]
  for i = at + 1, last, 2 do
    local place = tonumber(ARGV[i])
    if place > ${numberOfKeys} then args[place - ${numberOfKeys}] = ARGV[i + 1]
    else keys[place] = ARGV[i + 1] end
  end
  at = last + 1
  local isDone, answer = pcall(finish, keys, args)
  answers[entry] = isDone and answer
end
return {lost, answers}`;

/** What {@linkcode store} writes. */
export interface Stored {
  /** The run, the stream, the bits, and the names of large results. */
  keys: [run: string, out: string, done: string, large: string];
  /** What the stream gets. */
  message: Uint8Array;
  /** Seconds that it is kept. */
  ttl: number;
  /** Calls whose outcomes it holds. */
  calls: readonly number[];
  /** Call and name of each large result. */
  large: readonly (readonly [call: number, name: string])[];
  /** Entries that end with it. */
  entries: readonly QueueEntry[];
}

/**
 * Writes a message and ends entries, on a connection that a worker of BullMQ uses, too: it is its script that ends them.
 * Returns the names of large results that do not count; `null` if the run is gone. What Redis refuses is not done at all.
 */
export async function store(
  redis: Redis,
  { keys, message, ttl, calls, large, entries }: Stored,
): Promise<string[] | null> {
  if (scriptOf(redis, NAME) === undefined) {
    const lua = scriptFor(scriptOf(redis, "moveToFinished")!);
    redis.defineCommand(NAME, { numberOfKeys: keys.length, lua });
  }
  const call = redis[NAME as keyof Redis] as unknown as (
    ...args: (string | number | Uint8Array)[]
  ) => Promise<[lost: string[] | null, answers: unknown[]]>;
  const [lost, answers] = await call.call(
    redis,
    ...keys,
    message,
    ttl,
    calls.length,
    large.length,
    entries.length,
    ...calls,
    ...large.flat(),
    ...changes(entries.map((entry) => entry.ending())),
  );
  entries.forEach((entry, i) => entry.ended(answers[i] ?? undefined));
  return lost;
}

/** Rows of arguments, each as what is not as in the row before. */
function changes(
  rows: readonly (string | Uint8Array)[][],
): (string | number | Uint8Array)[] {
  const all: (string | number | Uint8Array)[] = [];
  let before: (string | Uint8Array)[] = [];
  for (const row of rows) {
    const count = all.push(0) - 1;
    row.forEach((arg, i) => {
      if (arg !== before[i]) all.push(i + 1, arg);
    });
    all[count] = (all.length - count - 1) / 2;
    before = row;
  }
  return all;
}
