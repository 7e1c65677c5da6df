/**
 * The errors of calls on their way home.
 *
 * @module
 */
import type { Call } from "../../call.ts";
import {
  CallError,
  CallTimeoutError,
  CancelledError,
  reviveError,
  WorkerExitError,
} from "../../errors.ts";
import type { CallFailure } from "./protocol.ts";

/** An error of a call, as its host has packed it. */
export function reviveFailure(
  { kind, message, cause, exit }: CallFailure,
  call: Call,
): CallError {
  const options = cause === undefined
    ? { call: call.name }
    : { call: call.name, cause: reviveError(cause) };
  switch (kind) {
    case "CallTimeoutError":
      return new CallTimeoutError(message, options);
    case "CancelledError":
      return new CancelledError(message, options);
    case "WorkerExitError":
      if (exit !== undefined) {
        return new WorkerExitError(message, exit, options);
      }
      break;
  }
  return new CallError(message, options);
}
