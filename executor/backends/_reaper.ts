/**
 * A small shell that outlives the host by a moment: when the host is gone, however it went, it kills the process groups
 * that the host had started, finds by their environment what had left them, and removes the host's folder.
 *
 * @module
 */
import { MARKER_ENV, PROC } from "../../profiler/procfs.ts";
import type { Logger } from "../log.ts";
import type { Site } from "./_place.ts";

const SCRIPT = `
PATH=/usr/bin:/bin:$PATH
trap '' INT TERM HUP
groups= marks=
while read -r op group mark; do
  case $op in
    +) groups="$groups $group" marks=$mark ;;
    -) kept=; for g in $groups; do [ "$g" = "$group" ] || kept="$kept $g"; done; groups=$kept ;;
  esac
done
for g in $groups; do kill -9 "-$g" 2>/dev/null; done
for file in \${marks:+$(grep -lsaz "^$marks" ${PROC}/[0-9]*/environ)}; do
  pid=\${file#${PROC}/}
  kill -9 "\${pid%/environ}" 2>/dev/null
done
name=$1
shift
for parent; do rm -rf -- "$parent/$name"; done
`;

/** Watches over the process groups of one host. */
export class Reaper {
  readonly #site: Site;
  readonly #child: Deno.ChildProcess | undefined;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array> | undefined;
  readonly #encoder = new TextEncoder();

  /**
   * Starts the shell, before the folder is made that it will remove: there is no moment at which nobody would. Where there
   * is no shell, says so and does without.
   */
  constructor(site: Site, log: Logger) {
    this.#site = site;
    try {
      this.#child = new Deno.Command("/bin/sh", {
        args: ["-c", SCRIPT, "lithoscope-reaper", site.name, ...site.parents],
        stdin: "piped",
        stdout: "null",
        stderr: "null",
        // A Ctrl-C in the terminal is for the host, not for it.
        detached: true,
        cwd: "/",
        // Within a worker: it must outlive what that one's host kills by this mark.
        env: { [MARKER_ENV]: "" },
      }).spawn();
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

  /** Puts a process group under watch; what begins with `marks` in the environment of all that the workers start. */
  add(group: number, marks: string): void {
    this.#write(`+ ${group} ${marks}\n`);
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
