/**
 * A BullMQ worker: takes jobs of a queue and gives back what is one more than their items, by itself or, sandboxed, in a
 * child process. Arguments: URL, prefix, concurrency, `sandboxed` or nothing.
 */
import { Redis, Worker } from "../../executor/backends/_bullmq.ts";

const [url, prefix, concurrency, sandboxed] = Deno.args as string[];
const connection = new Redis(url!, { maxRetriesPerRequest: null });
const worker = new Worker(
  "plain",
  sandboxed === undefined
    ? (job) => Promise.resolve(job.data.item + 1)
    : new URL("bullmq_processor.mjs", import.meta.url),
  {
    connection,
    prefix: prefix!,
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
