import { FixedQueue, Piscina } from "piscina";
import { drive } from "./drive.mjs";

await drive((workers) => {
  const pool = new Piscina({
    filename: new URL("functions.cjs", import.meta.url).href,
    name: "same",
    minThreads: workers,
    maxThreads: workers,
    taskQueue: new FixedQueue(),
    recordTiming: false,
    concurrentTasksPerWorker: 64,
  });
  return {
    run: (name, value) =>
      name === "same" ? pool.run(value) : pool.run(value, { name }),
  };
});
