/** What becomes of the calls of a worker that has ended. */
import type { Call } from "../call.ts";
import type { SlotExit } from "./backend.ts";
import type { Lane } from "./lane.ts";
import { inspectValue } from "../worker/values.ts";
import {
  itemLost,
  resultLost,
  type Retrier,
  stoppedAt,
  workerEnded,
} from "./outcome.ts";
import type { Worker } from "./worker.ts";

/** Workers that may end over a call before it starts, as when its module ends them; the next one counts as an attempt. */
const MAX_RETURNS = 2;

/** Ends or sends on the calls that a worker had when it ended. */
export function settleCalls(
  worker: Worker,
  exit: SlotExit,
  retrier: Retrier,
): void {
  const isBlamed = worker.lanes.some((lane) =>
    lane.running(exit.board[lane.index]) !== undefined
  );
  for (const lane of worker.lanes) {
    lane.lookNoMore();
    settleLane(lane, exit, isBlamed, retrier);
  }
}

/** Those that had run, the one that was running, and those that never did. */
function settleLane(
  lane: Lane,
  exit: SlotExit,
  isBlamed: boolean,
  retrier: Retrier,
): void {
  const { stopped, lanes } = lane.worker;
  const memory = lanes.length === 1 ? exit.memory : null;
  const row = exit.board[lane.index];
  const last = lane.taken(row) - 1;
  lane.takeAll().forEach((call, i) => {
    call.lane = undefined;
    if (call.done) return;
    if (i > last) {
      if (isGone(call)) itemLost(call, exit, stopped?.call);
      else comeBack(call, exit, isBlamed, retrier);
    } else if (i < last || row!.job < 0) resultLost(call, exit, retrier);
    else {
      stoppedAt(call, row!.startedAt, memory);
      if (stopped?.call === call) stopped.end();
      else workerEnded(call, exit, stopped?.call, retrier);
    }
  });
}

/** Whether its item went to the worker for good. */
function isGone({ item, job }: Call): boolean {
  if (!job.options.transfer) return false;
  try {
    return [...inspectValue(item).objects].some((each) =>
      each instanceof ArrayBuffer && each.detached
    );
  } catch {
    return false; // Its owner has changed it since: who sends it again says so.
  }
}

/**
 * A call that its worker never ran: it runs elsewhere, as if nothing had been. Where no running call is to blame it may
 * be this one all the same, which must not go on for ever.
 */
function comeBack(
  call: Call,
  exit: SlotExit,
  isBlamed: boolean,
  retrier: Retrier,
): void {
  if (!isBlamed && ++call.returned > MAX_RETURNS) {
    return workerEnded(call, exit, undefined, retrier);
  }
  sendElsewhere(call, retrier);
}

/** A call that a worker was given and has not taken: it runs elsewhere, as if nothing had been. */
export function sendElsewhere(call: Call, retrier: Retrier): void {
  call.lane = undefined;
  if (call.done) return;
  call.attempt--;
  if (call.cancelling) call.cancelled();
  else retrier.again(call, 0);
}
