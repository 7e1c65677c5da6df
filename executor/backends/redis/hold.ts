/**
 * Whether what is connected keeps the program from ending.
 *
 * @module
 */
import type { Redis } from "../_bullmq.ts";

/** What holds a program: known to Node's sockets. */
interface Socket {
  connecting?: boolean;
  ref?(): void;
  unref?(): void;
}

/** Holds the program by connections and a timer, or lets go of it. */
export class Hold {
  readonly #connections: readonly Redis[];
  readonly #timer: number;
  #isHeld = true;

  /** Holds it from now on, also by connections that are made again. */
  constructor(
    connections: readonly Redis[],
    timer: ReturnType<typeof setInterval>,
  ) {
    this.#connections = connections;
    this.#timer = timer as unknown as number; // as Deno takes it: the number of a timer alone does nothing
    for (const each of connections) each.on("connect", () => this.#apply());
  }

  /** Holds it, or lets go. */
  set(isHeld: boolean): void {
    if (isHeld === this.#isHeld) return;
    this.#isHeld = isHeld;
    this.#apply();
  }

  #apply(): void {
    const isHeld = this.#isHeld;
    for (const { stream } of this.#connections) {
      const socket = stream as Socket | undefined;
      if (socket === undefined || socket.connecting) continue; // Told when it is up.
      if (isHeld) socket.ref?.();
      else socket.unref?.();
    }
    if (isHeld) Deno.refTimer(this.#timer);
    else Deno.unrefTimer(this.#timer);
  }
}
