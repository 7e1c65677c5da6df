/**
 * Connections to Redis: how they are opened, how they come back, and what is said when they do not.
 *
 * @module
 */
import type { Redis } from "../_bullmq.ts";
import type { Logger } from "../../log.ts";
import { TurnRedis } from "./turn_redis.ts";

/** Longest pause between two attempts to connect, in milliseconds. */
const MAX_PAUSE = 2000;

/** What Redis says to the wrong user or password. */
const DENIED = /WRONGPASS|NOAUTH|NOPERM|invalid password|without any password/i;

/** What is said of a certificate that nobody here vouches for. */
const UNTRUSTED = /certificate|UnknownIssuer/i;

/** Options of {@linkcode connect}. */
export interface ConnectOptions {
  /** Where Redis is. */
  url: string;
  /** Milliseconds until it is given up; Infinity for never. */
  patience: number;
  /** Where a lost connection is told. */
  log: Logger;
}

/** The URL without user and password, for messages. */
export function shownUrl(url: string): string {
  const shown = new URL(url);
  shown.username = shown.password = "";
  return shown.href.replace(/\/$/, "");
}

/** A connection that is up. Rejects with what is wrong: a password that is not taken is never tried again. */
export async function connect(
  { url, patience, log }: ConnectOptions,
): Promise<Redis> {
  const redis = new TurnRedis(url, {
    lazyConnect: true,
    maxRetriesPerRequest: null,
    enableOfflineQueue: true,
    connectionName: "lithoscope",
    retryStrategy: (times) => Math.min(50 * 2 ** times, MAX_PAUSE),
    reconnectOnError: () => false,
  });
  const where = shownUrl(url);
  let isUp = false, isSaid = false;
  const failed = Promise.withResolvers<never>();
  const timer = patience < Infinity
    ? setTimeout(() => failed.reject(new Error(last)), patience)
    : undefined;
  let last = "no answer";
  redis.on("error", (error: Error) => {
    last = reasonOf(error);
    if (DENIED.test(last) || UNTRUSTED.test(last)) {
      failed.reject(new Error(last)); // trying again would not help
    } else if (!isUp && patience === Infinity && !isSaid) {
      isSaid = true;
      log.warn(`Cannot reach Redis at ${where} yet: ${last}`);
    }
  });
  const ready = new Promise<void>((resolve) => redis.once("ready", resolve));
  redis.connect().catch(() => {}); // told by the event too
  try {
    await Promise.race([ready, failed.promise]);
  } catch (error) {
    await disconnect(redis);
    const cause = error as Error;
    throw new Error(
      UNTRUSTED.test(cause.message)
        ? `Cannot trust Redis at ${where} as its certificate is not in order: ${cause.message}; name the authority that signed it by DENO_CERT=FILE in the environment`
        : DENIED.test(cause.message)
        ? `Cannot use Redis at ${where} as it does not take the user and password of the URL: ${cause.message}`
        : `Cannot reach Redis at ${where}: ${cause.message}`,
    );
  } finally {
    clearTimeout(timer);
  }
  isUp = true;
  failed.promise.catch(() => {});
  redis.on("close", () => {
    if (!isUp) return;
    isUp = false;
    if (redis.status !== "end" && !closing.has(redis)) {
      log.warn(`Lost the connection to Redis at ${where}; trying again`);
    }
  });
  redis.on("ready", () => {
    isUp = true;
    log.info(`Redis at ${where} is back`);
  });
  return redis;
}

/** Connections that are on their way out: nobody need hear of it. */
const closing = new WeakSet<Redis>();

/** Another connection to the same place, for what blocks. */
export function another(redis: Redis): Redis {
  const made = redis.duplicate({ lazyConnect: false });
  made.on("error", () => {}); // the first one tells
  return made;
}

/**
 * Ends a connection at once. Resolves when it is closed: to true if what waited for answers on it has been rejected, and
 * to false if it was lost before, as then nothing is heard of that any more.
 */
export async function disconnect(redis: Redis): Promise<boolean> {
  closing.add(redis);
  if (redis.status === "end") return true;
  const isLost = redis.status === "reconnecting";
  const ended = new Promise<void>((resolve) => redis.once("end", resolve));
  redis.disconnect();
  if (isLost) return false;
  await ended;
  return true;
}

/** Whether Redis says anything within `patience` milliseconds: a connection may seem to be up for minutes when it is not. */
export async function answers(
  redis: Redis,
  patience: number,
): Promise<boolean> {
  if (redis.status !== "ready") return false;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), patience);
  redis.ping().then(() => resolve(true), () => resolve(false));
  const isThere = await promise;
  clearTimeout(timer);
  return isThere;
}

/** Whether an error is Redis saying that its memory is full. */
export function isFull(error: unknown): boolean {
  return /\bOOM\b|maxmemory/.test(reasonOf(error));
}

/** Whether a command was cut off with its connection: nobody knows whether Redis has heard of it. */
export function isCut(error: unknown): boolean {
  return (error as Error).name === "AbortError";
}

/** What is wrong, in words that hold no password. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") {
    return reasonOf(error.errors[0]);
  }
  const { message, code } = error as Error & { code?: string };
  return message || code || String(error);
}
