/**
 * Workers that are child processes: exact statistics for each call, and a call that runs out of memory or must be
 * killed takes nobody with it. Messages travel on a Unix socket; stdout and stderr are left to the functions.
 *
 * @module
 */
import type { Logger } from "../log.ts";
import { openCodec } from "../worker/clone.ts";
import { type FrameSource, readFrames } from "../worker/frames.ts";
import { epochMillis, type Hello } from "../worker/protocol.ts";
import { type Packed, unpack } from "../worker/wire.ts";
import type { ChildOptions } from "./_child.ts";
import { OomKills } from "./_oom_kills.ts";
import { canMapFiles } from "../worker/memory_file.ts";
import { chooseSite, isInMemory, makePlace, type Site } from "./_place.ts";
import {
  type Connected,
  type Frames,
  ProcessSlot,
  type Shared,
} from "./_process_slot.ts";
import { Reaper } from "./_reaper.ts";
import type { Backend, Slot, SpawnOptions } from "./backend.ts";

/** Bytes of a hello at most. */
const HELLO_BYTES = 4096;
/** Milliseconds that a child may take to connect: more than any machine needs that still gets anything done. */
const START_DELAY = 60_000;

/** What all workers of a backend have in common. */
export type ProcessOptions = Omit<ChildOptions, "folder">;

/** What its children share. */
type Common = Omit<Shared, keyof ProcessOptions> & {
  listener: Deno.UnixListener;
};

/** Starts child processes. */
export class ProcessBackend implements Backend {
  readonly kind = "process";
  readonly #options: ProcessOptions;
  readonly #log: Logger;
  readonly #waiting = new Map<string, (connected: Connected) => void>();
  readonly #starting = new Set<Slot>();
  #shared: Common | undefined;
  #accepting: Promise<void> | undefined;
  #codecTimer: ReturnType<typeof setTimeout> | undefined;
  /** Connections that have not proved who they are. */
  readonly #strangers = new Set<Deno.UnixConn>();

  /** A backend that starts nothing yet. */
  constructor(options: ProcessOptions, log: Logger) {
    this.#options = options;
    this.#log = log;
  }

  /** Starts a child; rejects with a `WorkerExitError` if it ends before its first message, or keeps us waiting for it. */
  async spawn(options: SpawnOptions): Promise<Slot> {
    const { listener, ...shared } = this.#share(options.marker);
    const slot = new ProcessSlot(
      options,
      { ...this.#options, ...shared },
      this.#waiting,
    );
    // Not before the child is on its way, which takes long enough until it connects.
    this.#accepting ??= this.#accept(listener);
    this.#starting.add(slot);
    const timer = setTimeout(() => slot.late(START_DELAY), START_DELAY);
    await slot.started.finally(() => {
      clearTimeout(timer);
      this.#starting.delete(slot);
    });
    // Behind the first calls, while they run: what is left to do until then should not wait for it.
    this.#codecTimer ??= setTimeout(openCodec, 0);
    return slot;
  }

  /** Kills those that have not connected. */
  abandon(): void {
    for (const slot of this.#starting) slot.kill();
  }

  /** Closes the socket and removes its folder. */
  async close(): Promise<void> {
    clearTimeout(this.#codecTimer);
    const shared = this.#shared;
    if (shared === undefined) return;
    this.#shared = undefined;
    // Its last accept must be seen to end.
    shared.listener.ref();
    shared.listener.close();
    await this.#accepting;
    for (const stranger of this.#strangers) stranger.close();
    this.#strangers.clear();
    await shared.reaper.close();
  }

  #share(marker: string): Common {
    if (this.#shared === undefined) {
      // In memory, unless the workers may not do everything, which /dev is closed to then.
      const site = chooseSite(this.#options.permissions === "inherit");
      // All but the number of the worker: what others of the executor have left behind is meant too.
      const reaper = new Reaper(site, marker.replace(/[^/]*$/, ""), this.#log);
      const place = this.#makePlace(site, reaper);
      place.listener.unref();
      this.#shared = {
        ...place,
        reaper,
        oomKills: new OomKills(),
        memory: once(() =>
          isInMemory(place.folder) && canMapFiles(place.folder)
        ),
      };
    }
    return this.#shared;
  }

  #makePlace(site: Site, reaper: Reaper): ReturnType<typeof makePlace> {
    try {
      return makePlace(site);
    } catch (error) {
      void reaper.close();
      throw error;
    }
  }

  async #accept(listener: Deno.UnixListener): Promise<void> {
    try {
      for await (const connection of listener) void this.#greet(connection);
    } catch {
      // The listener was closed.
    }
  }

  /** Finds the child that has connected by the secret it was given. */
  async #greet(connection: Deno.UnixConn): Promise<void> {
    connection.unref();
    this.#strangers.add(connection);
    const source: FrameSource = { bytes: HELLO_BYTES };
    const frames = readFrames(connection, source);
    const taker = await firstHello(frames).then(
      (hello) => hello && this.#taker(hello),
      () => undefined, // What is no frame is no hello.
    );
    if (!this.#strangers.delete(connection)) return; // The backend was closed.
    if (taker === undefined) return connection.close();
    source.bytes = Infinity;
    const { hello, take } = taker;
    take({ connection, frames, source, hello, at: epochMillis() });
  }

  /** The child that said this, if it is one of ours. */
  #taker(hello: Hello) {
    const take = this.#waiting.get(hello.secret);
    return take === undefined ? undefined : { take, hello };
  }
}

/** The first message of a connection, if it is a hello. */
async function firstHello(frames: Frames): Promise<Hello | undefined> {
  const first = await frames.next();
  const hello = first.done
    ? undefined
    : unpack(first.value[0] as Packed) as Hello | undefined;
  return hello?.type === "hello" ? hello : undefined;
}

/** What `ask` says, which is asked once. */
function once(ask: () => boolean): () => boolean {
  let answer: boolean | undefined;
  return () => answer ??= ask();
}
