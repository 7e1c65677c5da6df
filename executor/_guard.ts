/** Keeps a script that maps at its top level from starting workers in its workers without end. */
import { ownSocket } from "./serve.ts";
import { LOADING } from "./worker/protocol.ts";

/**
 * Throws if a worker is loading the module of a task right now: whatever that module does at its top level would be done
 * in every worker.
 */
export function refuseInModule(): void {
  if (Deno.build.standalone && ownSocket() !== undefined) {
    throw new Error(
      'Cannot create FunctionExecutor as this binary was started to be a worker: put "await serveIfWorker()" before all else in the script that was compiled',
    );
  }
  const loading = (globalThis as { [LOADING]?: string })[LOADING];
  if (loading === undefined) return;
  throw new Error(
    `Cannot create FunctionExecutor as a worker is loading "${loading}": put what that module does when it is run behind "if (import.meta.main)"`,
  );
}
