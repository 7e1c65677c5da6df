/** How often USS and PSS are read, by clocks that a test sets. */
import { assert, assertEquals } from "./assert.ts";
import { Rollups } from "../profiler/_rollups.ts";

const ignore = Deno.build.os !== "linux";

/** Three processes, after one round in which each read took so many milliseconds by these clocks; and how many were read. */
function round(cost: { cpu: number | null; wall: number }) {
  let cpu = 0, wall = 0;
  const rollups = new Rollups(
    () => cost.cpu === null ? null : cpu += cost.cpu,
    () => wall += cost.wall,
  );
  const processes = [1, 2, 3].map(() => ({
    folder: "/proc/self",
    uss: null as number | null,
    pss: null as number | null,
    ussAt: null as number | null,
  }));
  const readAt = (now: number) => {
    rollups.read(processes, now);
    return processes.filter(({ ussAt }) => ussAt === now).length;
  };
  return { processes, readAt };
}

Deno.test(
  "Rollups.read() reads all when a read waits long for a core but costs little",
  {
    ignore,
  },
  () => {
    const { processes, readAt } = round({ cpu: 1, wall: 500 });
    assertEquals(readAt(0), 3);
    for (const { uss, pss } of processes) assert(uss! > 0 && pss! >= uss!);
  },
);

for (
  const [title, cost] of [
    ["the CPU time that it took", { cpu: 30, wall: 500 }],
    ["its time when the kernel has added nothing to its CPU time", {
      cpu: 0,
      wall: 30,
    }],
    ["its time when its CPU time is not known", { cpu: null, wall: 30 }],
    ["no more than its time", { cpu: 500, wall: 30 }],
  ] as const
) {
  Deno.test(`Rollups.read() waits after a read for 2,000 times ${title}`, {
    ignore,
  }, () => {
    const { readAt } = round(cost);
    assertEquals(readAt(0), 1);
    // 20 ms were there to begin with, so 10 are missing.
    assertEquals(readAt(19_900), 0);
    assertEquals(readAt(20_100), 1);
  });
}
