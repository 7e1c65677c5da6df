/**
 * Samples of the machine.
 *
 * @module
 */
import { systemInfo } from "./granted.ts";
import { type CoreTicks, parseCores, parsePressure } from "./procfs.ts";
import type { HostSample } from "./record.ts";
import { type FileBudget, Source } from "./_source.ts";

/** `read()`, or `null` if it throws: the file is not there, or may not be read. */
function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

/** Reads the machine. */
export class Machine {
  readonly #stat: Source;
  readonly #pressure: Source[];
  readonly #hostname: string | null;
  #before: CoreTicks[] | null = null;

  /** Reads from the /proc at `root`. */
  constructor(root: string, files: FileBudget) {
    this.#stat = new Source(`${root}/stat`, files, 4096);
    this.#pressure = ["cpu", "memory", "io"].map((name) =>
      new Source(`${root}/pressure/${name}`, files, 256)
    );
    this.#hostname = systemInfo("hostname");
  }

  /** Its sample; what cannot be read is `null`. */
  sample(tstamp: number): HostSample {
    const cores = attempt(() => parseCores(this.#stat.read()));
    const before = this.#before;
    this.#before = cores;
    const percent = (core: number, part: keyof CoreTicks): number | null => {
      if (cores === null || before === null) return null;
      const now = cores[core];
      const then = before[core];
      if (now === undefined || then === undefined || now.all <= then.all) {
        return null;
      }
      return Math.max(0, now[part] - then[part]) / (now.all - then.all) * 100;
    };
    const count = Math.max(1, (cores?.length ?? 1) - 1);
    const allCores = (part: keyof CoreTicks) => {
      const share = percent(0, part);
      return share === null ? null : share * count;
    };
    const byCore = before === null || cores === null
      ? null
      : cores.slice(1).map((_, core) => percent(core + 1, "busy") ?? 0);
    const memory = systemInfo("systemMemoryInfo");
    const load = systemInfo("loadavg");
    const [cpu, ram, io] = this.#pressure.map((file) =>
      attempt(() => parsePressure(file.read()))
    );
    return {
      tstamp,
      hostname: this.#hostname,
      cores: cores === null ? navigator.hardwareConcurrency : count,
      cpu_percent: allCores("busy"),
      cpu_percent_by_core: byCore,
      cpu_steal_percent: allCores("steal"),
      cpu_iowait_percent: allCores("iowait"),
      load: load === null ? null : [load[0]!, load[1]!, load[2]!],
      memory_total: memory?.total ?? null,
      memory_available: memory?.available ?? null,
      memory_free: memory?.free ?? null,
      swap_total: memory?.swapTotal ?? null,
      swap_free: memory?.swapFree ?? null,
      cpu_pressure: cpu ?? null,
      memory_pressure: ram ?? null,
      io_pressure: io ?? null,
    };
  }

  /** Closes its files. */
  close(): void {
    this.#stat.close();
    for (const file of this.#pressure) file.close();
  }
}
