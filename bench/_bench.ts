/**
 * What all parts of the benchmark share: sizes, peers, and how a comparison is written.
 *
 * @module
 */
import { type Contestant, median, ratio, type Times } from "./_contest.ts";
import type { Peers } from "./_peers.ts";
import { figure, say, sayTable } from "./_table.ts";

/** How a part is to run. */
export interface Bench {
  /** The pools to measure beside. */
  peers: Peers;
  /** Repetitions of everything, in turn. */
  rounds: number;
  /** Small sizes, to see that everything works; the figures mean nothing then. */
  quick: boolean;
}

/** What a comparison is to show. */
export interface Comparison {
  /** In the order of the rows. */
  contestants: readonly Contestant[];
  /** Seconds of each round, by name. */
  times: ReadonlyMap<string, Times>;
  /** CPU seconds of each round, by name, and how many calls share them. @default {undefined} no such column */
  cpu?: { times: ReadonlyMap<string, number[]>; calls: number };
  /** Head of the column of figures. */
  unit: string;
  /** Makes seconds a figure in that unit. */
  toUnit: (seconds: number) => number;
  /** The contestants that all others are compared with. */
  ours: readonly string[];
}

/** Writes one row a contestant: median figure, range of it, and how many times as long as each of `ours` it took. */
export function sayComparison(comparison: Comparison): void {
  const { contestants, times, cpu, unit, toUnit, ours } = comparison;
  const rows = contestants.map(({ name }) => {
    const own = times.get(name)!;
    if (typeof own === "string") {
      return [name, "-", ...ours.map(() => "-"), ...(cpu ? ["-"] : []), own];
    }
    const figures = own.map(toUnit);
    return [
      name,
      figure(median(figures)),
      ...ours.map((our) => asTimes(ratio(own, times.get(our)!))),
      ...(cpu ? [figure(median(cpu.times.get(name)!) / cpu.calls * 1e6)] : []),
      `${figure(Math.min(...figures))}..${figure(Math.max(...figures))}`,
    ];
  });
  sayTable([
    "",
    unit,
    ...ours.map((our) => `time : ${our}`),
    ...(cpu ? ["CPU, us a call"] : []),
    "range",
  ], rows);
}

function asTimes(value: number): string {
  return Number.isFinite(value) ? `${figure(value)}x` : "-";
}

/** Writes whether a figure is where it should be. */
export function sayTarget(
  what: string,
  value: number,
  bound: ">=" | "<=",
  target: number,
): void {
  if (!Number.isFinite(value)) return say(`- ${what}: not measured`);
  const isMet = bound === ">=" ? value >= target : value <= target;
  say(
    `- ${what}: ${figure(value)} (target ${bound} ${target}): ${
      isMet ? "met" : "missed"
    }`,
  );
}
