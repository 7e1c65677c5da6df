/**
 * The host's end of the way past the socket (see worker/shortcut.ts): it is made when a worker has got some calls one at a
 * time, and all messages to and from the worker go by here, so that it is known which of them the other end has.
 *
 * @module
 */
import { isCodecOpen } from "../worker/clone.ts";
import type { FromWorker, ToWorker } from "../worker/protocol.ts";
import { HOST_LOOK } from "../worker/shared_memory.ts";
import { Shortcut } from "../worker/shortcut.ts";
import { pack, type Packed, unpack } from "../worker/wire.ts";

/** It is made at this look, so that neither a first call waits for it nor a script that makes no others has it. */
const FIRST_LOOK = 3;

/** The host's end of one worker's. */
export class HostShortcut implements Disposable {
  readonly #path: string | null;
  readonly #offer: () => void;
  /** Null if it cannot be had, or not any more. */
  #shortcut: Shortcut | null | undefined;
  #looks = 0;

  /** One in a file at `path`, or none where that is `null`; when it is made, `offer` sends a {@linkcode TakeShortcut}. */
  constructor(path: string | null, offer: () => void) {
    // With one core alone, who looks keeps the other from working.
    this.#path = navigator.hardwareConcurrency > 1 ? path : null;
    this.#offer = offer;
  }

  /** Tells the worker of a message if it looks for one; gives what is to take the socket otherwise. */
  send(message: ToWorker, hasBuffers: boolean): Packed | number | undefined {
    const packed = pack(message);
    if (!this.#shortcut) return packed;
    this.#shortcut.announce(false);
    const data = message.type === "calls" && !hasBuffers
      ? this.#shortcut.tell(packed)
      : packed;
    if (data !== undefined) this.#shortcut.sent(1);
    return data;
  }

  /** Notes that a message was replaced by so many. */
  replaced(count: number): void {
    this.#shortcut?.sent(count - 1);
  }

  /**
   * The messages that have come by the socket, but for what this end needs to know alone. Takes them out of `messages`,
   * which who waits for the next ones keeps: results may be large.
   */
  receive(messages: unknown[]): FromWorker[] {
    return (messages.splice(0) as (Packed | number)[]).flatMap((data) => {
      const packed = this.#shortcut?.receive(data) ?? data as Packed;
      const message = unpack(packed) as FromWorker;
      if (message.type !== "shortcut") return message;
      this.#shortcut!.opened();
      return [];
    });
  }

  /** Looks for the answer of the only call. */
  look(): FromWorker | undefined {
    if (this.#shortcut === undefined) this.#make();
    else if (this.#shortcut !== null) {
      this.#shortcut.announce(true);
      const packed = this.#shortcut.look(HOST_LOOK);
      return packed && unpack(packed) as FromWorker;
    }
  }

  #make(): void {
    if (this.#path === null || ++this.#looks < FIRST_LOOK) return;
    // What waits for the codec has not been counted, but what may replace it would be.
    if (!isCodecOpen()) return;
    this.#shortcut = Shortcut.make(this.#path);
    if (this.#shortcut !== null) this.#offer();
  }

  /** Lets go of the file. */
  [Symbol.dispose](): void {
    this.#shortcut?.[Symbol.dispose]();
    this.#shortcut = null;
  }
}
