/**
 * What a metric is before any value of it is known: its name, type, help and labels, and how values are taken from a
 * sample. The tables of metrics beside this file are made of it.
 *
 * @module
 */

/** Labels of one series. */
export type Labels = Readonly<Record<string, string | number>>;

/** A metric. */
export interface Family {
  /** Its name, with its unit at the end. */
  readonly name: string;
  /** Whether its values only grow. */
  readonly type: "gauge" | "counter";
  /** What it is, with unit and source. */
  readonly help: string;
  /** Labels that its series may have. */
  readonly labels: readonly string[];
  /** Whether its values add up: those left out of a push are told as a sum. */
  readonly adds: boolean;
}

/** One value of a metric. */
export interface Series {
  /** The metric. */
  readonly family: Family;
  /** Labels of this value. */
  readonly labels: Labels;
  /** The value. */
  readonly value: number;
}

/** How one value of a metric is taken from a sample. */
export interface Row<T> {
  /** The metric's name, without what the table puts before it. */
  readonly name: string;
  /** Whether its values only grow. */
  readonly type: "gauge" | "counter";
  /** What it is, with unit and source. */
  readonly help: string;
  /** A label that tells the values of one metric apart, and its value. */
  readonly label: readonly [name: string, value: string] | null;
  /** Whether values of different samples add up. */
  readonly adds: boolean;
  /** The value; `null` if it was not measured. */
  readonly get: (sample: T) => number | null | undefined;
}

/** A row whose values go up and down. */
export function gauge<T>(
  name: string,
  help: string,
  get: Row<T>["get"],
  label: Row<T>["label"] = null,
): Row<T> {
  return { name, type: "gauge", help, label, adds: true, get };
}

/** A row whose values go up and down, and say nothing when added up: an instant, a peak. */
export function single<T>(
  name: string,
  help: string,
  get: Row<T>["get"],
): Row<T> {
  return { name, type: "gauge", help, label: null, adds: false, get };
}

/** A row whose values only grow. */
export function counter<T>(
  name: string,
  help: string,
  get: Row<T>["get"],
  label: Row<T>["label"] = null,
): Row<T> {
  return {
    name: `${name}_total`,
    type: "counter",
    help,
    label,
    adds: true,
    get,
  };
}

/** A value in another unit. */
export function scaled(
  value: number | null | undefined,
  divisor: number,
): number | null {
  return value === null || value === undefined ? null : value / divisor;
}

/** The rows of one kind of sample, ready to make series. */
export class Table<T> {
  /** Its metrics, without doubles. */
  readonly families: readonly Family[];
  readonly #rows: readonly { family: Family; row: Row<T> }[];

  /** `prefix` stands before every name, `subject` before every help; `labels` are those of every series. */
  constructor(
    options: { prefix?: string; subject?: string; labels: readonly string[] },
    rows: readonly Row<T>[],
  ) {
    const { prefix = "", subject = "", labels } = options;
    const families = new Map<string, Family>();
    this.#rows = rows.map((row) => {
      const name = prefix + row.name;
      let family = families.get(name);
      if (family === undefined) {
        family = {
          name,
          type: row.type,
          help: subject + row.help,
          labels: row.label === null ? labels : [...labels, row.label[0]],
          adds: row.adds,
        };
        families.set(name, family);
      }
      return { family, row };
    });
    this.families = [...families.values()];
  }

  /** The series of a sample: one for each value that was measured. */
  series(sample: T, labels: Labels): Series[] {
    const series: Series[] = [];
    for (const { family, row } of this.#rows) {
      const value = row.get(sample);
      if (value === null || value === undefined) continue;
      series.push({
        family,
        labels: row.label === null
          ? labels
          : { ...labels, [row.label[0]]: row.label[1] },
        value,
      });
    }
    return series;
  }
}

/** Labels without those that have no value: a label that is not there, and one that is empty, are the same. */
export function labelsOf(
  labels: Record<string, string | number | null | undefined>,
): Labels {
  return Object.fromEntries(
    Object.entries(labels).filter(([, value]) =>
      value !== null && value !== undefined && value !== ""
    ),
  ) as Labels;
}
