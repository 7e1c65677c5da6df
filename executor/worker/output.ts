/**
 * What a call prints, caught inside the worker and told apart by call: the methods of `console`, and writes to
 * `Deno.stdout` and `Deno.stderr`. What a child process prints by itself goes to the worker's own streams instead.
 *
 * @module
 */

/** Receives printed text as it comes. */
export type Sink = (text: string) => void;

type Printer = (text: string, level: number) => void;
type ConsoleConstructor = new (print: Printer) => Console;

/** Sends everything printed in this isolate to `sink`. */
export function captureOutput(sink: Sink): void {
  const captured = makeConsole(sink);
  for (const key of Object.keys(captured) as (keyof Console)[]) {
    const method = captured[key];
    if (typeof method === "function") {
      Object.defineProperty(console, key, {
        value: method,
        configurable: true,
        writable: true,
        enumerable: true,
      });
    }
  }
  for (const stream of [Deno.stdout, Deno.stderr]) {
    const decoder = new TextDecoder();
    const take = (bytes: Uint8Array) => {
      sink(decoder.decode(bytes, { stream: true }));
      return bytes.length;
    };
    Object.defineProperty(stream, "writeSync", { value: take });
    Object.defineProperty(stream, "write", {
      value: (bytes: Uint8Array) => Promise.resolve(take(bytes)),
    });
    // One for each who asks: a call may close its own or keep it locked, and what it queues there stays with it.
    Object.defineProperty(stream, "writable", {
      get: () => new WritableStream({ write: (bytes) => void take(bytes) }),
    });
  }
}

/**
 * A console of Deno's own making that prints to `sink`, so that tables, groups and timers look as ever; a plain one if
 * a later Deno hides its class.
 */
function makeConsole(sink: Sink): Console {
  const internals = Deno as unknown as {
    internal?: symbol;
    [key: symbol]: { Console?: ConsoleConstructor } | undefined;
  };
  const Console = internals.internal === undefined
    ? undefined
    : internals[internals.internal]?.Console;
  if (Console !== undefined) return new Console((text) => sink(text));
  const print = (...values: unknown[]) =>
    sink(values.map(show).join(" ") + "\n");
  return {
    log: print,
    info: print,
    debug: print,
    warn: print,
    error: print,
  } as unknown as Console;
}

function show(value: unknown): string {
  return typeof value === "string" ? value : Deno.inspect(value);
}
