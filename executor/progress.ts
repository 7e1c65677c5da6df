/**
 * The progress bar on a terminal.
 *
 * @module
 */
import { environment } from "./_files.ts";
import {
  formatCourse,
  formatDetails,
  formatProgress,
  type ProgressState,
} from "./_progress_format.ts";
import { type Terminal, terminal as ownTerminal } from "./terminal.ts";

export { formatProgress, type ProgressState } from "./_progress_format.ts";
export type { Stream, Terminal, Write } from "./terminal.ts";

/** Milliseconds between two drawings at least, and at most while nothing is told. */
const LEAST = 100;
const MOST = 1000;

/** Options of {@linkcode createProgress}. */
export interface ProgressOptions {
  /** False for none, `"detailed"` for two lines. @default {true} */
  progress?: boolean | "detailed";
  /** Shows it even where stderr is no terminal, or in CI. @default {false} */
  force?: boolean;
  /** Where it is drawn. @default {undefined} stderr */
  terminal?: Terminal;
  /** Columns there are. @default {undefined} as many as the terminal has, now and later */
  width?: () => number;
}

/** A progress bar. */
export interface Progress {
  /** Whether anything is shown at all. */
  readonly isShown: boolean;
  /**
   * Tells where the run is; cheap, as it is drawn ten times a second at most. A function is asked at each drawing, once a
   * second at least.
   */
  update(state: ProgressState | (() => ProgressState)): void;
  /** Draws the last state and ends its line. What comes later is ignored. */
  stop(): void;
}

/**
 * Makes a progress bar on stderr: done and total, rate, time left, running now, failed. Nothing is shown if stderr is
 * no terminal, in CI (the variable `CI` is set), or if `progress` is `false`. It never keeps the process alive.
 *
 * @example Show how far a loop is
 * ```ts
 * import { createProgress } from "./progress.ts";
 *
 * const progress = createProgress();
 * const startedAt = Date.now();
 * for (let done = 0; done <= 3; done++) {
 *   progress.update({ done, failed: 0, running: 1, queued: 3 - done, total: 3, startedAt });
 * }
 * progress.stop();
 * ```
 */
export function createProgress(options: ProgressOptions = {}): Progress {
  const { progress = true, force = false } = options;
  if (progress === false || !force && !isWatched()) {
    return { isShown: false, update: () => {}, stop: () => {} };
  }
  return new Bar(
    progress === "detailed",
    options.terminal ?? ownTerminal,
    options.width ?? columns,
  );
}

/** Whether somebody sees stderr: it is a terminal, and not that of CI. */
export function isWatched(): boolean {
  const ci = environment("CI")?.toLowerCase();
  const isCi = ci !== undefined && ci !== "false" && ci !== "0";
  return !isCi && environment("TERM") !== "dumb" && Deno.stderr.isTerminal();
}

function columns(): number {
  try {
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80;
  }
}

class Bar implements Progress {
  readonly isShown = true;
  readonly #isDetailed: boolean;
  readonly #terminal: Terminal;
  readonly #width: () => number;
  #state: ProgressState | (() => ProgressState) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #drawnAt = -Infinity;
  #isPending = false;
  #isOver = false;

  constructor(isDetailed: boolean, terminal: Terminal, width: () => number) {
    this.#isDetailed = isDetailed;
    this.#terminal = terminal;
    this.#width = width;
  }

  update(state: ProgressState | (() => ProgressState)): void {
    if (this.#isOver) return;
    this.#state = state;
    if (this.#isPending) return; // will be drawn soon
    const wait = this.#drawnAt + LEAST - performance.now();
    if (wait <= 0) return this.#draw();
    this.#isPending = true;
    this.#drawIn(wait);
  }

  stop(): void {
    if (this.#isOver) return;
    if (this.#state !== undefined) this.#draw();
    clearTimeout(this.#timer);
    this.#isOver = true;
    this.#terminal.leave(this);
  }

  #draw(): void {
    const state = typeof this.#state === "function"
      ? this.#state()
      : this.#state!;
    const width = this.#width();
    const lines = this.#isDetailed
      ? [formatCourse(state, width), formatDetails(state, width)]
      : [formatProgress(state, width)];
    this.#terminal.show(this, lines);
    this.#drawnAt = performance.now();
    this.#isPending = false;
    this.#drawIn(MOST); // so that times go on while nothing happens
  }

  #drawIn(milliseconds: number): void {
    clearTimeout(this.#timer);
    const timer = setTimeout(() => this.#draw(), milliseconds);
    Deno.unrefTimer(timer);
    this.#timer = timer;
  }
}
