/**
 * Which programs are on this machine, for the `ignore:` of tests that need one.
 *
 * @module
 */

/** True if the program is on the PATH, or is this file if it is an absolute path. */
export function have(program: string): boolean {
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  const places = program.startsWith("/")
    ? [program]
    : folders.map((folder) => `${folder}/${program}`);
  return places.some((place) => {
    try {
      const { isFile, mode } = Deno.statSync(place);
      return isFile && ((mode ?? 0) & 0o111) !== 0;
    } catch {
      return false;
    }
  });
}
