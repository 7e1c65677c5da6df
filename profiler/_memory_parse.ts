/**
 * Pure parsers of `status` and `smaps_rollup`: bytes in, numbers out.
 *
 * @module
 */
import { hasKey, key, lastNumberOfLine, nextLine, numberAt } from "./_bytes.ts";

/** What `/proc/<pid>/status` tells; memory in bytes, `null` for a process without memory of its own (kernel, zombie). */
export interface ProcStatus {
  /** Process id of the parent. */
  ppid: number | null;
  /** Its id in the innermost pid namespace it is in: what the process itself calls its pid. */
  ns_pid: number | null;
  /** Real user id. */
  uid: number | null;
  /** Threads. */
  threads: number | null;
  /** Peak resident memory since the process started or since its peak was reset. */
  vm_hwm: number | null;
  /** Resident memory. */
  vm_rss: number | null;
  /** Virtual memory. */
  vm_size: number | null;
  /** Peak virtual memory. */
  vm_peak: number | null;
  /** Memory in swap, shared memory left out. */
  vm_swap: number | null;
  /** Times the main (or this) thread gave up the CPU by itself. */
  voluntary_switches: number | null;
  /** Times the kernel took the CPU away from the main (or this) thread. */
  nonvoluntary_switches: number | null;
}

const P_PID = key("PPid:");
const NS_PID = key("NSpid:");
const UID = key("Uid:");
const THREADS = key("Threads:");
const VM_HWM = key("VmHWM:");
const VM_RSS = key("VmRSS:");
const VM_SIZE = key("VmSize:");
const VM_PEAK = key("VmPeak:");
const VM_SWAP = key("VmSwap:");
const VOLUNTARY = key("voluntary_ctxt_switches:");
const NONVOLUNTARY = key("nonvoluntary_ctxt_switches:");

function kilobytes(
  bytes: Uint8Array,
  at: number,
  wanted: Uint8Array,
): number | null {
  const value = numberAt(bytes, at + wanted.length);
  return value === null ? null : value * 1024;
}

/** Parses `/proc/<pid>/status` or `/proc/<pid>/task/<tid>/status`. */
export function parseStatus(bytes: Uint8Array): ProcStatus {
  const status: ProcStatus = {
    ppid: null,
    ns_pid: null,
    uid: null,
    threads: null,
    vm_hwm: null,
    vm_rss: null,
    vm_size: null,
    vm_peak: null,
    vm_swap: null,
    voluntary_switches: null,
    nonvoluntary_switches: null,
  };
  for (let at = 0; at < bytes.length; at = nextLine(bytes, at)) {
    switch (bytes[at]) {
      case 86: // V
        if (hasKey(bytes, at, VM_HWM)) {
          status.vm_hwm = kilobytes(bytes, at, VM_HWM);
        } else if (hasKey(bytes, at, VM_RSS)) {
          status.vm_rss = kilobytes(bytes, at, VM_RSS);
        } else if (hasKey(bytes, at, VM_SIZE)) {
          status.vm_size = kilobytes(bytes, at, VM_SIZE);
        } else if (hasKey(bytes, at, VM_PEAK)) {
          status.vm_peak = kilobytes(bytes, at, VM_PEAK);
        } else if (hasKey(bytes, at, VM_SWAP)) {
          status.vm_swap = kilobytes(bytes, at, VM_SWAP);
        }
        break;
      case 118: // v
        if (hasKey(bytes, at, VOLUNTARY)) {
          status.voluntary_switches = numberAt(bytes, at + VOLUNTARY.length);
        }
        break;
      case 110: // n
        if (hasKey(bytes, at, NONVOLUNTARY)) {
          status.nonvoluntary_switches = numberAt(
            bytes,
            at + NONVOLUNTARY.length,
          );
        }
        break;
      case 84: // T
        if (hasKey(bytes, at, THREADS)) {
          status.threads = numberAt(bytes, at + THREADS.length);
        }
        break;
      case 80: // P
        if (hasKey(bytes, at, P_PID)) {
          status.ppid = numberAt(bytes, at + P_PID.length);
        }
        break;
      case 85: // U
        if (hasKey(bytes, at, UID)) {
          status.uid = numberAt(bytes, at + UID.length);
        }
        break;
      case 78: // N
        if (hasKey(bytes, at, NS_PID)) {
          status.ns_pid = lastNumberOfLine(bytes, at + NS_PID.length);
        }
        break;
    }
  }
  return status;
}

/** What `/proc/<pid>/smaps_rollup` tells, in bytes; the kernel walks all pages of the process to make it. */
export interface ProcRollup {
  /** Resident memory, exact. */
  rss: number;
  /** Resident memory with each shared page divided by the number of processes that share it. */
  pss: number;
  /** Memory that only this process uses: what would be free if it ended. */
  uss: number;
  /** Memory in swap. */
  swap: number;
}

const RSS = key("Rss:");
const PSS = key("Pss:");
const PRIVATE_CLEAN = key("Private_Clean:");
const PRIVATE_DIRTY = key("Private_Dirty:");
const PRIVATE_HUGE = key("Private_Hugetlb:");
const SWAP = key("Swap:");

/** Parses `/proc/<pid>/smaps_rollup`, or the sum of a whole `/proc/<pid>/smaps`. */
export function parseSmapsRollup(bytes: Uint8Array): ProcRollup {
  const rollup: ProcRollup = { rss: 0, pss: 0, uss: 0, swap: 0 };
  for (let at = 0; at < bytes.length; at = nextLine(bytes, at)) {
    switch (bytes[at]) {
      case 82: // R
        if (hasKey(bytes, at, RSS)) rollup.rss += kilobytes(bytes, at, RSS)!;
        break;
      case 80: // P
        if (hasKey(bytes, at, PSS)) rollup.pss += kilobytes(bytes, at, PSS)!;
        else if (hasKey(bytes, at, PRIVATE_CLEAN)) {
          rollup.uss += kilobytes(bytes, at, PRIVATE_CLEAN)!;
        } else if (hasKey(bytes, at, PRIVATE_DIRTY)) {
          rollup.uss += kilobytes(bytes, at, PRIVATE_DIRTY)!;
        } else if (hasKey(bytes, at, PRIVATE_HUGE)) {
          rollup.uss += kilobytes(bytes, at, PRIVATE_HUGE)!;
        }
        break;
      case 83: // S
        if (hasKey(bytes, at, SWAP)) rollup.swap += kilobytes(bytes, at, SWAP)!;
        break;
    }
  }
  return rollup;
}
