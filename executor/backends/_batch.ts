/** Calls that are put together for one message to a worker. */
import type { Call } from "../call.ts";
import { withCopies, withSame } from "../worker/copies.ts";
import {
  type Collect,
  inspectValue,
  type ValueInfo,
} from "../worker/values.ts";

/** Bytes of items in one message, unless a single item is larger. */
const MESSAGE_BYTES = 1 << 20;
/** What is moved costs nothing, but much of it at once has the collector of the worker run: it counts for so much. */
const MOVED_SHARE = 1 / 8;

const NONE: never[] = [];

/** Calls for one message. */
export class Batch {
  calls: Call[] = NONE;
  /** Their items, as they are sent. */
  items: unknown[] = NONE;
  /** The array buffers in them that are moved, or written past the codec. */
  readonly buffers: ArrayBuffer[] = [];
  readonly #collect: Collect;
  readonly #room: number;
  /** The objects in the items of a batch that has room for several. */
  readonly #objects: Set<object> | undefined;
  #bytes = 0;
  /** It holds what Deno may refuse, which is known only when it is sent. */
  #isDoubtful = false;

  /** A batch of up to `room` calls, with the array buffers in their items that `collect` asks for. */
  constructor(collect: Collect, room: number) {
    this.#collect = collect;
    this.#room = room;
    this.#objects = room > 1 ? new Set() : undefined;
  }

  /** Whether another call may be added. */
  get hasRoom(): boolean {
    return this.calls.length < this.#room && this.#bytes < MESSAGE_BYTES;
  }

  /** Adds a call; false if it has to go with another message. Throws if its item cannot be sent. */
  add(call: Call): boolean {
    const { item } = call;
    const info = inspectValue(item, this.#collect, this.#objects);
    // In one message it would stay one object, and one call would see what another does to it.
    if (info.isShared) return false;
    let sent = item;
    if (this.#collect === "all" && info.objects.size > 0) {
      sent = this.#certain(item, info);
      if (sent === undefined) return false;
    }
    if (this.#objects !== undefined) {
      for (const each of info.objects) this.#objects.add(each);
    }
    call.inputSize = info.size;
    this.#bytes += info.size;
    if (info.buffers.length === 0) this.#push(call, sent);
    else if (this.#collect === "copied") {
      const { value, buffers } = withCopies(item, info.buffers);
      this.buffers.push(...buffers);
      this.#push(call, value);
    } else {
      this.buffers.push(...info.buffers);
      if (this.#collect === "all") {
        this.#bytes -= sizeOf(info.buffers) * (1 - MOVED_SHARE);
      }
      this.#push(call, sent);
    }
    return true;
  }

  /**
   * An object as it can go with the others where buffers are moved; undefined if it cannot. They are gone also when Deno
   * refuses the message: so nothing goes with those of another call that it may refuse.
   */
  #certain(item: unknown, { buffers }: ValueInfo): unknown {
    if (buffers.length === 0) {
      if (this.buffers.length > 0) return undefined;
    } else {
      if (this.#isDoubtful) return undefined;
      if (ArrayBuffer.isView(item)) return item; // as most of them are
      const same = withSame(item as object);
      if (same !== undefined || this.calls.length > 0) return same;
    }
    this.#isDoubtful = true;
    return item;
  }

  #push(call: Call, item: unknown): void {
    if (this.calls.length > 0) {
      this.calls.push(call);
      this.items.push(item);
    } else {
      // Literals, which have no room for more: where calls are made one by one, there is no other.
      this.calls = [call];
      this.items = [item];
    }
  }
}

function sizeOf(buffers: readonly ArrayBuffer[]): number {
  return buffers.reduce((sum, { byteLength }) => sum + byteLength, 0);
}
