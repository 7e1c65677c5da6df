/**
 * The options of `map`, `mapReduce` and `callAsync`, and the types of what they take. All durations are seconds.
 *
 * @module
 */
import {
  checkOptions,
  isArray,
  isBoolean,
  isCount,
  isDelay,
  isDuration,
  isFunction,
  isPositiveInteger,
  isRecord,
  isSignal,
  type Rule,
  type Rules,
  show,
} from "./_check.ts";
import type { TaskRef } from "./function.ts";
import type { JobOptions } from "./job.ts";
import type { BackendName } from "./options.ts";
import type { CallContext } from "./worker/context.ts";
import { TAG } from "./backends/redis/tags.ts";
import { inspectValue } from "./worker/values.ts";

/**
 * What a function gets behind its item. As a condition, so that `X` is found out from `extraArgs` alone: a function need
 * not take all it is given.
 *
 * @internal
 */
export type Rest<X extends readonly unknown[]> = [X] extends
  [infer Args extends readonly unknown[]] ? [...Args, CallContext] : never;

/** A function that runs in a worker: it gets the item, then `extraArgs`, then the context of its call. */
export type CallFunction<I, X extends readonly unknown[], R> = (
  item: I,
  ...rest: Rest<X>
) => R;

/** What runs in workers: a function that is sent as source, or one of a module. */
export type Runnable<I, X extends readonly unknown[], R> =
  | CallFunction<I, X, R>
  | TaskRef<CallFunction<I, X, R>>;

/** Input: anything that can be iterated, also asynchronously. */
export type Items<I> = Iterable<I> | AsyncIterable<I>;

/** Options of `callAsync` and `map`. */
export interface MapOptions<X extends readonly unknown[] = readonly unknown[]> {
  /** Arguments behind the item. A worker gets them once for all its calls, which share them. @default {[]} */
  extraArgs?: X;
  /** Environment variables of the calls: in `ctx.env`, and on the process backend in `Deno.env` too. @default {{}} */
  extraEnv?: Record<string, string | number | boolean>;
  /** Seconds a call may run, from the start of its function. @default {Infinity} as the executor was told */
  timeout?: number;
  /** Calls sent to a worker together. @default {undefined} found out from how long calls take */
  chunksize?: number;
  /** Times a failed call is run again. @default {0} as the executor was told */
  retries?: number;
  /** Seconds before the first retry; doubled for each further one, and varied a little. @default {0.05} */
  retryDelay?: number;
  /** Whether a failure is worth another attempt; `attempt` is the one that failed. @default {undefined} always */
  retryIf?: (error: Error, attempt: number) => boolean;
  /** Cancels the calls of the job. @default {undefined} none */
  signal?: AbortSignal;
  /** What a machine must have to run the calls: workers are told by `--tags`; redis backend. @default {undefined} nothing */
  requires?: { tags: string[] };
  /**
   * Moves array buffers in items and results instead of copying them (thread backend). Some items are moved ahead of their
   * calls; those of a worker that ends are lost, and their calls fail with a `WorkerExitError`. @default {false}
   */
  transfer?: boolean;
}

/** Options of `mapReduce`. */
export interface MapReduceOptions<
  X extends readonly unknown[] = readonly unknown[],
  Y extends readonly unknown[] = readonly unknown[],
> extends MapOptions<X> {
  /** Arguments behind the list of results, for the reduce function. @default {[]} */
  extraArgsReduce?: Y;
}

const isRequirement: Rule = {
  expected: 'an object such as { tags: ["gpu"] }',
  judge: (value) => {
    const tags = (value as { tags?: unknown } | null)?.tags;
    if (!Array.isArray(tags) || Object.keys(value!).length > 1) {
      return TypeError;
    }
    if (!tags.every((tag) => typeof tag === "string")) return TypeError;
    return tags.every((tag) => TAG.test(tag)) ? undefined : RangeError;
  },
};

/** Options of `callAsync` and `map`. */
export const MAP_RULES: Rules = {
  extraArgs: isArray,
  extraEnv: isRecord,
  timeout: isDuration,
  chunksize: isPositiveInteger,
  retries: isCount,
  retryDelay: isDelay,
  retryIf: isFunction,
  signal: isSignal,
  requires: isRequirement,
  transfer: isBoolean,
};

/** Options of `mapReduce`. */
export const MAP_REDUCE_RULES: Rules = {
  ...MAP_RULES,
  extraArgsReduce: isArray,
};

/** What an executor uses where a job says nothing. Durations in seconds. */
export interface JobDefaults {
  /** Longest run of a call. */
  timeout: number;
  /** Further attempts of a failed call. */
  retries: number;
  /** Calls sent together. */
  chunksize: number | undefined;
  /** Where calls run. */
  backend: BackendName;
}

/** Checks the options of a job and fills in what is missing; `action` is for messages: "map", "call", "map-reduce". */
export function resolveJobOptions(
  action: string,
  options: MapReduceOptions,
  defaults: JobDefaults,
): JobOptions {
  const isEmpty = isEmptyRecord(options);
  const known = isEmpty ? byDefaults.get(defaults) : undefined;
  if (known !== undefined) return known;
  const rules = action === "map-reduce" ? MAP_REDUCE_RULES : MAP_RULES;
  checkOptions(action, options, rules);
  const timeout = options.timeout ?? defaults.timeout;
  const retries = options.retries ?? defaults.retries;
  const transfer = options.transfer ?? false;
  if (options.requires !== undefined && defaults.backend !== "redis") {
    throw new TypeError(
      `Cannot ${action} as option "requires" works on the redis backend alone: got backend "${defaults.backend}"`,
    );
  }
  if (transfer && retries > 0) {
    throw new TypeError(
      `Cannot ${action} as option "transfer" leaves nothing to retry with: "retries" is ${retries}`,
    );
  }
  const resolved = {
    extraArgs: checkExtraArgs(action, options.extraArgs),
    env: checkEnv(action, options.extraEnv),
    timeout: timeout === Infinity ? 0 : timeout * 1000,
    chunksize: options.chunksize ?? defaults.chunksize ?? 0,
    retries,
    retryDelay: (options.retryDelay ?? 0.05) * 1000,
    retryIf: options.retryIf,
    signal: options.signal,
    transfer,
    tags: options.requires?.tags ?? NOTHING,
  };
  if (isEmpty) byDefaults.set(defaults, resolved);
  return resolved;
}

function isEmptyRecord(options: object): boolean {
  if (Object.getPrototypeOf(options ?? 0) !== Object.prototype) return false;
  for (const _ in options) return false;
  return true;
}

/** What many jobs do without. */
const NOTHING: readonly never[] = [];
const NO_ENV: Readonly<Record<string, string>> = {};

/** The options of all jobs of an executor that give none. */
const byDefaults = new WeakMap<JobDefaults, JobOptions>();

function checkExtraArgs(
  action: string,
  args: readonly unknown[] = NOTHING,
): readonly unknown[] {
  if (args.length === 0) return NOTHING;
  args.forEach((arg, i) => {
    try {
      inspectValue(arg);
    } catch (cause) {
      throw new TypeError(
        `Cannot ${action} as extraArgs[${i}] cannot be sent: ${
          (cause as Error).message
        }`,
        { cause },
      );
    }
  });
  return [...args];
}

function checkEnv(
  action: string,
  env: Record<string, unknown> = NO_ENV,
): Readonly<Record<string, string>> {
  if (env === NO_ENV) return NO_ENV;
  const checked: Record<string, string> = {};
  for (const [key, value] of Object.entries(env)) {
    if (key === "" || /[=\0]/.test(key)) {
      throw new TypeError(
        `Cannot ${action} as extraEnv names no variable: ${show(key)}`,
      );
    }
    if (
      typeof value !== "string" && typeof value !== "number" &&
      typeof value !== "boolean"
    ) {
      throw new TypeError(
        `Cannot ${action} as extraEnv "${key}" must be a string, a number or a boolean: ${
          show(value)
        }`,
      );
    }
    checked[key] = String(value);
  }
  return checked;
}
