/**
 * Programs that start others all the time are ended with all of them, those that came while they were looked for too.
 *
 * @module
 */
import { assert, assertEquals } from "./assert.ts";
import { killMarked } from "../executor/backends/_child.ts";
import { startReaper } from "../executor/worker/reaper.ts";
import { until, within } from "./executors.ts";
import { processesWithEnv } from "./processes.ts";

const ways: Record<string, (marker: string) => Promise<void>> = {
  "the reaper": async (marker) => {
    const reaper = startReaper(`${marker}$`);
    await reaper.stdin.close();
    await within(reaper.status);
  },
  "killMarked()": (marker) => Promise.resolve(killMarked(marker)),
};

for (const [way, end] of Object.entries(ways)) {
  Deno.test(`${way} ends programs that start others meanwhile`, async () => {
    // Not the one that workers have: tests of leftovers look for that.
    const name = "LITHOSCOPE_TEST_MARK", value = crypto.randomUUID();
    const marker = `${name}=${value}`;
    const breeders = Array.from({ length: 4 }, () =>
      new Deno.Command("sh", {
        args: [
          "-c",
          "n=0; while [ $n -lt 400 ]; do n=$((n + 1)); sleep 60 & sleep 0.005; done",
        ],
        env: { [name]: value },
        stdin: "null",
        stdout: "null",
      }).spawn());
    try {
      await until(() => processesWithEnv(marker).length > 20);
      await end(marker);
      await within(Promise.all(breeders.map(({ status }) => status)));
      await until(() => processesWithEnv(marker).length === 0, 10);
      assertEquals(processesWithEnv(marker), []);
      assert((await breeders[0]!.status).signal === "SIGKILL");
    } finally {
      for (let i = 0; i < 5; i++) killMarked(marker);
    }
  });
}
