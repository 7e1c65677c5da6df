/**
 * A way to a server on which an answer can be lost: what was sent has arrived, but the connection is cut before anything
 * comes back, or within that.
 *
 * @module
 */

/** Such a way. */
export interface Proxy extends AsyncDisposable {
  /** Its port on 127.0.0.1. */
  readonly port: number;
  /** Loses the answer to the first thing sent of which this is true, but for its first bytes. @default {0} */
  swallow(when: (sent: string) => boolean, allBut?: number): void;
  /** How often that has happened. */
  readonly swallowed: number;
}

/** Opens a way to a port of 127.0.0.1. */
export function openProxy(to: number): Proxy {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.Conn>();
  let swallow: ((sent: string) => boolean) | undefined;
  let left = 0, swallowed = 0;
  const join = async (near: Deno.Conn): Promise<void> => {
    const far = await Deno.connect({ hostname: "127.0.0.1", port: to });
    const ends = [near, far];
    for (const end of ends) open.add(end);
    const close = () => {
      for (const end of ends) if (open.delete(end)) closeEnd(end);
    };
    let isLost = false;
    const there = near.readable.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform(bytes, controller) {
          if (swallow?.(new TextDecoder("latin1").decode(bytes))) {
            swallow = undefined;
            isLost = true;
          }
          controller.enqueue(bytes);
        },
      }),
    ).pipeTo(far.writable);
    const back = far.readable.pipeTo(
      new WritableStream<Uint8Array>({
        async write(bytes) {
          const passed = isLost ? bytes.subarray(0, left) : bytes;
          if (passed.length > 0) {
            const writer = near.writable.getWriter();
            await writer.write(passed);
            writer.releaseLock();
          }
          if (!isLost) return;
          swallowed++;
          close();
        },
      }),
    );
    await Promise.allSettled([there, back]);
    close();
  };
  const joined: Promise<void>[] = [];
  const accepting = (async () => {
    for await (const near of listener) joined.push(join(near));
  })().catch(() => {});
  return {
    port: (listener.addr as Deno.NetAddr).port,
    swallow: (when, allBut = 0) => {
      swallow = when;
      left = allBut;
    },
    get swallowed() {
      return swallowed;
    },
    [Symbol.asyncDispose]: async () => {
      listener.close();
      for (const end of open) closeEnd(end);
      open.clear();
      await accepting;
      await Promise.allSettled(joined);
    },
  };
}

/** Closes an end, unless its streams have done so as the other side ended. */
function closeEnd(end: Deno.Conn): void {
  try {
    end.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
