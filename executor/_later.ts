/** What is told to something that is still being loaded. */

/** Something that is on its way; what it is told before is told when it is there. */
export class Later<T> {
  /** It, or undefined if it cannot be had. */
  readonly ready: Promise<T | undefined>;
  /** It, as soon as it is there. */
  now: T | undefined;

  /** What is to be told; undefined once that is done. */
  #untold: ((it: T) => void)[] | undefined = [];

  constructor(coming: Promise<T | undefined>) {
    this.ready = coming.then((it) => {
      this.now = it;
      const untold = this.#untold!;
      this.#untold = undefined;
      // In the order in which it was said, and before all that is said from now on.
      if (it !== undefined) { for (const say of untold) say(it); }
      return it;
    });
  }

  tell(say: (it: T) => void): void {
    if (this.now !== undefined) say(this.now);
    else this.#untold?.push(say);
  }
}
