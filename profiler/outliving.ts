/**
 * A shell that outlives whoever starts it: it learns of their end by the end of its stdin, and does then what is left to
 * do.
 *
 * @module
 */
import { MARKER_ENV } from "./procfs.ts";

/** Starts one; throws where there is no `/bin/sh`, or programs may not be run. */
export function startOutliving(
  script: string,
  name: string,
  args: readonly string[],
): Deno.ChildProcess {
  return new Deno.Command("/bin/sh", {
    args: ["-c", script, name, ...args],
    stdin: "piped",
    stdout: "null",
    stderr: "null",
    // A Ctrl-C in the terminal is for the script, not for it.
    detached: true,
    cwd: "/",
    // Within a worker: it must outlive what that one's host kills by this mark.
    env: { [MARKER_ENV]: "" },
  }).spawn();
}
