import { Tinypool } from "tinypool";
import { drive } from "./drive.mjs";

await drive((workers) => {
  const pool = new Tinypool({
    filename: new URL("functions.cjs", import.meta.url).href,
    name: "same",
    minThreads: workers,
    maxThreads: workers,
    runtime: process.argv[3] ?? "worker_threads",
    concurrentTasksPerWorker: 64,
  });
  return {
    run: (name, value) =>
      name === "same" ? pool.run(value) : pool.run(value, { name }),
  };
});
