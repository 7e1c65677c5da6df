/**
 * The child process of a worker: how it is started, and how it is ended with all that it has started.
 *
 * @module
 */
import { processesMarked } from "../../profiler/procfs.ts";
import type { Permissions } from "../options.ts";
import { WORKER_ENV } from "../worker/protocol.ts";
import { permissionFlags } from "./_permissions.ts";
import type { SpawnOptions } from "./backend.ts";

/** Looks at all processes at most, for those that start others faster than they can be ended. */
const MAX_ROUNDS = 10;

/** What all children of a backend have in common. */
export interface ChildOptions {
  /** What they may do. */
  permissions: "inherit" | Permissions;
  /** Bytes of memory for each; Infinity for no limit. */
  maxMemory: number;
  /** Folder of the host's socket and of the boards. */
  folder: string;
}

/** Starts the entry: through Deno, or through this very binary if it was compiled. */
export function spawnChild(
  { configPath, marker }: SpawnOptions,
  { folder, permissions, maxMemory }: ChildOptions,
): Deno.ChildProcess {
  const socket = `${folder}/socket`;
  const standalone = Deno.build.standalone;
  const heap = maxMemory === Infinity
    ? []
    : [`--v8-flags=--max-old-space-size=${Math.floor(maxMemory / 2 ** 20)}`];
  const args = standalone ? [] : [
    "run",
    ...permissionFlags(permissions, { folder, socket }),
    "--quiet",
    "--no-prompt",
    ...heap,
    ...(configPath === null
      ? ["--no-config", "--no-lock"]
      : [`--config=${configPath}`]),
    import.meta.resolve("../worker/process_entry.ts"),
    socket,
  ];
  const [name, value] = marker.split("=", 2) as [string, string];
  return new Deno.Command(Deno.execPath(), {
    args,
    env: { [name]: value, ...(standalone ? { [WORKER_ENV]: socket } : {}) },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    // A group of its own, so that it can be killed with all that it starts.
    detached: true,
  }).spawn();
}

/** Ends a child and all that it has started, now. */
export function killGroup(pid: number): void {
  try {
    Deno.kill(-pid, "SIGKILL");
  } catch {
    // All of it has ended.
  }
}

/**
 * Ends whatever has `marker` (`NAME=value`) in its environment, wherever it has gone. What it has started while we looked
 * is found by looking again.
 */
export function killMarked(marker: string): void {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const pids = processesMarked(marker);
    if (pids.length === 0) return;
    for (const pid of pids) {
      try {
        Deno.kill(pid, "SIGKILL");
      } catch {
        // It has ended.
      }
    }
  }
}

/** Gives a child its secret. Its stdin stays open behind that: its end tells the child that the host is gone. */
export async function giveSecret(
  child: Deno.ChildProcess,
  secret: string,
): Promise<void> {
  try {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(`${secret}\n`));
    writer.releaseLock();
  } catch {
    // It ended before it could read; the watch says how.
  }
}
