/** Keeps the numbers of calls that came as plain arrays: many rows in one typed array are a third of the memory. */
import { COLUMNS } from "../worker/protocol.ts";

/** Rows in an array. */
const ROWS = 64;

/** Where a call's numbers are. */
export interface Row {
  /** They are among these. */
  numbers: Float64Array | null;
  /** Which of the rows. */
  row: number;
}

/** The numbers of some calls; an array goes when the last of its calls does. */
export class Rows {
  #numbers = new Float64Array(0);
  #next = ROWS;

  /** Copies the numbers of a call, or of some, if there are any; gives where the first of them are. */
  keep(numbers: readonly number[]): Row {
    const { length } = numbers;
    if (length === 0) return { numbers: null, row: 0 };
    const rows = length / COLUMNS;
    if (this.#next + rows > ROWS) {
      this.#numbers = new Float64Array(Math.max(ROWS, rows) * COLUMNS);
      this.#next = 0;
    }
    const row = this.#next;
    this.#next += rows;
    // One by one: to set from a plain array takes the long way.
    for (let i = 0, at = row * COLUMNS; i < length; i++) {
      this.#numbers[at++] = numbers[i]!;
    }
    return { numbers: this.#numbers, row };
  }
}
