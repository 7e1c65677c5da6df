/**
 * The terminal that log lines and progress bars share. Bars stay below: before anything else is printed they are taken
 * off, and drawn again after it.
 *
 * @module
 */

/** Where text can be printed. */
export type Stream = "stdout" | "stderr";

/** Prints text; never throws, as nobody could be told. */
export type Write = (stream: Stream, text: string) => void;

const encoder = new TextEncoder();

/** Writes all of `text` at once, or as much as the stream takes: it may be closed. */
function writeAll(stream: Stream, text: string): void {
  try {
    let bytes = encoder.encode(text);
    while (bytes.length > 0) {
      bytes = bytes.subarray(Deno[stream].writeSync(bytes));
    }
  } catch {
    // closed, or full and not to be waited for
  }
}

/** Clears what is right of the cursor. */
const CLEAR_REST = "\x1b[K";
/** Clears the line that the cursor is in. */
const CLEAR = `\r${CLEAR_REST}`;
/** Goes up one line. */
const UP = "\x1b[1A";

/** Lines printed once, and bars that stay below them. */
export class Terminal {
  readonly #write: Write;
  readonly #bars = new Map<object, readonly string[]>();
  /** Lines that the bars take up now. */
  #height = 0;
  /** Something was printed that did not end its line. */
  #isMidLine = false;

  /** Prints through `write`. */
  constructor(write: Write = writeAll) {
    this.#write = write;
  }

  /** Prints text above the bars. */
  print(text: string, stream: Stream = "stderr"): void {
    if (text === "") return;
    const erase = this.#erase();
    this.#isMidLine = !text.endsWith("\n");
    const bars = this.#draw();
    // At once where that can be, so that nobody sees the bars go and come.
    if (stream === "stderr") return this.#write("stderr", erase + text + bars);
    if (erase !== "") this.#write("stderr", erase);
    this.#write(stream, text);
    if (bars !== "") this.#write("stderr", bars);
  }

  /** Shows these lines as the bar of `owner`, in place of what it showed before. */
  show(owner: object, lines: readonly string[]): void {
    const known = this.#bars.get(owner);
    if (known?.join("\n") === lines.join("\n")) return;
    this.#bars.set(owner, lines);
    this.#write("stderr", this.#height === 0 ? this.#draw() : this.#redraw());
  }

  /** Leaves the bar of `owner` behind as plain lines. */
  leave(owner: object): void {
    const lines = this.#bars.get(owner);
    if (lines === undefined) return;
    const erase = this.#erase();
    this.#bars.delete(owner);
    const last = lines.map((line) => `${line}\n`).join("");
    this.#write("stderr", erase + last + this.#draw());
  }

  /** Leaves all bars behind, as the program is about to end. */
  leaveAll(): void {
    for (const owner of [...this.#bars.keys()]) this.leave(owner);
  }

  /** Writes the bars over those that are there: a line is never empty in between, so nothing flickers. */
  #redraw(): string {
    const lines = [...this.#bars.values()].flat();
    const fewer = Math.max(0, this.#height - lines.length);
    const text = "\r" + UP.repeat(this.#height - 1) +
      lines.map((line) => line + CLEAR_REST).join("\n") +
      `\n${CLEAR_REST}`.repeat(fewer) + UP.repeat(fewer);
    this.#height = lines.length;
    return text;
  }

  #erase(): string {
    if (this.#height === 0) return "";
    const text = CLEAR + (UP + CLEAR).repeat(this.#height - 1);
    this.#height = 0;
    return text;
  }

  #draw(): string {
    const lines = [...this.#bars.values()].flat();
    if (lines.length === 0) return "";
    const start = this.#isMidLine ? "\n" : "";
    this.#isMidLine = false;
    this.#height = lines.length;
    return start + lines.join("\n");
  }
}

/** The terminal of this process. */
export const terminal: Terminal = new Terminal();
