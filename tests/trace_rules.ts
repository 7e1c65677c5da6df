/**
 * The rules of the Trace Event Format that a trace can break, as assertions.
 *
 * @module
 */
import type { TraceEvent } from "../plot/trace.ts";
import { assert, assertEquals, assertGreaterOrEqual } from "./assert.ts";

interface Slice {
  event: TraceEvent;
  start: number;
  end: number;
}

function trackOf({ pid, tid }: TraceEvent): string {
  return `${pid}/${tid}`;
}

/** Asserts that each event is well-formed, slices nest, flows are whole, and every track has a name. */
export function assertTrace(events: readonly TraceEvent[]): void {
  const named = new Set<string>();
  for (const event of events) {
    const { ph, name, pid, tid, ts, dur, args = {} } = event;
    assert("XstfCiM".includes(ph), ph);
    assert(typeof name === "string" && name !== "");
    for (const number of [pid, tid]) {
      assert(Number.isInteger(number) && number >= 0, `${number}`);
    }
    assert(Number.isFinite(ts) && ts >= 0, `${name} ${ts}`);
    assertEquals(dur === undefined, ph !== "X");
    if (dur !== undefined) assert(Number.isFinite(dur) && dur >= 0);
    if (ph === "C") {
      for (const value of Object.values(args)) {
        assert(typeof value === "number" && Number.isFinite(value), name);
      }
    }
    if (name === "process_name") named.add(`${pid}`);
    if (name === "thread_name") named.add(trackOf(event));
  }
  const slices = assertNested(events);
  for (const event of events) {
    assert(named.has(`${event.pid}`));
    if (event.ph === "X") assert(named.has(trackOf(event)), trackOf(event));
  }
  assertFlows(events, slices);
  assertCounters(events);
}

/** On each track, events come by start, and a slice is within another one or beside it. */
function assertNested(events: readonly TraceEvent[]): Map<string, Slice[]> {
  const byTrack = new Map<string, Slice[]>();
  const open = new Map<string, Slice[]>();
  for (const event of events) {
    if (event.ph !== "X") continue;
    const start = event.ts;
    const slice = { event, start, end: start + event.dur! };
    const track = trackOf(event);
    const all = byTrack.get(track) ?? [];
    const stack = open.get(track) ?? [];
    byTrack.set(track, all);
    open.set(track, stack);
    assertGreaterOrEqual(
      start,
      all.at(-1)?.start ?? 0,
      `${event.name} is late`,
    );
    while (stack.length > 0 && stack.at(-1)!.end <= start) {
      // One of no duration at the start of another may be in it.
      stack.pop();
    }
    const around = stack.at(-1);
    if (around !== undefined) {
      assert(
        slice.end <= around.end,
        `${event.name} at ${event.ts} reaches out of ${around.event.name}`,
      );
    }
    stack.push(slice);
    all.push(slice);
  }
  return byTrack;
}

/** Each flow has one start, at most one step and one end, in the order of time, each in a slice. */
function assertFlows(
  events: readonly TraceEvent[],
  slices: ReadonlyMap<string, Slice[]>,
): void {
  const flows = new Map<number, TraceEvent[]>();
  for (const event of events) {
    if (!"stf".includes(event.ph)) continue;
    const known = flows.get(event.id!);
    if (known === undefined) flows.set(event.id!, [event]);
    else known.push(event);
    assert(
      isWithin(slices.get(trackOf(event)) ?? [], event.ts),
      `flow ${event.id}`,
    );
  }
  for (const [id, parts] of flows) {
    parts.sort((a, b) =>
      a.ts - b.ts || "stf".indexOf(a.ph) - "stf".indexOf(b.ph)
    );
    const phases = parts.map(({ ph }) => ph).join("");
    assert(["s", "st", "sf", "stf"].includes(phases), `flow ${id}: ${phases}`);
    assertEquals(new Set(parts.map(({ name, cat }) => name + cat)).size, 1);
  }
}

function isWithin(slices: readonly Slice[], at: number): boolean {
  let low = 0, high = slices.length; // the first that starts later
  while (low < high) {
    const middle = (low + high) >> 1;
    if (slices[middle]!.start <= at) low = middle + 1;
    else high = middle;
  }
  for (let i = low - 1; i >= 0 && i >= low - 20; i--) {
    if (slices[i]!.end >= at) return true;
  }
  return slices.slice(0, low).some(({ end }) => end >= at);
}

/** The values of a counter come in the order of time. */
function assertCounters(events: readonly TraceEvent[]): void {
  const last = new Map<string, number>();
  for (const { ph, pid, name, ts } of events) {
    if (ph !== "C") continue;
    const key = `${pid}/${name}`;
    assertGreaterOrEqual(ts, last.get(key) ?? 0, name);
    last.set(key, ts);
  }
}
