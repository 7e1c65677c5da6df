/**
 * What a worker rehearses: a function that does nothing, and one call of it.
 *
 * @module
 */
import type { ToWorker } from "./protocol.ts";

/** Messages as a host would send them. */
export const REHEARSAL: readonly ToWorker[] = [
  {
    type: "function",
    id: 0,
    spec: { kind: "source", name: "", source: "((x) => x)", base: "file:///" },
    extraArgs: [],
    env: {},
    transfer: false,
  },
  {
    type: "calls",
    definition: 0,
    job: 0,
    jobId: "",
    lane: 0,
    round: 0,
    calls: [0],
    attempts: [1],
    items: [0],
  },
];
