/**
 * Kills by the kernel as memory ran out: only counters tell them from other SIGKILLs. Those of the control group that
 * this script and its workers are in are exact; where there is none, those of the machine have to do.
 */
import { machineOomKills, readProcText } from "../../profiler/procfs.ts";
import { cgroupFolders, readOwn } from "../_cgroups.ts";

/** Counts such kills, each for one worker. */
export class OomKills {
  readonly #count: () => number | null = findCounter();
  /** Kills that were there before, or that a worker has answered for. */
  #known: number = this.#count() ?? 0;

  /** Whether there was one that no worker has answered for; the worker that was ended by SIGKILL does now. */
  claim(): boolean {
    if ((this.#count() ?? 0) <= this.#known) return false;
    this.#known++;
    return true;
  }
}

function findCounter(): () => number | null {
  for (const { folder, isV2 } of cgroupFolders(readOwn("cgroup"), "memory")) {
    const path = `${folder}/memory.${isV2 ? "events" : "oom_control"}`;
    if (readCount(path) !== null) return () => readCount(path);
  }
  return machineOomKills;
}

function readCount(path: string): number | null {
  const count = /^oom_kill (\d+)$/m.exec(readProcText(path) ?? "");
  return count === null ? null : Number(count[1]);
}
