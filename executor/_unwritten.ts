/** What to say of a file that cannot be written. */

/** Why a file could not be written, to end a message with: `as there is no folder "x"`, or what the system says. */
export async function whyUnwritten(
  path: string | URL,
  cause: unknown,
): Promise<string> {
  const { message } = cause as Error;
  if (cause instanceof Deno.errors.NotFound) {
    const folder = `${path}`.replace(/[^/]*$/, "") || ".";
    const isThere = await Deno.stat(
      path instanceof URL ? new URL(folder) : folder,
    ).then(() => true, () => false);
    return isThere
      ? "as no file can be made there"
      : `as there is no folder "${folder.replace(/(?<=.)\/$/, "")}"`;
  }
  if (cause instanceof Deno.errors.IsADirectory) return "as it is a folder";
  // The name of the file that would have been renamed tells nothing.
  return `as the system says: ${message.replace(/ \(os error \d+\).*$/s, "")}`;
}
