/**
 * A run as its hash in Redis tells of it, for a script that attaches to it.
 *
 * @module
 */
import type { FoundJob, FoundRun } from "./link.ts";
import type { DefinitionRecord, JobRecord } from "./protocol.ts";
import type { Seal } from "./seal.ts";

/** Reads the fields of a run. Throws if there are none, or they cannot be trusted. */
export function readRun(
  id: string,
  prefix: string,
  fields: Record<string, Uint8Array>,
  seal: Seal,
): FoundRun {
  const jobs: FoundJob[] = [];
  for (const [field, bytes] of Object.entries(fields)) {
    const number = /^job (\d+)$/.exec(field)?.[1];
    if (number === undefined) continue;
    const record = seal.open(`${id} ${field}`, bytes) as JobRecord;
    const definition = `definition ${record.definition}`;
    const found = fields[definition];
    if (found === undefined) continue; // The script ended while it wrote: nothing was queued.
    const { spec } = seal.open(
      `${id} ${definition}`,
      found,
    ) as DefinitionRecord;
    const calls = numberOf(fields[`calls ${number}`]);
    const total = Math.max(calls, numberOf(fields[`total ${number}`]));
    jobs.push({ ...record, number: Number(number), spec, calls, total });
  }
  if (jobs.length === 0) {
    throw new Error(
      `Cannot attach to "${id}" as there is no such run under "${prefix}": it has expired, was removed by clean(), or never was`,
    );
  }
  jobs.sort((a, b) => a.number - b.number);
  return { jobs, isAbandoned: fields.abandoned !== undefined };
}

function numberOf(bytes: Uint8Array | undefined): number {
  return bytes === undefined ? 0 : Number(new TextDecoder().decode(bytes));
}
