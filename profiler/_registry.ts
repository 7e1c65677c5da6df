/**
 * The only file that names prom-client: a registry of our own, whose metrics are counted up, or written anew for each
 * push.
 *
 * @module
 */
import { Counter, Gauge, Histogram, Registry } from "npm:prom-client@15.1.3";
import type { Family, Labels, Series } from "./_families.ts";

/** A count that only grows. */
export interface Count {
  /** Adds `by`. */
  inc(labels: Labels, by?: number): void;
}

/** How a value is spread. */
export interface Spread {
  /** Adds a value. */
  observe(labels: Labels, value: number): void;
}

/** A metric as documentation has it. */
export interface MetricDescription {
  /** Its name. */
  name: string;
  /** What kind of values it has. */
  type: "counter" | "gauge" | "histogram";
  /** What it is, with unit and source. */
  help: string;
  /** Labels that its series may have. */
  labels: readonly string[];
}

/** Metrics of one executor, apart from any other registry. */
export class MetricRegistry {
  readonly #registry = new Registry();
  readonly #lasting: string[] = [];
  readonly #described: MetricDescription[] = [];
  /** Metrics that are written anew for each push. */
  readonly #fresh = new Map<string, Gauge | Counter>();

  /** A metric that is counted up. */
  count(name: string, help: string, labelNames: readonly string[]): Count {
    this.#lasting.push(name);
    this.#described.push({ name, type: "counter", help, labels: labelNames });
    return new Counter({
      name,
      help,
      labelNames: [...labelNames],
      registers: [this.#registry],
    });
  }

  /** A metric with buckets. */
  spread(
    name: string,
    help: string,
    labelNames: readonly string[],
    buckets: readonly number[],
  ): Spread {
    this.#lasting.push(name);
    this.#described.push({ name, type: "histogram", help, labels: labelNames });
    return new Histogram({
      name,
      help,
      labelNames: [...labelNames],
      buckets: [...buckets],
      registers: [this.#registry],
    });
  }

  /** Makes metrics known that are written anew for each push. */
  define(families: readonly Family[]): void {
    for (const { name, type, help, labels } of families) {
      if (this.#fresh.has(name)) continue;
      this.#described.push({ name, type, help, labels });
      const config = {
        name,
        help,
        labelNames: [...labels],
        registers: [this.#registry],
      };
      this.#fresh.set(
        name,
        type === "counter" ? new Counter(config) : new Gauge(config),
      );
    }
  }

  /** All metrics, those without a value at this moment too. */
  describe(): readonly MetricDescription[] {
    return this.#described;
  }

  /** Number of series of the metrics that are counted up. */
  async lastingSeries(): Promise<number> {
    let count = 0;
    for (const name of this.#lasting) {
      const { values } = await this.#registry.getSingleMetric(name)!.get();
      count += values.length;
    }
    return count;
  }

  /** All metrics in the text format, those of `series` with these values and no other. */
  async text(series: Iterable<Series>): Promise<string> {
    const used = new Set<string>();
    for (const { family: { name }, labels, value } of series) {
      const metric = this.#fresh.get(name)!;
      if (!used.has(name)) {
        used.add(name);
        metric.reset();
      }
      // A counter's value is the kernel's: counted from nothing it is the same.
      if (metric instanceof Gauge) metric.set(labels, value);
      else metric.inc(labels, value);
    }
    const parts: string[] = [];
    for (const name of [...this.#lasting, ...used]) {
      parts.push(await this.#registry.getSingleMetricAsString(name));
    }
    return `${parts.join("\n")}\n`;
  }
}
