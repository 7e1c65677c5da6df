/** A whole terminal, as `top` takes it: drawn over and over, and given back as it was. */

const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[?25h\x1b[?1049l";
/** A terminal that knows these shows all that is between them at once. */
const BEGIN = "\x1b[?2026h\x1b[H";
const END = "\x1b[J\x1b[?2026l";
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

const encoder = new TextEncoder();

/** Takes the terminal until it is disposed of. */
export class Screen implements Disposable {
  readonly #keys: ReadableStreamDefaultReader<Uint8Array> | undefined;
  readonly #end = () => this.#press("\x03");
  /** A key that is being waited for. */
  #waiting: ((key: string) => void) | undefined;
  #pressed: string[] = [];
  #shown = "";

  constructor() {
    this.#write(ENTER);
    for (const signal of SIGNALS) Deno.addSignalListener(signal, this.#end);
    if (!Deno.stdin.isTerminal()) return;
    Deno.stdin.setRaw(true, { cbreak: true });
    this.#keys = Deno.stdin.readable.getReader();
    void this.#listen(this.#keys);
  }

  /** Columns and rows there are now. */
  get size(): { columns: number; rows: number } {
    try {
      const { columns, rows } = Deno.consoleSize();
      return { columns: columns || 80, rows: rows || 24 };
    } catch {
      return { columns: 80, rows: 24 };
    }
  }

  /** Shows these lines, and nothing else; each must be shorter than the terminal is wide. */
  show(lines: readonly string[]): void {
    const text = lines.map((line) => `${line}\x1b[K`).join("\r\n");
    if (text === this.#shown) return;
    this.#shown = text;
    this.#write(BEGIN + text + END);
  }

  /** The next key that is pressed, within so many milliseconds; Ctrl-C is one. */
  async key(milliseconds: number): Promise<string | undefined> {
    if (this.#pressed.length > 0) return this.#pressed.shift();
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    this.#waiting = resolve;
    const timer = setTimeout(() => resolve(undefined), milliseconds);
    const key = await promise;
    clearTimeout(timer);
    this.#waiting = undefined;
    return key;
  }

  #press(key: string): void {
    if (this.#waiting === undefined) this.#pressed.push(key);
    else this.#waiting(key);
  }

  async #listen(keys: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    try {
      while (true) {
        const { value, done } = await keys.read();
        if (done) return;
        for (const key of new TextDecoder().decode(value)) this.#press(key);
      }
    } catch {
      // the terminal is gone
    }
  }

  #write(text: string): void {
    let bytes = encoder.encode(text);
    while (bytes.length > 0) {
      bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
    }
  }

  /** Gives the terminal back. */
  [Symbol.dispose](): void {
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, this.#end);
    if (this.#keys !== undefined) {
      this.#keys.cancel().catch(() => {});
      Deno.stdin.setRaw(false);
    }
    this.#write(LEAVE);
  }
}
