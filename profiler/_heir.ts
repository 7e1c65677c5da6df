/**
 * Somebody who outlives the script: when it is gone without having deleted what it pushed, as after an exception, an exit
 * or `kill -9`, its heir does. Until then that is a shell that waits; credentials go through pipes alone.
 */
import { startOutliving } from "./outliving.ts";
import type { GatewayAccess } from "./_gateway_http.ts";

/** What is left to do. */
export interface Will {
  /** The gateway. */
  access: GatewayAccess;
  /** Path of the group that is to be deleted. */
  path: string;
  /** Seconds until then. */
  after: number;
  /** Milliseconds after which the request is given up. */
  timeout: number;
}

/** Reads the will, waits for the end of the script, and has it done unless the script says that it has. */
const SCRIPT = `
trap '' INT TERM HUP
read -r will
while read -r word; do exit; done
printf '%s\\n' "$will" | "$@"
`;

/** The heir of one executor. */
export class Heir {
  readonly #child: Deno.ChildProcess | undefined;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array> | undefined;

  /** Appoints one; where that cannot be, there is none. */
  constructor(will: Will) {
    // A binary cannot run a module of its own.
    if (Deno.build.standalone) return;
    try {
      this.#child = startOutliving(SCRIPT, "lithoscope-heir", [
        ...[Deno.execPath(), "run", "--quiet", "--no-prompt"],
        ...["--no-config", "--no-lock", "--allow-net"],
        import.meta.resolve("./heir_entry.ts"),
      ]);
    } catch {
      return; // No shell, or programs may not be run.
    }
    this.#child.unref();
    this.#stdin = this.#child.stdin.getWriter();
    this.#write(`${JSON.stringify(will)}\n`);
  }

  /** Nothing is left to do. */
  async release(): Promise<void> {
    this.#child?.ref();
    this.#write("done\n");
    await this.#stdin?.close().catch(() => {});
    await this.#child?.status;
  }

  #write(line: string): void {
    this.#stdin?.write(new TextEncoder().encode(line)).catch(() => {});
  }
}
