/**
 * How the clock of this machine stands to that of Redis, by which those of all machines can be compared.
 *
 * @module
 */
import { epochMillis } from "../../worker/protocol.ts";
import type { ClockReading } from "./protocol.ts";

/** Questions asked; the answer that came soonest counts. */
const PROBES = 5;

/** Asks Redis what time it is. */
export interface Timekeeper {
  /** Seconds and microseconds. */
  time(): Promise<(number | string)[]>;
}

/** Milliseconds to add to an instant of this machine to get that of Redis, and how far off that may be. */
export async function readClock(redis: Timekeeper): Promise<ClockReading> {
  let best: ClockReading = { offset: 0, error: Infinity };
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

/** Milliseconds to add to an instant of `theirs` to get it on `ours`; 0 where the difference is within the error. */
export function clockOffset(theirs: ClockReading, ours: ClockReading): number {
  const offset = theirs.offset - ours.offset;
  return Math.abs(offset) <= theirs.error + ours.error ? 0 : offset;
}
