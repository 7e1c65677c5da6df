/**
 * A connection that takes less time for each command than one of ioredis by itself: what is said in one turn is written
 * at once, and BullMQ's scripts, each with some twenty arguments, are made into bytes in one go.
 *
 * @module
 */
import type { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import { setImmediate } from "node:timers";
import { type Command, Redis } from "../_bullmq.ts";
import { encodeCommand } from "./resp.ts";

/** What ioredis makes of a script. */
export interface Script {
  /** Its text. */
  readonly lua: string;
  /** How many of its arguments are keys. */
  readonly numberOfKeys: number;
  /** What calls it. */
  Command: typeof Command;
}

/** Such a connection. */
export class TurnRedis extends Redis {
  #isCorked = false;

  // Its own automatic pipelines would take more time than they save.
  override sendCommand(
    ...[command, stream]: Parameters<Redis["sendCommand"]>
  ): unknown {
    const socket = this.stream as Socket | undefined;
    if (!this.#isCorked && socket !== undefined) {
      this.#isCorked = true;
      socket.cork();
      setImmediate(() => {
        this.#isCorked = false;
        socket.uncork();
      });
    }
    return super.sendCommand(command, stream);
  }

  override defineCommand(
    ...[name, definition]: Parameters<Redis["defineCommand"]>
  ): void {
    super.defineCommand(name, definition);
    const script = scriptOf(this, name)!;
    script.Command = quick(script.Command);
  }
}

/** A script that was defined; those of BullMQ have its version behind their names. */
export function scriptOf(redis: Redis, name: string): Script | undefined {
  const scripts = redis.scriptsSet as Record<string, Script>;
  return scripts[name] ?? Object.entries(scripts).find(
    ([full]) => full.startsWith(`${name}:`),
  )?.[1];
}

/** The commands of a script, encoded by us. */
function quick(Slow: typeof Command): typeof Command {
  return class extends Slow {
    override toWritable(socket: object): Buffer {
      const { args } = this;
      this.args = [args[0]!];
      (this as unknown as { bufferMode: boolean }).bufferMode = false;
      super.toWritable(socket); // Decides whether the script is sent itself or by its hash.
      args[0] = this.args[0]!;
      this.args = args;
      return encodeCommand(this.name, args as (string | Uint8Array)[]);
    }
  };
}
