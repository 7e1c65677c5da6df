/**
 * What a function learns of the call it runs in: its last argument, `ctx`.
 *
 * @module
 */

/** The last argument of every function that a call runs. */
export interface CallContext {
  /** Position of the item in its job, from 0. */
  readonly id: number;
  /** `"M001"`. */
  readonly jobId: string;
  /** `"00042"`. */
  readonly callId: string;
  /** 1 for the first run, 2 for the first retry. */
  readonly attempt: number;
  /** Aborted when the call is cancelled; its worker is ended a little later. */
  readonly signal: AbortSignal;
  /** The `extraEnv` of the job. */
  readonly env: Readonly<Record<string, string>>;
}

/** The context of a call; what costs is made when first asked for. */
export class RunningContext implements CallContext {
  readonly id: number;
  readonly jobId: string;
  readonly attempt: number;
  readonly env: Readonly<Record<string, string>>;
  #controller: AbortController | undefined;

  /** A context for call `id` of job `jobId`. */
  constructor(
    id: number,
    jobId: string,
    attempt: number,
    env: Readonly<Record<string, string>>,
  ) {
    this.id = id;
    this.jobId = jobId;
    this.attempt = attempt;
    this.env = env;
  }

  get callId(): string {
    return String(this.id).padStart(5, "0");
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  /** Aborts the signal. */
  abort(reason: unknown): void {
    this.#controller ??= new AbortController();
    this.#controller.abort(reason);
  }
}
