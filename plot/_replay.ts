/**
 * How long calls would take on so many places: each goes, in the order in which they were taken up, to the place that
 * is free first. What becomes of a run with more workers, or without its stragglers, is told by replaying it.
 */

/** When calls could be taken up, and how long they held their place; by start. */
export interface Queue {
  /** Instants, in seconds. */
  readonly ready: Float64Array;
  /** Seconds. */
  readonly held: Float64Array;
}

/** The instant at which the last call has ended. */
export function replay({ ready, held }: Queue, places: number): number {
  const free = new Float64Array(places).fill(-Infinity); // a heap, the earliest first
  let last = -Infinity;
  for (let i = 0; i < ready.length; i++) {
    const end = Math.max(free[0]!, ready[i]!) + held[i]!;
    if (end > last) last = end;
    replaceFirst(free, end);
  }
  return last;
}

/** Puts `value` in the place of the smallest, and the heap in order. */
function replaceFirst(heap: Float64Array, value: number): void {
  let at = 0;
  for (let child = 1; child < heap.length; child = 2 * at + 1) {
    if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++;
    if (heap[child]! >= value) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = value;
}
