/**
 * Who may use a prefix: all who speak one protocol and share one secret. Whoever does not is told so at the start, before
 * anything of theirs gets in the way of others.
 *
 * @module
 */
import type { Redis } from "../_bullmq.ts";
import { keysOf, REDIS_PROTOCOL } from "./protocol.ts";
import type { Seal } from "./seal.ts";

/** Seconds for which the gate stays as it is after the last who came through, or kept it open. */
const KEPT = 60;

/** Who comes, and with what. */
export interface GateOptions {
  /** Put before every key. */
  prefix: string;
  /** The secret. */
  seal: Seal;
  /** Where Redis is, for messages. */
  where: string;
  /** What comes. */
  as: "script" | "worker";
}

/** Enters a prefix, or keeps the place there. Rejects if others use it with another protocol or another secret. */
export async function enterGate(
  redis: Redis,
  { prefix, seal, where, as }: GateOptions,
): Promise<void> {
  const { gate } = keysOf(prefix);
  const check = seal.check(prefix);
  await redis.hsetnx(gate, "protocol", REDIS_PROTOCOL);
  await redis.hsetnx(gate, "check", check);
  const { protocol, check: theirs } = await redis.hgetall(gate);
  const what = `Cannot use "${prefix}" at ${where} as`;
  if (protocol !== `${REDIS_PROTOCOL}`) {
    throw new Error(
      `${what} it is in use with protocol ${protocol}: this ${as} speaks protocol ${REDIS_PROTOCOL}`,
    );
  }
  if (theirs !== check) {
    throw new Error(
      theirs === "unsigned"
        ? `${what} calls are not signed there: this ${as} has a secret, others have none`
        : seal.signs
        ? `${what} the secret is another one there: this ${as} must be given the same`
        : `${what} calls are signed there: give this ${as} the secret, by LITHOSCOPE_REDIS_SECRET or redis.secret`,
    );
  }
  await redis.expire(gate, KEPT);
}
