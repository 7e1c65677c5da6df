/**
 * A full disk: whoever writes says so and names the file, and no half of a file is left.
 *
 * @module
 */
import { assertEquals, assertRejects, assertStringIncludes } from "./assert.ts";
import { plot, plotUsage, writeTrace } from "../plot/mod.ts";
import { Run } from "../mod.ts";
import { callId, fakeCallAt } from "./fixtures/call_stats.ts";
import { fakeCollection } from "./fixtures/collections.ts";
import { CAN_MOUNT, smallDisk } from "./small_disk.ts";

const CALLS = Array.from(
  { length: 100 },
  (_, i) => fakeCallAt({ start: 0.1, end: 1 + i / 10 }, { call_id: callId(i) }),
);
const RUN = new Run(
  {
    executor_id: "1a2b3c-0",
    saved_tstamp: 1_750_000_000.5,
    backend: "process",
    cores: 2,
    host_name: null,
  },
  CALLS,
  [],
);

const WRITERS: Record<string, (folder: string) => Promise<unknown>> = {
  "a run": (folder) => RUN.save(`${folder}/run.jsonl`),
  "a plot of calls": (folder) => plot(CALLS, { dst: `${folder}/run` }),
  "a plot of usage": (folder) =>
    plotUsage([fakeCollection()], `${folder}/run_usage.png`),
  "a trace": (folder) => writeTrace(RUN, `${folder}/run.json`),
};

for (const [what, write] of Object.entries(WRITERS)) {
  Deno.test(
    `${what} that finds the disk full names the file, and leaves none`,
    {
      ignore: !CAN_MOUNT,
    },
    async () => {
      await using disk = await smallDisk(8192);
      const { message } = await assertRejects(() => write(disk.path), Error);
      assertStringIncludes(message, `to "${disk.path}/run`);
      assertStringIncludes(message, "No space left on device");
      assertEquals([...Deno.readDirSync(disk.path)], []);
    },
  );
}
