/**
 * What a worker rehearses: a function that does nothing, and one call of it. Both go the way that real ones go, so that
 * these find code compiled and files opened.
 *
 * @module
 */
import type { DefineFunction, RunCalls } from "./protocol.ts";

/** The function, under a number that no other has. */
export const REHEARSED_FUNCTION: DefineFunction = {
  type: "function",
  id: 0,
  spec: { kind: "source", name: "", source: "((x) => x)", base: "file:///" },
  extraArgs: [],
  env: {},
  transfer: false,
};

/** The call. */
export const REHEARSED_CALLS: RunCalls = {
  type: "calls",
  definition: REHEARSED_FUNCTION.id,
  job: 0,
  jobId: "A000",
  lane: 0,
  round: 0,
  calls: [0],
  attempts: [1],
  items: [0],
};
