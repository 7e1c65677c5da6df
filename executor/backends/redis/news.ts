/**
 * The news of a worker host: which calls run, what they print, and which workers somebody has stopped.
 *
 * @module
 */
import type { Call } from "../../call.ts";
import type { HostedJob, HostedRun, OpenCall } from "./inbox.ts";
import { nameOf, newsOf } from "./messages.ts";
import type { Outbox } from "./outbox.ts";
import type { ClockReading, StoppedNews } from "./protocol.ts";
import { Stoppages } from "./stoppages.ts";

/** What this needs to know. */
export interface NewsOptions {
  /** Id of the host. */
  id: string;
  /** What it is called. */
  name: string;
  outbox: Outbox;
  /** How the clock of this machine stands to that of Redis, now. */
  clock: () => ClockReading;
}

/** Tells the news. */
export class News {
  readonly stoppages: Stoppages;
  readonly #options: NewsOptions;

  constructor(options: NewsOptions) {
    this.#options = options;
    this.stoppages = new Stoppages(options);
  }

  /** Tells each of these runs what is new of it. */
  tellAll(runs: Iterable<HostedRun>): void {
    for (const run of runs) {
      if (run.isAbandoned) continue;
      for (const hosted of run.jobs.values()) {
        if (hosted.open.size === 0) continue;
        this.tell(hosted, hosted.open.values(), this.stoppages.newsFor(run));
      }
    }
  }

  /** Tells what is new of some calls of a job. */
  tell(
    hosted: HostedJob,
    calls: Iterable<OpenCall>,
    stopped: StoppedNews[] = [],
  ): void {
    const { id, name, outbox, clock } = this.#options;
    const worker = (call: Call) => nameOf(call, id, name)!;
    const news = newsOf(hosted, calls, worker, clock(), stopped);
    if (news !== undefined) outbox.tell(hosted, news);
  }
}
