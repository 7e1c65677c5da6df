/**
 * Programs that the calls of a thread start. The kernel takes them for the script's, so they are marked in their
 * environment, as all that a worker process starts is: they end with their thread, and with the script however it ends.
 *
 * @module
 */
import { startReaper } from "./reaper.ts";

/** Functions of `Deno` that start a program besides `Deno.Command`, unstable ones. */
const SPAWNERS = ["spawn", "spawnAndWait", "spawnAndWaitSync"] as const;

type Environment = Record<string, string>;

/**
 * From now on what this thread starts has `marker` (`NAME=value`) in its environment. Before the first program starts,
 * `onFirst` is called, and a shell waits for the end of this thread to end what it has left; where this script may not
 * start one, nobody does.
 */
export function markPrograms(marker: string, onFirst: () => void): void {
  const [name, value] = marker.split("=", 2) as [string, string];
  let watched = false;
  const watch = () => {
    if (watched) return;
    watched = true;
    onFirst();
    if (!mayStart("/bin/sh")) return;
    try {
      startReaper(`${marker}$`).unref();
    } catch {
      // There is none here.
    }
  };
  const marked = <T extends { env?: Environment }>(options?: T) => {
    watch();
    return { ...options, env: { [name]: value, ...options?.env } };
  };
  markCommands(marked);
  markEnvironment(name, value, watch);
}

/** What is started by `Deno` itself, which reads the environment of the process. */
function markCommands(
  marked: (options?: Deno.CommandOptions) => Deno.CommandOptions,
): void {
  const deno = Deno as unknown as Record<string, unknown>;
  deno.Command = class Command extends Deno.Command {
    constructor(command: string | URL, options?: Deno.CommandOptions) {
      super(command, marked(options));
    }
  };
  for (const name of SPAWNERS) {
    const spawn = deno[name];
    if (typeof spawn !== "function") continue;
    deno[name] = (
      command: string | URL,
      ...[args, options]:
        | [string[], Deno.CommandOptions?]
        | [Deno.CommandOptions?, undefined?]
    ) =>
      Array.isArray(args)
        ? spawn(command, args, marked(options))
        : spawn(command, marked(args));
  }
}

/** What is started by `node:child_process`, which reads all of `Deno.env`; so does whoever spreads `process.env`. */
function markEnvironment(name: string, value: string, watch: () => void): void {
  const { get, has, toObject } = Deno.env;
  Deno.env.get = (key) => key === name ? value : get(key);
  Deno.env.has = (key) => key === name || has(key);
  Deno.env.toObject = () => {
    watch();
    return { ...toObject(), [name]: value };
  };
}

/** Whether that can be done without asking anybody. */
function mayStart(command: string): boolean {
  return Deno.permissions.querySync({ name: "run", command }).state ===
    "granted";
}
