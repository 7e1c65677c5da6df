/**
 * Parsers of /proc take whatever the kernel may write, and end on what it never would.
 *
 * @module
 */
import { assert, assertEquals, assertInstanceOf } from "./assert.ts";
import {
  parseAuxv,
  parseChildren,
  parseCores,
  parseIo,
  parseNetDev,
  parsePressure,
  parseSchedstat,
  parseSmapsRollup,
  parseStat,
  parseStatm,
  parseStatus,
} from "../profiler/procfs.ts";
import { parseCgroupMounts } from "../profiler/cgroup.ts";
import { fc } from "./fast_check.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
/** Counters as far as a number holds them exactly. */
const count = fc.maxSafeNat();
/** Names of programs are any bytes but zero; the kernel escapes line breaks. */
const command = fc.string({ unit: "grapheme", maxLength: 15 })
  .map((text) => text.replaceAll(/[\0\n]/g, "?"));

Deno.test("parseStat() reads the fields behind any name, and refuses a line that is cut before they end", () => {
  const rest = fc.array(count, { minLength: 49, maxLength: 49 });
  fc.assert(fc.property(
    fc.nat(),
    command,
    fc.constantFrom("R", "S", "D", "Z", "T", "I"),
    rest,
    fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    (pid, comm, state, fields, share) => {
      const line = bytesOf(`${pid} (${comm}) ${state} ${fields.join(" ")}\n`);
      const stat = parseStat(line);
      assertEquals(
        [stat.pid, stat.comm, stat.state, stat.ppid, stat.utime, stat.rss],
        [pid, comm, state, fields[0], fields[10], fields[20]],
      );
      assertEquals(
        [stat.starttime, stat.vsize, stat.processor],
        [fields[18], fields[19], fields[35]],
      );
      // 39 numbers are needed; one that is cut itself cannot be told from a short one.
      const needed = bytesOf(
        `${pid} (${comm}) ${state} ${fields.slice(0, 38).join(" ")}`,
      ).length;
      const cut = line.subarray(0, Math.floor(share * needed));
      let error: unknown;
      try {
        parseStat(cut);
      } catch (thrown) {
        error = thrown;
      }
      assertInstanceOf(error, SyntaxError);
    },
  ));
});

Deno.test("parseStatus() finds its lines in any order, among any others", () => {
  const known = fc.record({
    VmHWM: count,
    VmRSS: count,
    VmSize: count,
    VmPeak: count,
    VmSwap: count,
    Threads: count,
    PPid: count,
  }, { requiredKeys: [] });
  const other = fc.string({ unit: "grapheme-ascii" })
    .map((text) => `X${text.replaceAll("\n", " ")}:\t1`);
  fc.assert(fc.property(
    known.filter((values) =>
      Object.values(values).every((value) => value < 2 ** 42)
    ),
    fc.array(other),
    fc.infiniteStream(fc.nat()),
    (values, others, order) => {
      const lines = Object.entries(values).map(([name, value]) =>
        `${name}:\t ${value}${name.startsWith("Vm") ? " kB" : ""}`
      );
      const text = [...lines, ...others]
        .map((line) => ({ line, at: order.next().value as number }))
        .sort((a, b) => a.at - b.at).map(({ line }) => line).join("\n");
      const status = parseStatus(bytesOf(text));
      const kilobytes = (value?: number) =>
        value === undefined ? null : value * 1024;
      assertEquals(
        [status.vm_hwm, status.vm_rss, status.vm_size, status.vm_peak],
        [values.VmHWM, values.VmRSS, values.VmSize, values.VmPeak]
          .map(kilobytes),
      );
      assertEquals(
        [status.vm_swap, status.threads, status.ppid],
        [kilobytes(values.VmSwap), values.Threads ?? null, values.PPid ?? null],
      );
    },
  ));
});

Deno.test("parseIo(), parseSchedstat(), parseStatm() and parseChildren() give back what was written", () => {
  const names = [
    "rchar",
    "wchar",
    "syscr",
    "syscw",
    "read_bytes",
    "write_bytes",
    "cancelled_write_bytes",
  ];
  const seven = fc.array(count, { minLength: 7, maxLength: 7 });
  fc.assert(fc.property(seven, fc.array(fc.nat()), (values, children) => {
    const io = names.map((name, i) => `${name}: ${values[i]}\n`).join("");
    assertEquals(Object.values(parseIo(bytesOf(io))), values);
    const three = values.slice(0, 3);
    const line = bytesOf(`${three.join(" ")}\n`);
    assertEquals(Object.values(parseSchedstat(line)), three);
    assertEquals(Object.values(parseStatm(line)), three);
    const list = bytesOf(children.map((pid) => `${pid} `).join(""));
    assertEquals(parseChildren(list), children);
  }));
});

Deno.test("parseNetDev() adds up any interfaces, loopback apart", () => {
  const small = fc.nat({ max: 2 ** 40 });
  const row = fc.array(small, { minLength: 16, maxLength: 16 });
  const name = fc.stringMatching(/^[a-z]{3,8}\d?$/);
  const table = fc.array(fc.tuple(name, row), { maxLength: 8 });
  fc.assert(fc.property(table, fc.option(row), (others, loopback) => {
    const rows: [string, number[]][] = [...others];
    if (loopback !== null) rows.splice(rows.length / 2, 0, ["lo", loopback]);
    const text = ["Inter-| Receive | Transmit", " face |bytes packets"]
      .concat(
        rows.map(([name, row]) => `${name.padStart(6)}: ${row.join(" ")}`),
      )
      .join("\n");
    const net = parseNetDev(bytesOf(`${text}\n`));
    const sum = (column: number) =>
      others.reduce((all, [, row]) => all + row[column]!, 0);
    assertEquals(
      [net.external.recv_bytes, net.external.sent_bytes],
      [sum(0), sum(8)],
    );
    assertEquals(net.loopback.recv_bytes, loopback?.[0] ?? 0);
    assertEquals(net.loopback.sent_packets, loopback?.[9] ?? 0);
  }));
});

Deno.test("parsers of /proc end on anything, with numbers or a SyntaxError", () => {
  const parsers: ((bytes: Uint8Array) => unknown)[] = [
    parseStat,
    parseStatus,
    parseIo,
    parseSchedstat,
    parseStatm,
    parseChildren,
    parseSmapsRollup,
    parseNetDev,
    parseAuxv,
    parseCores,
    parsePressure,
    (bytes) => parseCgroupMounts(new TextDecoder().decode(bytes)),
  ];
  // What is nearly right goes further than noise.
  const word = fc.constantFrom(
    ...["cpu", "cpu0", "lo:", "some", "full", "avg10=", "Vm", "VmRSS:", "Rss:"],
    ...["1 (a) S", "(", ")", ":", " ", "\n", "-", "12", ".", "kB", " - cgroup"],
  );
  const garbage = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.array(word, { maxLength: 60 }).map((words) => bytesOf(words.join(""))),
  );
  fc.assert(
    fc.property(garbage, (bytes) => {
      for (const parse of parsers) {
        try {
          const value = JSON.stringify(parse(bytes));
          assert(value === undefined || value.length < 10_000);
        } catch (error) {
          assertInstanceOf(error, SyntaxError, `${parse.name}: ${error}`);
        }
      }
    }),
    { numRuns: 500 },
  );
});
