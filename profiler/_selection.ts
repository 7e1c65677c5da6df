/**
 * Which series go out where there are more than one push may hold: the important ones, then the busiest; the others as a
 * sum.
 *
 * @module
 */
import type { Labels, Series } from "./_families.ts";

/** Series that go out together, or not at all. */
export interface Block {
  /** What it is about; the same from collection to collection. */
  id: string;
  /** What is counted when it is left out. */
  kind: string;
  /** Lower ones go out first. */
  tier: number;
  /** Of one tier, higher ones go out first. */
  score: number;
  /** Labels that all its series have. */
  labels: Labels;
  /** Labels of the sum that it is part of when left out; `null` for none. */
  other: Labels | null;
  /** When what it is about began, in seconds since the epoch; `null` if that is not known. */
  startedAt: number | null;
  /** Its series. */
  series: Series[];
}

/** Order of importance: what is told of all, then the busiest trees and processes in every detail. */
export const TIER = {
  all: 0,
  host: 1,
  tree: 2,
  running: 3,
  detail: 4,
  group: 5,
} as const;

/** A block that is part of no sum. */
export function plain(
  id: string,
  kind: string,
  tier: number,
  labels: Labels,
  series: Series[],
): Block {
  return {
    id,
    kind,
    tier,
    score: 0,
    labels,
    other: null,
    startedAt: null,
    series,
  };
}

/** What goes out. */
export interface Selection {
  /** The series, sums of what was left out among them. */
  series: Series[];
  /** Series that were left out, by kind. */
  leftOut: Map<string, number>;
}

/** How much more the others must use to take the place of one that goes out already: lines that come and go help nobody. */
const LOYALTY = 1.5;

/** Chooses, collection by collection. */
export class Selector {
  #shown = new Set<string>();
  /** Counters of all blocks at the last collection, to tell what was added since. */
  #before = new Map<string, Map<string, number>>();
  /** When the last collection began. */
  #lastAt = Infinity;
  /** Counters of what is left out, added up while it was. */
  readonly #sums = new Map<string, number>();

  /** Chooses at most `budget` series from a collection that began at `tstamp`. */
  choose(blocks: readonly Block[], budget: number, tstamp: number): Selection {
    const score = (block: Block) =>
      this.#shown.has(block.id) ? block.score * LOYALTY : block.score;
    const ranked = [...blocks].sort((a, b) =>
      a.tier - b.tier || score(b) - score(a)
    );
    const size = blocks.reduce((sum, { series }) => sum + series.length, 0);
    let room = Math.max(0, budget);
    const sumsSize = size > room ? sumsOf(blocks).size : 0;
    const hasSums = sumsSize <= room;
    if (hasSums) room -= sumsSize;
    const chosen: Block[] = [];
    const others: Block[] = [];
    const leftOut = new Map<string, number>();
    for (const block of ranked) {
      if (block.series.length <= room) {
        room -= block.series.length;
        chosen.push(block);
      } else {
        others.push(block);
        leftOut.set(
          block.kind,
          (leftOut.get(block.kind) ?? 0) + block.series.length,
        );
      }
    }
    const sums = hasSums ? this.#addUp(others) : [];
    this.#remember(blocks, tstamp);
    this.#shown = new Set(chosen.map(({ id }) => id));
    return {
      series: [...chosen.flatMap(({ series }) => series), ...sums],
      leftOut,
    };
  }

  /**
   * Gauges as their sum. Counters as what was added while left out: a sum of counters would fall, and look like a
   * restart, whenever one of them leaves it.
   */
  #addUp(others: readonly Block[]): Series[] {
    const sums = new Map<string, { at: Series; value: number }>();
    for (const block of others) {
      const before = this.#before.get(block.id);
      // What was never seen before counts from its start, if that was after the last collection.
      const fromStart = before === undefined && block.startedAt !== null &&
        block.startedAt > this.#lastAt;
      for (const [key, at, own] of summed(block)) {
        let value = own.value;
        if (own.family.type === "counter") {
          const then = before?.get(key) ?? (fromStart ? 0 : value);
          const total = (this.#sums.get(key) ?? 0) + Math.max(0, value - then);
          this.#sums.set(key, total);
          value = 0; // told below, once for all
        }
        const sum = sums.get(key);
        if (sum === undefined) sums.set(key, { at, value });
        else sum.value += value;
      }
    }
    return [...sums].map(([key, { at, value }]) => ({
      ...at,
      value: at.family.type === "counter" ? this.#sums.get(key)! : value,
    }));
  }

  #remember(blocks: readonly Block[], tstamp: number): void {
    this.#lastAt = tstamp;
    this.#before = new Map();
    for (const block of blocks) {
      if (block.other === null) continue;
      const values = new Map<string, number>();
      for (const [key, , { family, value }] of summed(block)) {
        if (family.type === "counter") values.set(key, value);
      }
      this.#before.set(block.id, values);
    }
  }
}

/** The series of a block that add up: the key and the labels of each in the sum, and itself. */
function* summed(
  { series, labels, other }: Block,
): Generator<[key: string, at: Series, own: Series]> {
  if (other === null) return;
  for (const own of series) {
    if (!own.family.adds) continue;
    const extra = Object.entries(own.labels).filter(([name]) =>
      !(name in labels)
    );
    const all = { ...other, ...Object.fromEntries(extra) };
    const key = `${own.family.name} ${JSON.stringify(all)}`;
    yield [key, { family: own.family, labels: all, value: 0 }, own];
  }
}

/** Keys of all sums that these blocks can make. */
function sumsOf(blocks: readonly Block[]): Set<string> {
  const keys = new Set<string>();
  for (const block of blocks) for (const [key] of summed(block)) keys.add(key);
  return keys;
}
