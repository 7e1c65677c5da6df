/**
 * The course of a run for the live page, in at most {@linkcode MOST_POINTS} points, which get further apart as the run gets
 * longer.
 */

/** Points of the course; when there are more, each two become one. */
export const MOST_POINTS = 1200;
/** Seconds between the first points. */
const FIRST_WIDTH = 0.5;

/** One point of the course: seconds since the start, then what was at that time; `null` where that is not known. */
export type LivePoint = [
  time: number,
  running: number | null,
  queued: number | null,
  done: number,
  failed: number,
  cpu: number | null,
  memory: number | null,
];

/** Where a run is: the values of a {@linkcode LivePoint}. */
export interface LivePlace {
  /** Calls that run. */
  running: number;
  /** Calls that wait for a worker. */
  queued: number;
  /** Calls that have ended, failed ones included. */
  done: number;
  /** Calls that have failed. */
  failed: number;
  /** CPU of the workers, 100 a core; `null` if there is no new sample. */
  cpu: number | null;
  /** Resident memory of the workers in bytes; `null` if there is no new sample. */
  memory: number | null;
}

/** How a run went. */
export class LiveCourse {
  /** Seconds between two points. */
  width = FIRST_WIDTH;
  /** The points so far. */
  points: LivePoint[] = [];

  /** Notes where the run is, so many seconds after its start: adds to the last point, or makes the next. */
  note(elapsed: number, place: LivePlace): void {
    let index = Math.floor(elapsed / this.width);
    while (index >= MOST_POINTS) {
      this.#halve();
      index = Math.floor(elapsed / this.width);
    }
    while (this.points.length <= index) {
      const at = this.points.length * this.width;
      const [, , , done = 0, failed = 0] = this.points.at(-1) ?? [];
      this.points.push([at, null, null, done, failed, null, null]);
    }
    const point = this.points[index]!;
    point[1] = highest(point[1], place.running);
    point[2] = highest(point[2], place.queued);
    point[3] = place.done;
    point[4] = place.failed;
    point[5] = highest(point[5], place.cpu);
    point[6] = highest(point[6], place.memory);
  }

  /** Makes one of each two points. */
  #halve(): void {
    const old = this.points;
    this.width *= 2;
    this.points = [];
    for (let i = 0; i < old.length; i += 2) {
      const [first, second = first] = [old[i]!, old[i + 1]];
      this.points.push([
        first[0],
        highest(first[1], second[1]),
        highest(first[2], second[2]),
        second[3],
        second[4],
        highest(first[5], second[5]),
        highest(first[6], second[6]),
      ]);
    }
  }
}

function highest(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.max(a, b);
}
