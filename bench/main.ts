/**
 * Lithoscope beside its peers: `deno task bench [--quick] [--rounds=N] [part...]`. Without a name, all parts run.
 *
 * The figures depend on the machine and on who else is using it; what counts are the ratios within one table. README.md
 * says how to read them and keeps the last ones.
 *
 * @module
 */
import { parseArgs } from "node:util";
import type { Bench } from "./_bench.ts";
import { describeMachine, load, untilIdle } from "./_machine.ts";
import { Peers } from "./_peers.ts";
import { say } from "./_table.ts";
import { coldstart } from "./coldstart.ts";
import { growth } from "./growth.ts";
import { leak } from "./leak.ts";
import { measuring } from "./measuring.ts";
import { moving } from "./moving.ts";
import { noop } from "./noop.ts";
import { payload } from "./payload.ts";
import { plots } from "./plots.ts";
import { redis } from "./redis_bench.ts";
import { replacing } from "./replacing.ts";
import { roundtrip } from "./roundtrip.ts";
import { scaling } from "./scaling.ts";
import { scheduling } from "./scheduling.ts";

const PARTS: Record<string, (bench: Bench) => Promise<void>> = {
  noop,
  roundtrip,
  coldstart,
  payload,
  moving,
  scaling,
  growth,
  leak,
  replacing,
  measuring,
  plots,
  scheduling,
  redis,
};
/** Seconds that a part waits for a quiet machine. */
const PATIENCE = 60;

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      rounds: { type: "string" },
    },
  });
  const unknown = positionals.filter((name) => !(name in PARTS));
  if (unknown.length > 0) {
    throw new TypeError(
      `Cannot run part "${unknown[0]}" as the parts are ${
        Object.keys(PARTS).join(", ")
      }`,
    );
  }
  const names = positionals.length > 0 ? positionals : Object.keys(PARTS);
  const rounds = Number(values.rounds ?? (values.quick ? 2 : 7));
  await using peers = new Peers();
  say(`${describeMachine()}; ${rounds} rounds`, "");
  for (const name of names) {
    const idle = await untilIdle(values.quick ? 0 : PATIENCE);
    say(
      `Load ${load().toFixed(2)}, ${
        Math.round(idle * 100)
      } % idle before this:`,
      "",
    );
    await PARTS[name]!({ peers, rounds, quick: values.quick });
    say("");
  }
}
