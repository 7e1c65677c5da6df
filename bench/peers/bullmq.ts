/** A plain BullMQ worker: takes jobs of a queue and gives back what is one more than its item. Arguments: URL, concurrency. */
import { Redis, Worker } from "../../executor/backends/_bullmq.ts";

const [url, concurrency] = Deno.args as [string, string];
const connection = new Redis(url, { maxRetriesPerRequest: null });
const worker = new Worker(
  "plain",
  (job) => Promise.resolve(job.data.item + 1),
  {
    connection,
    prefix: "plain",
    concurrency: Number(concurrency),
    lockDuration: 4000,
    stalledInterval: 2000,
    maxStalledCount: 10,
  },
);
await worker.waitUntilReady();
await Deno.stderr.write(new TextEncoder().encode("takes jobs\n"));
Deno.addSignalListener("SIGTERM", async () => {
  await worker.close();
  Deno.exit(0);
});
