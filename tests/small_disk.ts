/**
 * A disk that is soon full.
 *
 * @module
 */
import { tempDir } from "./temp_dir.ts";

/** A folder with a file system of its own. */
export interface SmallDisk extends AsyncDisposable {
  /** Where it is, without a slash at the end. */
  readonly path: string;
}

/** Whether this user may mount anything here. */
export const CAN_MOUNT: boolean = Deno.build.os === "linux" &&
  new Deno.Command("unshare", {
    args: ["-m", "mount", "-t", "tmpfs", "none", "/tmp"],
    stdout: "null",
    stderr: "null",
  }).outputSync().success;

/** Mounts a disk of `size` bytes. */
export async function smallDisk(size: number): Promise<SmallDisk> {
  const folder = await tempDir();
  const { success, stderr } = await new Deno.Command("mount", {
    args: ["-t", "tmpfs", "-o", `size=${size}`, "none", folder.path],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return {
    path: folder.path,
    [Symbol.asyncDispose]: async () => {
      await new Deno.Command("umount", { args: [folder.path] }).output();
      await folder[Symbol.asyncDispose]();
    },
  };
}
