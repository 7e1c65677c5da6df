/** Keeps the numbers of calls that came as plain arrays, in a third of the memory. */
import { COLUMNS, type Numbers, plainNumbers } from "../worker/protocol.ts";

/** Rows in an array. */
const ROWS = 64;

/** Where a call's numbers are. */
export interface Row {
  /** They are among these. */
  numbers: Numbers | null;
  /** Which of the rows. */
  row: number;
}

/** The numbers of some calls; an array goes when the last of its calls does. */
export class Rows {
  #numbers = new Float64Array(0);
  #next = ROWS;

  /** Copies the numbers of a call, or of some, if there are any; gives where the first of them are. */
  keep(numbers: readonly number[]): Row {
    if (numbers.length === 0) return { numbers: null, row: 0 };
    if (numbers.length > COLUMNS) {
      // No typed array: these come with moved buffers, and where many of those have come V8 collects before it makes one.
      return { numbers: plainNumbers(numbers), row: 0 };
    }
    if (this.#next === ROWS) {
      this.#numbers = new Float64Array(ROWS * COLUMNS);
      this.#next = 0;
    }
    const row = this.#next++;
    // One by one: to set from a plain array takes the long way.
    for (let i = 0, at = row * COLUMNS; i < COLUMNS; i++) {
      this.#numbers[at++] = numbers[i]!;
    }
    return { numbers: this.#numbers, row };
  }
}
