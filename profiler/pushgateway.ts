/**
 * Pushes metrics to a Pushgateway: one request a tick, whatever there is to tell.
 *
 * @module
 */
import {
  type Answer,
  ask,
  compress,
  type GatewayAccess,
  groupPath,
} from "./_gateway_http.ts";
import type { PushCost } from "./_own_metrics.ts";

export type { GatewayAccess } from "./_gateway_http.ts";
export type { PushCost } from "./_own_metrics.ts";

/** Takes what the user should hear of. */
export interface Log {
  /** What happens, as it should. */
  info(message: string): void;
  /** What is odd but goes on. */
  warn(message: string): void;
}

/** Options of {@linkcode Pushgateway}. */
export interface PushgatewaySettings extends GatewayAccess {
  /** Seconds after which an attempt is given up. @default {5} */
  timeout?: number;
  /** Label `job` of the group. @default {"lithops"} */
  job?: string;
  /** Label `instance` of the group. */
  instance: string;
  /** Takes what the user should hear of: that pushes fail, once, and that they succeed again. */
  log: Log;
  /** Milliseconds before the first retry; doubled for each further one, up to 30 s. @default {500} */
  backoff?: number;
}

/** Options of {@linkcode Pushgateway.close}. */
export interface CloseOptions {
  /** What is pushed last; nothing unless given. */
  final?: string | undefined;
  /** Seconds until the group is deleted; `false` leaves it there. @default {0} */
  deleteAfter?: number | false;
  /** Ends that wait when it aborts: the group is deleted at once. */
  signal?: AbortSignal | undefined;
}

/** A text shorter than this is not worth compressing. */
const COMPRESS_FROM = 1024;
/** Milliseconds for which the end waits for a gateway that has not answered well before. */
const PATIENCE = 1000;
const MAX_BACKOFF = 30_000;

/** Pushes metrics into one group of a Pushgateway. Nothing here ever throws or rejects. */
export class Pushgateway {
  /** The gateway and the credentials for it. */
  readonly access: GatewayAccess;
  /** Path of the group. */
  readonly path: string;
  readonly #timeout: number;
  readonly #backoff: number;
  readonly #log: Log;
  readonly #hurry = new AbortController();
  readonly #cost: PushCost = {
    pushed: 0,
    failed: 0,
    dropped: 0,
    retried: 0,
    duration: null,
    bytes: null,
  };
  #next: string | undefined;
  #loop: Promise<void> | undefined;
  #wake: () => void = () => {};
  #closed: Promise<void> | undefined;
  #gzip = true;
  /** Attempts that failed since the last success. */
  #failures = 0;
  #told = false;
  #answered = false;
  /** When the attempt that goes on began. */
  #startedAt: number | undefined;
  /** The last attempt had no answer within its time. */
  #hangs = false;

  /** Sends nothing yet. */
  constructor(settings: PushgatewaySettings) {
    const { url, username, password, token, job = "lithops", instance } =
      settings;
    this.access = {
      url: url.replace(/\/+$/, ""),
      username,
      password,
      token,
    };
    this.path = groupPath([["job", job], ["instance", instance]]);
    this.#timeout = (settings.timeout ?? 5) * 1000;
    this.#backoff = settings.backoff ?? 500;
    this.#log = settings.log;
  }

  /** What pushing has cost so far. */
  get cost(): PushCost {
    return { ...this.#cost };
  }

  /**
   * Has `text` pushed, and returns at once. One push is under way at a time; of the texts that come meanwhile, the last
   * goes out after it.
   */
  push(text: string): void {
    if (this.#closed !== undefined) return;
    if (this.#next !== undefined) this.#cost.dropped++;
    this.#next = text;
    this.#loop ??= this.#run().finally(() => this.#loop = undefined);
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.#loop !== undefined) await this.#loop;
  }

  /**
   * Pushes a last text, then deletes the group. A gateway that has not answered well so far is not waited for longer than
   * a second, counted from the attempt that is under way.
   */
  close(options: CloseOptions = {}): Promise<void> {
    this.#closed ??= this.#close(options);
    return this.#closed;
  }

  async #run(): Promise<void> {
    while (this.#next !== undefined) {
      const text = this.#next;
      this.#next = undefined;
      if (this.#failures > 0) this.#cost.retried++;
      const answer = await this.#put(text, this.#timeout);
      if (answer.ok) continue;
      // What the gateway refuses, it refuses again.
      if (!isRefusal(answer.status)) this.#next ??= text;
      if (this.#closed === undefined) await this.#sleep(this.#delay());
      if (this.#closed !== undefined) return;
    }
  }

  async #close({ final, deleteAfter = 0, signal }: CloseOptions) {
    const isTrusted = this.#cost.pushed > 0 && this.#failures === 0;
    const patience = isTrusted ? this.#timeout : PATIENCE;
    const began = this.#startedAt ?? performance.now();
    const deadline = this.#hangs ? 0 : began + patience;
    this.#wake();
    const timer = setTimeout(
      () => this.#hurry.abort(),
      Math.max(0, deadline - performance.now()),
    );
    if (final !== undefined && this.#next !== undefined) this.#drop();
    await this.idle();
    clearTimeout(timer);
    const last = final ?? this.#next;
    if (final !== undefined && this.#next !== undefined) this.#drop();
    // One that has answered well meanwhile is given all the time.
    const left = this.#cost.pushed > 0 && this.#failures === 0
      ? this.#timeout
      : deadline - performance.now();
    if (last !== undefined && left > 0) await this.#put(last, left);
    if (deleteAfter !== false && this.#answered) {
      if (deleteAfter > 0 && this.#cost.pushed > 0) {
        await sleep(deleteAfter * 1000, signal);
      }
      await this.#delete(isTrusted ? this.#timeout : PATIENCE);
    }
    const { failed, pushed } = this.#cost;
    if (failed > 1) {
      this.#log.warn(
        `${failed} of ${
          failed + pushed
        } pushes to the Pushgateway at ${this.access.url} failed`,
      );
    }
  }

  #drop(): void {
    this.#next = undefined;
    this.#cost.dropped++;
  }

  async #put(text: string, timeout: number): Promise<Answer> {
    const began = this.#startedAt = performance.now();
    let gzip = this.#gzip && text.length >= COMPRESS_FROM;
    let answer = await this.#send(text, gzip, timeout);
    if (gzip && (answer.status === 400 || answer.status === 415)) {
      // It may not know gzip (before 1.5); if it does, its words about the plain text are clearer.
      gzip = false;
      const left = timeout - (performance.now() - began);
      answer = await this.#send(text, gzip, left);
      if (answer.ok) this.#gzip = false;
    }
    this.#startedAt = undefined;
    this.#cost.duration = (performance.now() - began) / 1000;
    this.#note(answer);
    return answer;
  }

  async #send(text: string, gzip: boolean, timeout: number): Promise<Answer> {
    const body = gzip ? await compress(text) : new TextEncoder().encode(text);
    this.#cost.bytes = body.length;
    return await ask(this.access, this.path, {
      method: "PUT",
      body,
      gzip,
      timeout,
      signal: this.#hurry.signal,
    });
  }

  #note(answer: Answer): void {
    if (answer.status !== null) this.#answered = true;
    if (answer.ok) {
      this.#cost.pushed++;
      if (this.#failures > 0) {
        this.#log.info(
          `The Pushgateway at ${this.access.url} takes metrics again`,
        );
      }
      this.#failures = 0;
      this.#hangs = false;
      return;
    }
    this.#failures++;
    this.#cost.failed++;
    this.#hangs = answer.isLate;
    if (this.#told) return;
    this.#told = true;
    this.#log.warn(
      `Cannot push metrics to the Pushgateway at ${this.access.url} as ${answer.reason}; ` +
        "calls go on without, and further failures are counted",
    );
  }

  async #delete(timeout: number): Promise<void> {
    const answer = await ask(this.access, this.path, {
      method: "DELETE",
      timeout,
    });
    if (answer.ok || this.#failures > 0) return; // else it has been told
    this.#log.warn(
      `Cannot delete what was pushed to the Pushgateway at ${this.access.url} as ${answer.reason}; ` +
        "`lithoscope gateway clean` does so later",
    );
  }

  /** Doubled with each failure, and of any length from half to all of that: hosts that fail together come back apart. */
  #delay(): number {
    const longest = Math.min(
      MAX_BACKOFF,
      this.#backoff * 2 ** (this.#failures - 1),
    );
    return longest * (0.5 + Math.random() / 2);
  }

  /** Waits, without keeping the script alive, until the time is over or the end has come. */
  async #sleep(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      Deno.unrefTimer(timer);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = () => {};
  }
}

/** Whether the same text would be refused again. */
function isRefusal(status: number | null): boolean {
  return status !== null && status >= 400 && status < 500 && status !== 408 &&
    status !== 429;
}

async function sleep(ms: number, signal: AbortSignal | undefined) {
  if (signal?.aborted) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done);
  });
}
