/**
 * A gate that functions in workers wait at, so that a test knows when a call has started and decides when it goes on:
 *
 *     await using gate = openGate();
 *     fexec.map(async (name, url) => await (await fetch(url + name)).text(), ["a"], { extraArgs: [gate.url] });
 *     await gate.arrived("a"); // the call runs
 *     gate.open("a", "said to it");
 *
 * @module
 */
import { within } from "./executors.ts";

/** A gate on a port of its own. */
export interface Gate extends AsyncDisposable {
  /** Ends with a slash; the name of who waits goes behind it. */
  readonly url: string;
  /** Resolves when somebody of this name waits, or has waited, here; rejects if nobody comes for a minute. */
  arrived(name: string): Promise<void>;
  /** Lets everybody of this name through, now or later; they get `text`. */
  open(name: string, text?: string): void;
  /** Lets everybody through. */
  openAll(): void;
  /** Everybody who has come so far, in that order. */
  readonly seen: readonly string[];
}

interface Door {
  arrived: PromiseWithResolvers<void>;
  opened: PromiseWithResolvers<string>;
}

/** Opens a port that no name gets through yet. */
export function openGate(): Gate {
  const doors = new Map<string, Door>();
  const seen: string[] = [];
  let everybody = false;
  const doorOf = (name: string): Door => {
    let door = doors.get(name);
    if (door === undefined) {
      door = {
        arrived: Promise.withResolvers(),
        opened: Promise.withResolvers(),
      };
      doors.set(name, door);
      if (everybody) door.opened.resolve("");
    }
    return door;
  };
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const name = decodeURIComponent(new URL(request.url).pathname.slice(1));
      seen.push(name);
      const door = doorOf(name);
      door.arrived.resolve();
      const text = await door.opened.promise;
      return new Response(text, { headers: { connection: "close" } });
    },
  );
  const openAll = () => {
    everybody = true;
    for (const door of doors.values()) door.opened.resolve("");
  };
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    arrived: (name) => within(doorOf(name).arrived.promise),
    open: (name, text = "") => doorOf(name).opened.resolve(text),
    openAll,
    seen,
    [Symbol.asyncDispose]: async () => {
      openAll();
      await server.shutdown();
    },
  };
}
