/**
 * A way between host and process that is shorter than the socket, for calls that are made one at a time: both look for each
 * other's next message in a file that they have mapped, for a moment, before they wait for the socket (see
 * shared_memory.ts). What is not heard there takes the socket.
 *
 * The host makes the file, and removes it with the worker's others.
 *
 * @module
 */
import { mapFile, unmapFile } from "../../profiler/mapped_file.ts";
import { SharedReader, SharedWriter } from "./shared_memory.ts";
import type { Packed } from "./wire.ts";

/** Bytes for each direction. */
const SIZE = 64 * 1024;

/** One end of it. It is used when the other end has said that it is open too. */
export class Shortcut implements Disposable {
  readonly #memory: ArrayBuffer;
  readonly #writer: SharedWriter;
  readonly #reader: SharedReader;
  #isOpen = false;

  /** The host's end, in a file that is made at `path`; `null` if that cannot be mapped. */
  static make(path: string): Shortcut | null {
    const memory = mapFile(path, 2 * SIZE);
    return memory && new Shortcut(memory, 0);
  }

  /** The worker's end of the one at `path`; `null` if that cannot be mapped. */
  static open(path: string): Shortcut | null {
    const memory = mapFile(path, 2 * SIZE);
    return memory && new Shortcut(memory, SIZE);
  }

  private constructor(memory: ArrayBuffer, out: number) {
    this.#memory = memory;
    this.#writer = new SharedWriter(memory, out, SIZE);
    this.#reader = new SharedReader(memory, SIZE - out, SIZE);
  }

  /** Notes that the other end is open: it has said so by the socket. */
  opened(): void {
    this.#isOpen = true;
    this.#reader.arrived();
  }

  /** Tells the other end of a message if it looks for one; else gives what is to take the socket: the message, or its place. */
  tell(message: Packed): Packed | number | undefined {
    if (this.#isOpen && this.#writer.isHeard) {
      const place = this.#writer.write(message);
      if (place >= 0) return this.#writer.tell(place) ? undefined : place;
    }
    return message;
  }

  /** Notes that so many messages take the socket. */
  sent(messages: number): void {
    this.#writer.posted(messages);
  }

  /** Takes what has come by the socket: a message, or the place of one. */
  receive(data: Packed | number): Packed {
    if (this.#isOpen) this.#reader.arrived();
    return typeof data === "number" ? this.#reader.read(data) as Packed : data;
  }

  /** Says whether the other end is to expect another message soon. */
  announce(hasMore: boolean): void {
    this.#writer.announce(hasMore);
  }

  /** Whether another message was announced. */
  get expectsMore(): boolean {
    return this.#reader.expectsMore;
  }

  /** Looks for a message for up to `most` milliseconds. */
  look(most: number): Packed | undefined {
    const place = this.#isOpen ? this.#reader.look(most) : undefined;
    return place === undefined ? undefined : this.#reader.read(place) as Packed;
  }

  /** Lets go of the file. */
  [Symbol.dispose](): void {
    unmapFile(this.#memory);
  }
}
