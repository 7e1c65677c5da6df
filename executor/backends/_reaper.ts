/**
 * The host's handle on the shell that ends its workers, and removes their folder, when the host is gone.
 *
 * @module
 */
import type { Logger } from "../log.ts";
import { startReaper } from "../worker/reaper.ts";
import type { Site } from "./_place.ts";

/** Watches over the process groups of one host. */
export class Reaper {
  readonly #site: Site;
  readonly #child: Deno.ChildProcess | undefined;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array> | undefined;
  readonly #encoder = new TextEncoder();

  /**
   * Starts the shell, before the folder is made that it will remove: there is no moment at which nobody would. `marks` is
   * what begins a variable in the environment of all that the workers start. Where there is no shell, says so and does
   * without.
   */
  constructor(site: Site, marks: string, log: Logger) {
    this.#site = site;
    try {
      this.#child = startReaper(marks, site.name, site.parents);
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      log.warn(
        `Nobody watches over the workers, as that takes /bin/sh: ${
          (error as Error).message
        }; if this script is killed, those that compute go on until they are done`,
      );
      return;
    }
    this.#child.unref();
    this.#stdin = this.#child.stdin.getWriter();
  }

  /** Puts a process group under watch. */
  add(group: number): void {
    this.#write(`+ ${group}\n`);
  }

  /** Takes a process group out again, when all of it has ended. */
  remove(group: number): void {
    this.#write(`- ${group}\n`);
  }

  /** Ends the shell, which removes the folder. */
  async close(): Promise<void> {
    this.#child?.ref();
    await this.#stdin?.close().catch(() => {});
    await this.#child?.status;
    if (this.#child !== undefined) return;
    const { name, parents } = this.#site;
    for (const parent of parents) {
      await Deno.remove(`${parent}/${name}`, { recursive: true })
        .catch(() => {});
    }
  }

  #write(line: string): void {
    this.#stdin?.write(this.#encoder.encode(line)).catch(() => {});
  }
}
