/**
 * What is between a moved buffer and its result, beside a bare `postMessage`: one worker or two, and what is measured.
 *
 * @module
 */
import { type Bench, sayComparison } from "./_bench.ts";
import { contestInARow, type Deed } from "./_contest.ts";
import { deno } from "./_peers.ts";
import { say } from "./_table.ts";

const BARE = "bare postMessage, 1 worker";

/** Runs it and writes its tables. */
export async function moving({ rounds, quick }: Bench): Promise<void> {
  const contestants = [
    deno(BARE, "bare_worker.ts", "1", "transfer"),
    ...["1", "2"].flatMap((workers) =>
      ["off", "timing", "full"].map((level) =>
        deno(
          `lithoscope, ${workers} worker${
            workers === "1" ? "" : "s"
          }, "${level}"`,
          "lithoscope.ts",
          workers,
          "thread",
          level,
          "transfer",
        )
      )
    ),
  ];
  const deed: Deed = {
    deed: "echo",
    count: quick ? 10 : 200,
    bytes: 1_000_000,
  };
  const both = await contestInARow(contestants, deed, rounds);
  ["after a rest", "at work"].forEach((when, i) => {
    say(`### ${deed.count} buffers of 1 MB, moved there and back, ${when}\n`);
    sayComparison({
      contestants,
      times: both[i]!,
      unit: "ms",
      toUnit: (seconds) => seconds * 1000,
      ours: [BARE],
    });
    say("");
  });
}
