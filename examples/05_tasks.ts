/**
 * The function that `05_module_tasks.ts` runs in workers. It may use anything in its module, and import what it likes.
 *
 * @module
 */

/** From outside the set to inside of it. */
const SHADES = " .:-=+*#%@";

/** Part of the plane that is drawn. */
const LEFT = -2.05, WIDTH = 2.6, TOP = 1.2, HEIGHT = 2.4;

/** One row of characters, of all that are wanted. */
export interface Row {
  /** Which one, from 0. */
  index: number;
  /** How many there are. */
  rows: number;
  /** Characters in it. */
  columns: number;
  /** Points looked at for a character, across and down. */
  samples: number;
  /** Steps after which a point counts as inside. */
  depth: number;
}

/** Draws a row of the Mandelbrot set; also gives the area of the set that is in it. */
export function drawRow(
  { index, rows, columns, samples, depth }: Row,
): { text: string; area: number } {
  let text = "", inside = 0;
  for (let column = 0; column < columns; column++) {
    let found = 0, shade = 0;
    for (let i = 0; i < samples; i++) {
      const y = TOP - HEIGHT * (index + (i + 0.5) / samples) / rows;
      for (let j = 0; j < samples; j++) {
        const x = LEFT + WIDTH * (column + (j + 0.5) / samples) / columns;
        const steps = stepsAt(x, y, depth);
        if (steps === depth) found++;
        shade += Math.log(steps) / Math.log(depth);
      }
    }
    inside += found;
    text += SHADES[Math.floor(shade / samples ** 2 * (SHADES.length - 1))];
  }
  const points = rows * columns * samples ** 2;
  return { text, area: WIDTH * HEIGHT * inside / points };
}

/** Steps until the orbit of a point leaves the circle of radius 2. */
function stepsAt(x: number, y: number, depth: number): number {
  let re = x, im = y;
  for (let steps = 1; steps < depth; steps++) {
    if (re * re + im * im > 4) return steps;
    [re, im] = [re * re - im * im + x, 2 * re * im + y];
  }
  return depth;
}
