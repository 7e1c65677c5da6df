/**
 * A clock that can be held. To be imported before what goes by it, as a worker keeps the clock that it finds at its start.
 *
 * @module
 */
const real = performance.now.bind(performance);
let held: number | undefined;
performance.now = () => held ?? real();

/** Lets the clock stand still. */
export function hold(): void {
  held = real();
}

/** Moves a clock that is held on by so many milliseconds. */
export function tick(milliseconds: number): void {
  held! += milliseconds;
}

/** Lets it go again. */
export function release(): void {
  held = undefined;
}
