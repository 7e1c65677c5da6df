/**
 * Records with the same keys as columns of JSON, and back. Numbers become whole ones where that loses less than a
 * microsecond, and instants differences to the one before: so a compressor makes little of them.
 */

/** A column of numbers: whole numbers of `1 / scale`, `null` for what is not known. */
export interface NumberColumn {
  kind: "number";
  /** What the numbers were multiplied with. */
  scale: number;
  /** What was taken off before. */
  base: number;
  /** Each is the difference to the last known one before. */
  deltas: boolean;
  values: (number | null)[];
}

/** A column of text: each text once, and which one each row has. */
export interface TextColumn {
  kind: "text";
  texts: string[];
  rows: (number | null)[];
}

/** A column of anything that is the same in all rows, or of which little is known. */
export interface OtherColumn {
  kind: "same" | "json";
  /** The value of all rows, or one for each row. */
  value: unknown;
}

/** A column of any kind. */
export type Column = NumberColumn | TextColumn | OtherColumn;

/** A column of `values`; `epoch` is taken off instants, whose keys end in `_tstamp`. */
export function encode(
  key: string,
  values: readonly unknown[],
  epoch: number,
): Column {
  const first = values[0];
  if (
    (first === null || typeof first !== "object") &&
    values.every((value) => value === first)
  ) {
    return { kind: "same", value: first ?? null };
  }
  if (values.every((value) => value === null || Number.isFinite(value))) {
    return numbers(key, values as (number | null)[], epoch);
  }
  if (values.every((value) => value === null || typeof value === "string")) {
    return texts(values as (string | null)[]);
  }
  return { kind: "json", value: values };
}

function numbers(
  key: string,
  values: (number | null)[],
  epoch: number,
): Column {
  const deltas = key.endsWith("_tstamp");
  const isWhole = values.every((value) =>
    value === null || Number.isInteger(value)
  );
  const base = deltas ? epoch : 0;
  const scale = isWhole && !deltas ? 1 : key.includes("percent") ? 1e3 : 1e6;
  let last = 0;
  const whole = values.map((value) => {
    if (value === null) return null;
    const own = Math.round((value - base) * scale);
    const written = deltas ? own - last : own;
    last = own;
    return written;
  });
  return { kind: "number", scale, base, deltas, values: whole };
}

function texts(values: (string | null)[]): TextColumn {
  const places = new Map<string, number>();
  const rows = values.map((text) => {
    if (text === null) return null;
    const place = places.get(text) ?? places.size;
    places.set(text, place);
    return place;
  });
  return { kind: "text", texts: [...places.keys()], rows };
}

/** The numbers of a column relative to its base; `NaN` where it has none. */
export function numbersOf(column: Column, length: number): Float64Array {
  const result = new Float64Array(length).fill(NaN);
  if (column.kind === "number") {
    let last = 0;
    column.values.forEach((value, i) => {
      if (value === null) return;
      last = column.deltas ? last + value : value;
      result[i] = last / column.scale;
    });
  } else if (column.kind === "same" && typeof column.value === "number") {
    result.fill(column.value);
  } else if (column.kind === "json") {
    (column.value as unknown[]).forEach((value, i) => {
      if (typeof value === "number") result[i] = value;
    });
  }
  return result;
}

/** The text of a row; `null` where it has none. */
export function textAt(column: Column, row: number): string | null {
  if (column.kind === "text") {
    const place = column.rows[row];
    return place == null ? null : column.texts[place]!;
  }
  const value = column.kind === "same"
    ? column.value
    : column.kind === "json"
    ? (column.value as unknown[])[row]
    : null;
  return value == null ? null : String(value);
}
