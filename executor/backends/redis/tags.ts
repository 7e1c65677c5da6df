/**
 * What machines have, and calls may require.
 *
 * @module
 */

/** What a tag looks like. */
export const TAG = /^[\w.-]{1,64}$/;

/** Tags of a worker at most: it serves a queue for each combination. */
export const MOST_TAGS = 5;

/** Every set of tags that a worker with all of these can serve. */
export function combinations(tags: readonly string[]): string[][] {
  return [...new Set(tags)].reduce<string[][]>(
    (sets, tag) => [...sets, ...sets.map((set) => [...set, tag])],
    [[]],
  );
}
