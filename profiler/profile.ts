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

  /** What the samples tell of each call that was running at some collection, in the order of first sight. */
  byCall(): CallProfile[] {
    const calls = new Map<string, CallProfile>();
    for (const collection of this.collections) {
      // On the thread backend the calls of all workers are in the tree of the script; its workers are told by thread.
      const workers = new Map<string, number | null>();
      for (const thread of collection.threads) {
        if (thread.call_id === null) continue;
        workers.set(`${thread.job_id}/${thread.call_id}`, thread.worker_id);
      }
      for (const tree of collection.trees) {
        for (const call of tree.calls) {
          const name = `${call.job_id}/${call.call_id}`;
          const key = `${tree.executor_id}/${name}`;
          let profile = calls.get(key);
          if (profile === undefined) {
            profile = emptyProfile(tree.executor_id, call);
            calls.set(key, profile);
          }
          profile.worker_id = tree.worker_id ?? workers.get(name) ??
            profile.worker_id;
          addTree(profile, tree, call, collection);
          const thread = collection.threads.find((t) =>
            t.job_id === call.job_id && t.call_id === call.call_id
          );
          // The thread's own CPU use is the call's; that of the process is of all calls together.
          const percent = tree.kind === "host"
            ? thread?.cpu_percent ?? null
            : tree.cpu_percent;
          if (ranThroughout(call, collection)) {
            raise(profile, "profile_peak_cpu_percent", percent);
          }
        }
      }
    }
    return [...calls.values()];
  }
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

/** Rates and percentages of a collection are of the time since the one before: both must fall into the call. */
function ranThroughout(call: RunningCall, collection: Collection): boolean {
  return collection.elapsed !== null &&
    call.start_tstamp <= collection.tstamp - collection.elapsed;
}

function addTree(
  profile: CallProfile,
  tree: TreeSample,
  call: RunningCall,
  collection: Collection,
): void {
  profile.profile_samples++;
  raise(profile, "profile_peak_rss", tree.rss);
  const processes = collection.processes.filter((sample) =>
    sample.worker_id === tree.worker_id
  );
  // USS and PSS are read now and then: what was read before the call began is not the call's.
  const isRecent = ({ uss_tstamp }: Sample) =>
    uss_tstamp !== null && uss_tstamp >= call.start_tstamp;
  if (processes.length > 0 && processes.every(isRecent)) {
    raise(profile, "profile_peak_pss", tree.pss);
    raise(profile, "profile_peak_uss", tree.uss);
  }
  raise(profile, "profile_peak_processes", tree.processes);
  raise(profile, "profile_peak_threads", tree.threads);
  if (!ranThroughout(call, collection)) return;
  raise(profile, "profile_peak_storage_read_rate", tree.storage_read_rate);
  raise(profile, "profile_peak_storage_write_rate", tree.storage_write_rate);
}
