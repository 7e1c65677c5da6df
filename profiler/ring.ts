/**
 * The newest so many collections, in memory.
 *
 * @module
 */

/** Holds the newest `capacity` items and counts those that had to go. */
export class Ring<T> {
  readonly #items: T[] = [];
  readonly #capacity: number;
  #next = 0;
  #dropped = 0;

  /** Makes an empty ring; throws a `RangeError` unless `capacity` is an integer of at least 1. */
  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw new RangeError(
        `Cannot make a ring as its capacity must be an integer of at least 1: ${capacity}`,
      );
    }
    this.#capacity = capacity;
  }

  /** Adds an item; the oldest one goes if the ring is full. */
  push(item: T): void {
    if (this.#items.length < this.#capacity) {
      this.#items.push(item);
      return;
    }
    this.#items[this.#next] = item;
    this.#next = (this.#next + 1) % this.#capacity;
    this.#dropped++;
  }

  /** The items, oldest first. */
  values(): T[] {
    return [
      ...this.#items.slice(this.#next),
      ...this.#items.slice(0, this.#next),
    ];
  }

  /** Items that had to go since the ring was full. */
  get dropped(): number {
    return this.#dropped;
  }
}
