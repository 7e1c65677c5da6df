/**
 * Which test files run beside others when all are run: most only say what is right or wrong and wait a lot, so two run
 * at a time, each in a process of its own.
 *
 * @module
 */

/**
 * Files that measure, take much of the machine, or need two cores at once, by the first words of their names: nothing runs
 * beside them.
 */
const ALONE = [
  ...["profile", "profiler", "stats_levels", "stats_truth"],
  ...["big_data", "stopped_calls", "three_machines", "looking"],
];

/** Test files, in the order in which they run. */
export interface Plan {
  /** Those of each lane: one after the other there, and beside those of the others. */
  lanes: string[][];
  /** Those that run when all lanes have ended. */
  alone: string[];
}

function isAlone(file: string): boolean {
  const name = file.slice(file.lastIndexOf("/") + 1);
  return ALONE.some((start) => name.startsWith(`${start}_`));
}

/** Deals files out to so many lanes, in turns. */
export function planFor(files: readonly string[], lanes: number): Plan {
  const beside = files.filter((file) => !isAlone(file));
  const dealt = Array.from(
    { length: lanes },
    (_, lane) => beside.filter((_, index) => index % lanes === lane),
  );
  return {
    lanes: dealt.filter((lane) => lane.length > 0),
    alone: files.filter(isAlone),
  };
}

/** Where a lane begins with its next file; a colour may stand before. */
const SEAM = /^(?=\S*running \d+ tests? from )/m;

/** Passes output on a test file at a time, so that those of lanes do not mix; until it ends, or `late` says so. */
export async function passOn(
  output: ReadableStream<Uint8Array<ArrayBuffer>>,
  write: (text: string) => void,
  late: AbortSignal,
): Promise<void> {
  let held = "";
  const texts = output.pipeThrough(new TextDecoderStream(), { signal: late });
  try {
    for await (const text of texts) {
      const parts = (held + text).split(SEAM);
      held = parts.pop()!;
      if (parts.length > 0) write(parts.join(""));
    }
  } catch (error) {
    if (!late.aborted) throw error;
  } finally {
    write(held);
  }
}
