import { fileURLToPath } from "node:url";
import { FixedClusterPool, FixedThreadPool } from "poolifier";
import { drive } from "./drive.mjs";

const kind = process.argv[3] ?? "thread";

await drive((workers) => {
  const file = (name) => fileURLToPath(new URL(name, import.meta.url));
  const pool = kind === "cluster"
    ? new FixedClusterPool(workers, file("poolifier_cluster_worker.cjs"), {
      settings: { serialization: "advanced" },
    })
    : new FixedThreadPool(workers, file("poolifier_thread_worker.cjs"));
  return {
    run: (name, value) => pool.execute(value, name),
    all: (name, items) => pool.mapExecute(items, name),
  };
});
