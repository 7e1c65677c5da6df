/**
 * Samples looked at by worker, by call, and in total.
 *
 * @module
 */
import type {
  Collection,
  RunningCall,
  Sample,
  ThreadSample,
  TreeSample,
  TreeUsage,
} from "./record.ts";

/**
 * What the samples tell of one call. The memory is that of its worker's process tree (of the whole process of the script
 * on the thread backend), at the instants at which the call ran; `null` without a sample.
 */
export interface CallProfile {
  /** Executor, `<6 hex>-<n>`. */
  executor_id: string;
  /** Job of the call, `"M001"`. */
  job_id: string;
  /** The call, `"00042"`. */
  call_id: string;
  /** Worker that ran it last; `null` if that is not known. */
  worker_id: number | null;
  /** Collections that were taken while it ran; 0 for most calls shorter than the interval. */
  profile_samples: number;
  /** Highest resident memory of the worker and its descendants together. */
  profile_peak_rss: number | null;
  /** Highest PSS of the worker and its descendants together: shared pages count once. `null` if not read meanwhile. */
  profile_peak_pss: number | null;
  /** Highest USS of the worker and its descendants together; `null` if not read meanwhile. */
  profile_peak_uss: number | null;
  /** Highest CPU use between two collections that both fell into the call, 100 a core. */
  profile_peak_cpu_percent: number | null;
  /** Most processes at once. */
  profile_peak_processes: number | null;
  /** Most threads at once. */
  profile_peak_threads: number | null;
  /** Highest rate of bytes fetched from storage between two collections that both fell into the call. */
  profile_peak_storage_read_rate: number | null;
  /** Highest rate of bytes sent to storage between two collections that both fell into the call. */
  profile_peak_storage_write_rate: number | null;
}

/** Everything that was sampled of one worker. */
export interface WorkerProfile {
  /** Number of the worker; `null` for the script's own process, or a command. */
  worker_id: number | null;
  /** Its tree, from collection to collection. */
  trees: TreeSample[];
  /** The processes of its tree. */
  processes: Sample[];
  /** Its thread (thread backend). */
  threads: ThreadSample[];
}

/** Samples of a run. */
export class Profile {
  /** The collections, oldest first. */
  readonly collections: readonly Collection[];
  /** Collections that are no longer among them, as the ring in memory was full; a record file has them. */
  readonly dropped: number;

  /** Wraps collections, from a sampler or from a record file. */
  constructor(collections: readonly Collection[], dropped = 0) {
    this.collections = collections;
    this.dropped = dropped;
  }

  /** Use of all workers together, in the last collection; `null` without one. */
  total(): TreeUsage | null {
    return this.collections.at(-1)?.total ?? null;
  }

  /** Samples by worker, the script's own process (`worker_id: null`) among them. */
  byWorker(): WorkerProfile[] {
    const workers = new Map<number | null, WorkerProfile>();
    const of = (id: number | null): WorkerProfile => {
      let worker = workers.get(id);
      if (worker === undefined) {
        worker = { worker_id: id, trees: [], processes: [], threads: [] };
        workers.set(id, worker);
      }
      return worker;
    };
    for (const { trees, processes, threads } of this.collections) {
      for (const sample of trees) of(sample.worker_id).trees.push(sample);
      for (const sample of processes) {
        of(sample.worker_id).processes.push(sample);
      }
      for (const sample of threads) of(sample.worker_id).threads.push(sample);
    }
    return [...workers.values()].sort((a, b) =>
      (a.worker_id ?? -1) - (b.worker_id ?? -1)
    );
  }

  /**
   * What the samples tell of each call that was running at some collection, in the order of first sight. A call that was
   * retried is one: its peaks are those of all attempts.
   */
  byCall(): CallProfile[] {
    const calls = new Map<string, CallProfile>();
    for (const collection of this.collections) {
      // On the thread backend the calls of all workers are in the tree of the script; its workers are told by thread.
      const threads = new Map<string, ThreadSample>();
      for (const thread of collection.threads) {
        threads.set(`${thread.job_id}/${thread.call_id}`, thread);
      }
      const ussRead = oldestUss(collection.processes);
      for (const tree of collection.trees) {
        for (const call of tree.calls) {
          const name = `${call.job_id}/${call.call_id}`;
          const key = `${tree.executor_id}/${name}`;
          let profile = calls.get(key);
          if (profile === undefined) {
            profile = emptyProfile(tree.executor_id, call);
            calls.set(key, profile);
          }
          addTree(profile, tree, {
            thread: threads.get(name),
            // USS and PSS are read now and then: what was read before the call began is not the call's.
            ussIsIts: ussRead.get(tree.worker_id)! >= call.start_tstamp,
            // Rates are of the time since the collection before: both must fall into the call.
            ratesAreIts: collection.elapsed !== null &&
              call.start_tstamp <= collection.tstamp - collection.elapsed,
          });
        }
      }
    }
    return [...calls.values()];
  }
}

/** When the oldest of the USS values of a worker's processes was read; `-Infinity` if any has not been read. */
function oldestUss(processes: readonly Sample[]): Map<number | null, number> {
  const oldest = new Map<number | null, number>();
  for (const { worker_id, uss_tstamp } of processes) {
    const known = oldest.get(worker_id) ?? Infinity;
    oldest.set(worker_id, Math.min(known, uss_tstamp ?? -Infinity));
  }
  return oldest;
}

function emptyProfile(executorId: string, call: RunningCall): CallProfile {
  return {
    executor_id: executorId,
    job_id: call.job_id,
    call_id: call.call_id,
    worker_id: null,
    profile_samples: 0,
    profile_peak_rss: null,
    profile_peak_pss: null,
    profile_peak_uss: null,
    profile_peak_cpu_percent: null,
    profile_peak_processes: null,
    profile_peak_threads: null,
    profile_peak_storage_read_rate: null,
    profile_peak_storage_write_rate: null,
  };
}

type Peak = keyof CallProfile & `profile_peak_${string}`;

function raise(profile: CallProfile, key: Peak, value: number | null): void {
  if (value === null) return;
  profile[key] = Math.max(profile[key] ?? value, value);
}

/** What of a tree's sample is a call's. */
interface Share {
  /** The thread that ran the call (thread backend). */
  thread: ThreadSample | undefined;
  /** USS and PSS were read while it ran. */
  ussIsIts: boolean;
  /** Rates and percentages are of a time in which it ran throughout. */
  ratesAreIts: boolean;
}

function addTree(profile: CallProfile, tree: TreeSample, share: Share): void {
  const { thread, ussIsIts, ratesAreIts } = share;
  profile.worker_id = tree.worker_id ?? thread?.worker_id ?? profile.worker_id;
  profile.profile_samples++;
  raise(profile, "profile_peak_rss", tree.rss);
  if (ussIsIts) {
    raise(profile, "profile_peak_pss", tree.pss);
    raise(profile, "profile_peak_uss", tree.uss);
  }
  raise(profile, "profile_peak_processes", tree.processes);
  raise(profile, "profile_peak_threads", tree.threads);
  if (!ratesAreIts) return;
  // The thread's own CPU use is the call's; that of the script's process is of all calls together.
  const percent = tree.kind === "host" ? thread?.cpu_percent : tree.cpu_percent;
  raise(profile, "profile_peak_cpu_percent", percent ?? null);
  raise(profile, "profile_peak_storage_read_rate", tree.storage_read_rate);
  raise(profile, "profile_peak_storage_write_rate", tree.storage_write_rate);
}
