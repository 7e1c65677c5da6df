/**
 * What tests of metrics share: an executor's metrics, and ways to look at them.
 *
 * @module
 */
import { assertLessOrEqual } from "./assert.ts";
import { Metrics, type MetricsOptions } from "../profiler/metrics.ts";
import type { Collection } from "../profiler/record.ts";
import { EPOCH } from "./fixtures/call_stats.ts";
import {
  fakeCollection,
  fakeRunning,
  fakeSample,
  fakeTree,
} from "./fixtures/collections.ts";
import { parseText, select, type TextSeries } from "./prometheus_text.ts";

/** Metrics of an executor with two workers. */
export function metricsOf(options: Partial<MetricsOptions> = {}): Metrics {
  return new Metrics({
    executorId: "1a2b3c-0",
    backend: "process",
    workers: 2,
    cores: 2,
    hostName: "here",
    ...options,
  });
}

/** The series of a text; with a collection, after it. */
export async function seriesOf(
  metrics: Metrics,
  collection?: Collection,
): Promise<TextSeries[]> {
  if (collection !== undefined) metrics.collect(collection);
  return parseText(await metrics.text());
}

/** The value of the one series that a metric has with these labels. */
export function valueOf(
  series: readonly TextSeries[],
  name: string,
  labels?: Record<string, string>,
): number | undefined {
  const found = select(series, name, labels);
  assertLessOrEqual(found.length, 1, `${name}: ${found.length} series`);
  return found[0]?.value;
}

/** A collection of `count` workers of one process each; the later, the busier. */
export function crowd(
  count: number,
  partial: Partial<Collection> = {},
): Collection {
  const numbers = Array.from({ length: count }, (_, i) => i);
  return fakeCollection({
    processes: numbers.map((i) =>
      fakeSample({
        worker_id: i,
        pid: 1000 + i,
        call_id: String(i).padStart(5, "0"),
        cpu_percent: i,
        cpu_user_time: 1,
      })
    ),
    trees: numbers.map((i) =>
      fakeTree({
        worker_id: i,
        pid: 1000 + i,
        calls: [fakeRunning(i, EPOCH - i)],
        cpu_percent: i,
      })
    ),
    ...partial,
  });
}
