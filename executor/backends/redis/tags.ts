/**
 * What machines have, and calls may require.
 *
 * @module
 */

/** What a tag looks like. */
export const TAG = /^[\w.-]{1,64}$/;

/** Tags of a worker at most: it serves a queue for each combination. */
const MOST_TAGS = 5;

/** Every set of tags that a worker with all of these can serve. */
export function combinations(tags: readonly string[]): string[][] {
  return [...new Set(tags)].reduce<string[][]>(
    (sets, tag) => [...sets, ...sets.map((set) => [...set, tag])],
    [[]],
  );
}

/** Throws a `RangeError` if these are too many for a worker. */
export function checkTags(tags: readonly string[]): void {
  if (tags.length <= MOST_TAGS) return;
  throw new RangeError(
    `Cannot serve ${tags.length} tags as ${MOST_TAGS} is the most: ${
      tags.join(", ")
    }`,
  );
}
