/**
 * Pure parsers of what the kernel tells about the whole machine: bytes in, numbers out.
 *
 * @module
 */
import { hasKey, key, nextLine, numbersOfLine } from "./_bytes.ts";
import type { Pressure } from "./record.ts";

/** Traffic of some network interfaces together, since they came up. */
export interface NetCounters {
  /** Bytes received. */
  recv_bytes: number;
  /** Packets received. */
  recv_packets: number;
  /** Bytes sent. */
  sent_bytes: number;
  /** Packets sent. */
  sent_packets: number;
  /** Packets lost or broken, both ways. */
  errors: number;
}

/** What `/proc/<pid>/net/dev` tells: one and the same for all processes of a network namespace. */
export interface NetDev {
  /** All interfaces but loopback. */
  external: NetCounters;
  /** The loopback interface. */
  loopback: NetCounters;
}

const LOOPBACK = key("lo:");
const netFields = new Float64Array(16);

/** Parses `/proc/<pid>/net/dev`. */
export function parseNetDev(bytes: Uint8Array): NetDev {
  const none = (): NetCounters => ({
    recv_bytes: 0,
    recv_packets: 0,
    sent_bytes: 0,
    sent_packets: 0,
    errors: 0,
  });
  const net: NetDev = { external: none(), loopback: none() };
  let at = nextLine(bytes, nextLine(bytes, 0)); // two lines of headings
  for (; at < bytes.length; at = nextLine(bytes, at)) {
    while (bytes[at] === 32) at++;
    const sum = hasKey(bytes, at, LOOPBACK) ? net.loopback : net.external;
    const colon = bytes.indexOf(58, at);
    if (colon < 0) break;
    if (numbersOfLine(bytes, colon + 1, netFields) < 12) continue;
    sum.recv_bytes += netFields[0]!;
    sum.recv_packets += netFields[1]!;
    sum.errors += netFields[2]! + netFields[3]! + netFields[10]! +
      netFields[11]!;
    sum.sent_bytes += netFields[8]!;
    sum.sent_packets += netFields[9]!;
  }
  return net;
}

/** The units that /proc counts in. */
export interface SystemConstants {
  /** Clock ticks in a second: the resolution of CPU times in `stat`. */
  clockTicks: number;
  /** Bytes in a page. */
  pageSize: number;
}

/** Parses `/proc/self/auxv`, which spares a run of `getconf`. */
export function parseAuxv(bytes: Uint8Array): SystemConstants {
  const constants: SystemConstants = { clockTicks: 100, pageSize: 4096 };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 16 <= bytes.byteLength; at += 16) {
    const type = Number(view.getBigUint64(at, true));
    const value = Number(view.getBigUint64(at + 8, true));
    if (type === 17) constants.clockTicks = value; // AT_CLKTCK
    if (type === 6) constants.pageSize = value; // AT_PAGESZ
  }
  return constants;
}

const CPU = key("cpu");
const FULL = key("full");
const fields = new Float64Array(10);

/** Clock ticks that a core spent, since boot. */
export interface CoreTicks {
  /** Doing something. */
  busy: number;
  /** Idle while a disk was busy. */
  iowait: number;
  /** Wanted, but given to another virtual machine. */
  steal: number;
  /** All of its time. */
  all: number;
}

/** Parses `/proc/stat`: all cores together first, then each. */
export function parseCores(bytes: Uint8Array): CoreTicks[] {
  const cores: CoreTicks[] = [];
  for (let at = 0; hasKey(bytes, at, CPU); at = nextLine(bytes, at)) {
    fields.fill(0);
    const digits = bytes.indexOf(32, at);
    numbersOfLine(bytes, digits, fields);
    const [user, nice, system, idle, iowait, irq, softirq, steal] = fields;
    const busy = user! + nice! + system! + irq! + softirq! + steal!;
    cores.push({
      busy,
      iowait: iowait!,
      steal: steal!,
      all: busy + idle! + iowait!,
    });
  }
  return cores;
}

/** Parses a file of `/proc/pressure/` or a `*.pressure` of a control group. */
export function parsePressure(bytes: Uint8Array): Pressure | null {
  // some avg10=1.52 avg60=0.40 avg300=0.09 total=5233411
  const line = (at: number): [number, number] => {
    fields.fill(0);
    let first = bytes.indexOf(61, at) + 1;
    let percent = 0;
    let scale = 0;
    for (; bytes[first] !== 32 && first < bytes.length; first++) {
      if (bytes[first] === 46) scale = 1;
      else {
        percent = percent * 10 + bytes[first]! - 48;
        scale *= 10;
      }
    }
    const end = nextLine(bytes, at);
    const total = bytes.subarray(at, end).lastIndexOf(61) + at + 1;
    numbersOfLine(bytes, total, fields);
    return [fields[0]! / 1e6, percent / Math.max(1, scale)];
  };
  if (bytes.length < 10) return null;
  const [someTime, somePercent] = line(0);
  const second = nextLine(bytes, 0);
  const full = hasKey(bytes, second, FULL) ? line(second) : null;
  return {
    some_time: someTime,
    some_percent: somePercent,
    full_time: full?.[0] ?? null,
    full_percent: full?.[1] ?? null,
  };
}
