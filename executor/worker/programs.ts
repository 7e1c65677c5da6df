/**
 * Programs that the calls of a thread start. The kernel takes them for the script's, so they are marked in their
 * environment, as all that a worker process starts is: they end with their thread, and with the script however it ends.
 *
 * @module
 */
import { isGranted } from "../../profiler/granted.ts";
import { startReaper } from "./reaper.ts";

/** Where `node:child_process` tells what it is about to start, and how, but for what it waits for by a function "...Sync". */
const SPAWNING = "tracing:child_process.spawn:start";

/** Functions of `Deno` that start a program besides `Deno.Command`, unstable ones. */
const SPAWNERS = ["spawn", "spawnAndWait", "spawnAndWaitSync"] as const;

type Environment = Record<string, string>;

/** What is heard there. */
interface Spawning {
  options?: { envPairs?: string[] };
}

/**
 * From now on what this thread starts has `marker` (`NAME=value`) in its environment. Before the first program starts,
 * `onFirst` is called, and a shell waits for the end of this thread to end what it has left; where this script may not
 * start one, nobody does.
 *
 * What is returned is to be called when modules are about to be loaded: programs that these start through Node are marked
 * from then on, whatever environment they are given. It takes some milliseconds, which other functions can do without.
 */
export function markPrograms(
  marker: string,
  onFirst: () => void,
): () => void {
  const [name, value] = marker.split("=", 2) as [string, string];
  let watched = false;
  const watch = () => {
    if (watched) return;
    watched = true;
    onFirst();
    if (!isGranted({ name: "run", command: "/bin/sh" })) return;
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
  let listened = false;
  return () => {
    if (listened) return;
    listened = true;
    void markSpawned(marker, watch);
  };
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

/** What is started by `node:child_process` in an environment of its own. */
async function markSpawned(marker: string, watch: () => void): Promise<void> {
  const { subscribe } = await import("node:diagnostics_channel");
  const prefix = marker.slice(0, marker.indexOf("=") + 1);
  subscribe(SPAWNING, (message) => {
    watch();
    const pairs = (message as Spawning).options?.envPairs;
    if (!pairs?.some((pair) => pair.startsWith(prefix))) pairs?.push(marker);
  });
}

/** What else `node:child_process` starts: it reads all of `Deno.env`; so does whoever spreads `process.env`. */
function markEnvironment(name: string, value: string, watch: () => void): void {
  const { get, has, toObject } = Deno.env;
  Deno.env.get = (key) => key === name ? value : get(key);
  Deno.env.has = (key) => key === name || has(key);
  Deno.env.toObject = () => {
    watch();
    return { ...toObject(), [name]: value };
  };
}
