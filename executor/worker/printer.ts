/**
 * What calls print, on its way to the host: at once when it comes now and then, in larger pieces when there is much.
 *
 * @module
 */
import { clock, type Printed } from "./protocol.ts";

/** Text is sent at once, then at most this often in milliseconds, or when there are so many characters. */
const DELAY = 1, SIZE = 64 * 1024;

/** A call, by its job and its number there. */
export interface CallNumber {
  /** Number of the job. */
  job: number;
  /** Number of the call in it. */
  call: number;
}

/** Collects printed text by call. */
export class Printer {
  readonly #send: (message: Printed) => void;
  #of: CallNumber = { job: 0, call: 0 };
  #text = "";
  #last = 0;

  /** Gives what is ready to `send`. */
  constructor(send: (message: Printed) => void) {
    this.#send = send;
  }

  /** Takes text that `call` printed, or the last one that did; true if it should leave now. */
  print(text: string, call: CallNumber | undefined): boolean {
    if (call !== undefined) this.turnTo(call);
    this.#text += text;
    const now = clock();
    if (now - this.#last <= DELAY && this.#text.length <= SIZE) return false;
    this.#last = now;
    this.flush();
    return true;
  }

  /** What is printed from now on belongs to `call`, unless it is said otherwise. */
  turnTo(call: CallNumber): void {
    if (call.job === this.#of.job && call.call === this.#of.call) return;
    this.flush();
    this.#of = call;
  }

  /** Sends what there is. */
  flush(): void {
    if (this.#text === "") return;
    const text = this.#text;
    this.#text = "";
    const { job, call } = this.#of;
    this.#send({ type: "printed", job, call, text });
  }
}
