/**
 * Workers of a host that somebody has stopped, and which runs know of it: each run that has calls here is told once, as
 * nobody there sees what this host logs.
 *
 * @module
 */
import { whatWaits } from "../_standstill.ts";
import type { HostedRun } from "./inbox.ts";
import type { StoppedNews } from "./protocol.ts";

/** The stopped workers of one host. */
export class Stoppages {
  readonly #host: { readonly id: string; readonly name: string };
  /** In what way each is stopped, by number. */
  readonly #stopped = new Map<number, string>();
  /** Those of which a run knows. */
  readonly #told = new WeakMap<HostedRun, Set<number>>();

  /** Those of the host of that id and name; none yet. */
  constructor(host: { readonly id: string; readonly name: string }) {
    this.#host = host;
  }

  /** A worker has been stopped, in this way; `null` if it goes on, or has ended. */
  set(worker: number, why: string | null): void {
    if (why === null) this.#stopped.delete(worker);
    else this.#stopped.set(worker, why);
  }

  /** What a run is to be told that it does not know. */
  newsFor(run: HostedRun): StoppedNews[] {
    const told = this.#told.get(run) ?? new Set();
    const { id: host, name } = this.#host;
    const news: StoppedNews[] = [];
    for (const worker of told) {
      if (this.#stopped.has(worker)) continue;
      told.delete(worker);
      news.push({ host, name, worker, text: undefined });
    }
    for (const [worker, why] of this.#stopped) {
      if (told.has(worker)) continue;
      this.#told.set(run, told.add(worker));
      const text = `${why}. ${whatWaits(callsOf(run, worker))}`;
      news.push({ host, name, worker, text });
    }
    return news;
  }
}

/** Names of the calls of a run that a worker has begun. */
function callsOf(run: HostedRun, worker: number): string[] {
  return [...run.jobs.values()].flatMap(({ open }) =>
    [...open.values()].flatMap(({ call: { lane, name } }) =>
      lane?.worker.info.id === worker ? name : []
    )
  );
}
