/** Keeps books on a ring of bytes, for its writer: where the next one has room, and what has been read and is free again. */
export class Ring {
  readonly #from: number;
  readonly #to: number;
  /** What has not been read, as far as is known, the oldest first. */
  #unread: { start: number; end: number }[] = [];
  #read = 0;

  /** A ring of the bytes from `from` up to `to`. */
  constructor(from: number, to: number) {
    this.#from = from;
    this.#to = to;
  }

  /** Where so many bytes have room; -1 if nowhere. */
  find(length: number): number {
    const oldest = this.#unread[0];
    if (oldest === undefined) {
      return this.#from + length <= this.#to ? this.#from : -1;
    }
    const { end } = this.#unread.at(-1)!;
    const hasWrapped = end <= oldest.start;
    if (end + length <= (hasWrapped ? oldest.start : this.#to)) return end;
    return !hasWrapped && this.#from + length <= oldest.start ? this.#from : -1;
  }

  /** Notes that so many bytes were written where they have room. */
  add(start: number, length: number): void {
    this.#unread.push({ start, end: start + length });
  }

  /** Notes how many have been read in all, in the order of writing; counted in 32 bits. */
  noteRead(count: number): void {
    const fresh = (count - this.#read) | 0;
    if (fresh === 0) return;
    if (fresh === 1) this.#unread.shift();
    else this.#unread.splice(0, fresh);
    this.#read = count;
  }
}
