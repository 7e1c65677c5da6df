/**
 * The process backend inside a compiled binary: the binary starts itself again, and that process must become a worker.
 *
 * @module
 */
import { isGranted } from "../profiler/granted.ts";
import { WORKER_ENV } from "./worker/protocol.ts";

/**
 * Becomes a worker if this process was started as one, and does not return then; else it does nothing. A script that is
 * compiled and uses `backend: "process"` must await it before anything else. (By default calls run in threads there.)
 *
 * @example The first line of a script that is to be compiled
 * ```ts
 * import { serveIfWorker } from "../mod.ts";
 *
 * await serveIfWorker();
 * ```
 */
export async function serveIfWorker(): Promise<void> {
  const socket = ownSocket();
  if (socket === undefined) return;
  Deno.env.delete(WORKER_ENV); // what the functions start is no worker
  const { serveProcess } = await import("./worker/process_entry.ts");
  await serveProcess(socket);
}

/** The socket of the host, if this process was started as a worker; never prompts for a permission. */
export function ownSocket(): string | undefined {
  const variable = WORKER_ENV;
  return isGranted({ name: "env", variable })
    ? Deno.env.get(variable)
    : undefined;
}
