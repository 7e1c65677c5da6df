/** Titles, legend and units of the usage chart. */
import type { Collection } from "../profiler/record.ts";
import { asListed, headingOf } from "./_heading.ts";
import { counted, duration, lines } from "./_style.ts";
import type { UsageLayer, UsageTable } from "./_usage_table.ts";

/** The highest known value; -1 without one. */
export function highest(values: Float64Array): number {
  return values.reduce((most, value) => value > most ? value : most, -1);
}

/** The highest sum over all layers. */
export function stackPeak(
  layers: readonly UsageLayer[],
  panel: "cpu" | "memory" | "disk",
): number {
  const length = layers[0]?.cpu.length ?? 0;
  let peak = 0;
  for (let at = 0; at < length; at++) {
    const sum = layers.reduce((all, layer) => all + (layer[panel][at] || 0), 0);
    peak = Math.max(peak, sum);
  }
  return peak;
}

/** The unit in which a size is a number that people can read. */
export function unitFor(
  bytes: number,
  suffix: string,
): { size: number; name: string } {
  const names = ["", "Ki", "Mi", "Gi", "Ti"];
  let unit = 0;
  while (bytes >= 1024 ** (unit + 1) && unit < names.length - 1) unit++;
  return { size: 1024 ** unit, name: names[unit]! + suffix };
}

export function amount(bytes: number): string {
  const { size, name } = unitFor(bytes, "B");
  return `${Number((bytes / size).toPrecision(3))} ${name}`;
}

/** Title, second line and legend: the `plugins` of the options. */
export function heading(
  table: UsageTable,
  total: Collection["total"] | undefined,
  calls: number,
  width: number,
): Record<string, unknown> {
  const span = table.times.length > 0
    ? table.times.at(-1)! - table.times[0]!
    : 0;
  const cpu = total === undefined
    ? 0
    : total.cpu_user_time + total.cpu_system_time;
  const notes = [
    `${table.executors.length === 1 ? "Executor" : "Executors"} ${
      table.executors.join(", ") || "none"
    }`,
    `CPU ${duration(cpu)}, at most ${
      Math.round(stackPeak(table.layers, "cpu"))
    }%`,
    `memory at most ${amount(stackPeak(table.layers, "memory"))}`,
    ...total?.storage_read_bytes == null ? [] : [
      `disk ${amount(total.storage_read_bytes)} read, ${
        amount(total.storage_write_bytes ?? 0)
      } written`,
    ],
    ...calls > 0 ? [counted(calls, "call")] : [],
    `${counted(table.times.length, "sample")}${
      table.hosts > 1 ? ` of ${counted(table.hosts, "host")}, each` : ""
    }${table.interval > 0 ? ` every ${duration(table.interval)}` : ""}`,
  ];
  return headingOf(
    `Usage over ${duration(span)}`,
    lines(notes, " · ", width, 6.3),
    {
      sort: asListed,
      filter: (
        item: { datasetIndex: number },
        data: { datasets: { inLegend: boolean }[] },
      ) => data.datasets[item.datasetIndex]!.inLegend,
    },
  );
}
