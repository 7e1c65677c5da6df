/** Finds and reads the configuration file, and variables of the environment, without ever asking for a permission. */
import { isGranted } from "../profiler/granted.ts";

/** A configuration file: where it is, and how messages call it. */
export interface ConfigFile {
  /** Where it is. */
  path: string | URL;
  /** Its name in messages. */
  place: string;
}

/** A variable of the environment; undefined if it is not set, is empty or may not be read. */
export function environment(variable: string): string | undefined {
  if (!isGranted({ name: "env", variable })) return undefined;
  return Deno.env.get(variable) || undefined;
}

/**
 * The file that is named, by the caller or by `LITHOPS_CONFIG_FILE`, or else the first that is there of
 * `.lithops_config`, `~/.lithops/config` and `/etc/lithops/config`; undefined if there is none.
 */
export function findConfigFile(named?: string | URL): ConfigFile | undefined {
  const home = environment("HOME") ?? environment("USERPROFILE");
  if (named !== undefined) {
    const path = typeof named === "string" && home !== undefined
      ? named.replace(/^~(?=\/)/, home)
      : named;
    return { path, place: `configuration file "${path}"` };
  }
  const variable = environment("LITHOPS_CONFIG_FILE");
  if (variable !== undefined) {
    const { path, place } = findConfigFile(variable)!;
    return { path, place: `${place} (named by LITHOPS_CONFIG_FILE)` };
  }
  const candidates = [
    ".lithops_config",
    ...(home === undefined ? [] : [`${home}/.lithops/config`]),
    "/etc/lithops/config",
  ];
  const path = candidates.find(isFile);
  return path === undefined ? undefined : findConfigFile(path);
}

/** The text of a configuration file; throws `Deno.errors.NotFound` if it is not there, or what else is in the way. */
export function readConfigFile({ path, place }: ConfigFile): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    const ErrorClass = error instanceof Deno.errors.NotFound
      ? Deno.errors.NotFound
      : Error;
    throw new ErrorClass(
      `Cannot read ${place} as it must be a file that can be read: ${
        (error as Error).message
      }`,
      { cause: error },
    );
  }
}

/** Whether there is a file that may be read. */
export function isFile(path: string): boolean {
  if (!isGranted({ name: "read", path })) return false;
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** A path that leads to the same place from any folder. */
export function absolutePath(path: string): string {
  const isAbsolute = Deno.build.os === "windows"
    ? /^([a-z]:)?[\\/]/i.test(path)
    : path.startsWith("/");
  return isAbsolute ? path : `${Deno.cwd()}/${path}`;
}
