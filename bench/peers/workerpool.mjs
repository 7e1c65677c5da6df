import { fileURLToPath } from "node:url";
import workerpool from "workerpool";
import { drive } from "./drive.mjs";

await drive((workers) => {
  const pool = workerpool.pool(
    fileURLToPath(new URL("workerpool_worker.cjs", import.meta.url)),
    {
      minWorkers: workers,
      maxWorkers: workers,
      workerType: process.argv[3] ?? "thread",
      forkOpts: { serialization: "advanced" },
    },
  );
  return { run: (name, value) => pool.exec(name, [value]) };
});
