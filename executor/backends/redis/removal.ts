/**
 * Removes what Redis keeps of a run.
 *
 * @module
 */
import type { Redis } from "../_bullmq.ts";
import type { Keys } from "./protocol.ts";

/** Removes all keys of the run of this id. */
export async function removeRun(
  redis: Redis,
  keys: Keys,
  id: string,
): Promise<void> {
  const run = keys.run(id);
  const found = [run];
  const match = `${escapePattern(run)}:*`;
  for await (const some of redis.scanStream({ match, count: 1000 })) {
    found.push(...some as string[]);
  }
  await redis.unlink(found);
}

/** A name as a pattern that it alone fits. */
function escapePattern(name: string): string {
  return name.replace(/[*?[\]\\]/g, "\\$&");
}
