/**
 * Executors for tests: one body for both backends, with every executor ended when the body is, and a limit so that
 * something that hangs is a failure and not the end of the suite.
 *
 * @module
 */
import { FunctionExecutor, type FunctionExecutorOptions } from "../mod.ts";

/** A backend of this machine. */
export type LocalBackend = "process" | "thread";

/** Where calls can run without other machines. */
export const BACKENDS: readonly LocalBackend[] = ["process", "thread"];

/** Makes an executor of the backend under test: quiet, with two workers, unless told otherwise. */
export type Make = (options?: FunctionExecutorOptions) => FunctionExecutor;

/** How a test body runs. */
export interface TestOptions {
  /** Seconds until it is given up. @default {100} */
  limit?: number;
  /** Skips it. @default {false} */
  ignore?: boolean;
  /** The driver of the browser keeps pipes and timers of its own. @default {false} */
  usesBrowser?: boolean;
}

/** Registers a test on each backend. */
export function onEach(
  name: string,
  body: (make: Make, backend: LocalBackend) => Promise<void>,
  options: TestOptions = {},
): void {
  for (const backend of BACKENDS) on(backend, name, body, options);
}

/** Registers a test on one backend. */
export function on(
  backend: LocalBackend,
  name: string,
  body: (make: Make, backend: LocalBackend) => Promise<void>,
  { limit = 100, ignore = false, usesBrowser = false }: TestOptions = {},
): void {
  Deno.test({
    name: `${name} [${backend}]`,
    ignore,
    sanitizeOps: !usesBrowser,
    sanitizeResources: !usesBrowser,
    timeout: (limit + 50) * 1000,
    fn: async () => {
      const made: FunctionExecutor[] = [];
      const make: Make = (options = {}) => {
        const fexec = new FunctionExecutor({
          backend,
          workers: 2,
          progress: false,
          logLevel: "none",
          ...options,
        });
        made.push(fexec);
        return fexec;
      };
      try {
        await within(body(make, backend), limit);
      } finally {
        await within(
          Promise.all(made.map((fexec) => fexec.terminate())),
          40,
        );
      }
    },
  });
}

/** `promise`, or an error when it takes longer than `seconds`: for what hangs, not for what is slow. */
export async function within<T>(
  promise: PromiseLike<T>,
  seconds = 60,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`Still waiting after ${seconds} seconds`)),
      seconds * 1000,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Lets what can happen now happen: a turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Waits until `isTrue`, looking again every few milliseconds. */
export async function until(
  isTrue: () => boolean,
  seconds = 60,
): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!isTrue()) {
    if (performance.now() > end) throw new Error(`Never true: ${isTrue}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
