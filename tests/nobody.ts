/**
 * The user who may do nothing, for tests of what others may not see.
 *
 * @module
 */
import { have } from "./have.ts";

/** Arguments of `setpriv` that make a command run as nobody. */
export const AS_NOBODY: readonly string[] = [
  ...["--reuid", "65534", "--regid", "65534", "--clear-groups"],
];

/** Whether this Deno can run `script` as nobody: it must be root, and neither may lie in a home that is closed. */
export function nobodyCanRun(script: URL): boolean {
  if (!have("setpriv") || Deno.uid() !== 0) return false;
  const path = decodeURI(script.pathname);
  const test = ["test", "-x", Deno.execPath(), "-a", "-r", path];
  return new Deno.Command("setpriv", { args: [...AS_NOBODY, ...test] })
    .outputSync().success;
}
