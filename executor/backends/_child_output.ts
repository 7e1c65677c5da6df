/**
 * What a child process writes on its own stdout and stderr: passed on as it comes, with the end of stderr kept, as that
 * mostly says why a process has ended.
 *
 * @module
 */
import { killMarked } from "./_child.ts";

/** Milliseconds that the streams of an ended worker may stay open. */
const END_DELAY = 200;
/** The end of stderr is kept to this many characters. */
const TAIL = 4096;

/** The output of one child. */
export class ChildOutput {
  readonly #onText: (text: string) => void;
  readonly #listening = new AbortController();
  readonly #streams: Promise<unknown>;
  #tail = "";

  /** Reads both streams of `child` from now on, and gives their text to `onText`. */
  constructor(child: Deno.ChildProcess, onText: (text: string) => void) {
    this.#onText = onText;
    this.#streams = Promise.all([
      this.#read(child.stdout, false),
      this.#read(child.stderr, true),
    ]);
  }

  /** The end of stderr so far. */
  get tail(): string {
    return this.#tail;
  }

  /**
   * Resolves when both streams of an ended child have. A program that left the child's group but kept its streams is found
   * by `marker` in its environment, and ended too; if it cannot be found the streams are closed on it.
   */
  async ended(marker: string): Promise<void> {
    let timer = setTimeout(() => {
      killMarked(marker);
      timer = setTimeout(() => this.#listening.abort(), END_DELAY);
    }, END_DELAY);
    await this.#streams;
    clearTimeout(timer);
  }

  async #read(
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
    isError: boolean,
  ): Promise<void> {
    const { signal } = this.#listening;
    const texts = stream.pipeThrough(new TextDecoderStream(), { signal });
    try {
      for await (const text of texts) {
        if (isError) this.#tail = (this.#tail + text).slice(-TAIL);
        this.#onText(text);
      }
    } catch {
      // The stream broke with its process.
    }
  }
}
