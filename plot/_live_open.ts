/** Opens a page in the browser that the user has. */

/** What opens a URL, by system. */
const OPENERS: Partial<Record<typeof Deno.build.os, [string, ...string[]]>> = {
  darwin: ["open"],
  windows: ["explorer"],
};

/** Opens `url`. False if that cannot be done, which is told to the log; a browser may keep it waiting until it ends. */
export async function openPage(
  url: string,
  log: { warn(message: string): void },
): Promise<boolean> {
  const [program, ...args] = OPENERS[Deno.build.os] ?? ["xdg-open"];
  try {
    const child = new Deno.Command(program, {
      args: [...args, url],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    child.unref();
    const { code } = await child.status;
    // The one of Windows gives 1 when all went well.
    if (code === 0 || Deno.build.os === "windows") return true;
    log.warn(
      `Cannot open the live page as ${program} ended with ${code}: ${url}`,
    );
  } catch (error) {
    const reason = error instanceof Deno.errors.NotFound
      ? "it is not there"
      : error instanceof Error
      ? error.message
      : `${error}`;
    log.warn(
      `Cannot open the live page with ${program}: ${reason}; it is at ${url}`,
    );
  }
  return false;
}
