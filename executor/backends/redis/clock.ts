/**
 * How the clock of this machine stands to that of Redis, by which those of all machines can be compared.
 *
 * @module
 */
import { epochMillis } from "../../worker/protocol.ts";
import type { ClockReading } from "./protocol.ts";

/** Questions asked; the answer that came soonest counts. */
const PROBES = 5;

/** Nothing is known yet. */
export const NO_READING: ClockReading = { offset: 0, error: Infinity };

/** Asks Redis what time it is. */
export interface Timekeeper {
  /** Seconds and microseconds. */
  time(): Promise<(number | string)[]>;
}

/** Milliseconds to add to an instant of this machine to get that of Redis, and how far off that may be. */
export async function readClock(redis: Timekeeper): Promise<ClockReading> {
  let best = NO_READING;
  for (let probe = 0; probe < PROBES; probe++) {
    const asked = epochMillis();
    const [seconds, micros] = await redis.time();
    const answered = epochMillis();
    const error = (answered - asked) / 2;
    if (error >= best.error) continue;
    const there = Number(seconds) * 1000 + Number(micros) / 1000;
    best = { offset: there - (asked + error), error };
  }
  return best;
}

/** Asks again. While the answers agree the more exact one is kept, so that instants do not jump by what is not known. */
export async function readClockAgain(
  redis: Timekeeper,
  before: ClockReading,
): Promise<ClockReading> {
  const now = await readClock(redis);
  return clockOffset(now, before) === 0 && before.error < now.error
    ? before
    : now;
}

/** Milliseconds to add to an instant of `theirs` to get it on `ours`; 0 where the difference is within the error. */
export function clockOffset(theirs: ClockReading, ours: ClockReading): number {
  const offset = theirs.offset - ours.offset;
  return Math.abs(offset) <= theirs.error + ours.error ? 0 : offset;
}
