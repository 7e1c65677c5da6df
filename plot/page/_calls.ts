/**
 * The calls of a report as the page reads them: numbers as arrays, texts and all else of one call on request.
 *
 * @module
 */
import { type Column, numbersOf, textAt } from "../_columns.ts";
import type { ReportData } from "../_report_data.ts";
import { type CallTable, tableOf } from "../_table.ts";
import { type Lanes, lanesOf } from "../_lanes.ts";
import type { CallStats } from "../../executor/stats.ts";

/** A column that a reader looks at: seconds, bytes, counts. */
export type Unit = "seconds" | "bytes" | "count" | "percent";

/** The calls of a report. Rows are those of all charts. */
export class Calls {
  /** How many. */
  readonly length: number;
  /** The instants of all calls, for charts. */
  readonly table: CallTable;
  /** The calls on their workers. */
  readonly lanes: Lanes;
  /** Keys of the statistics, in their order. */
  readonly keys: readonly string[];
  readonly #data: ReportData;
  readonly #numbers = new Map<string, Float64Array>();

  /** Reads the columns once. */
  constructor(data: ReportData) {
    this.#data = data;
    this.length = data.count;
    this.keys = Object.keys(data.columns);
    this.table = tableOf(this.#each());
    this.lanes = lanesOf(this.#each(), data.epoch, this.table.makespan);
    this.#numbers.set("start", this.table.activeFrom);
    const user = this.numbers("worker_func_cpu_user_time");
    const system = this.numbers("worker_func_cpu_system_time");
    this.#numbers.set("cpu", user.map((value, row) => value + system[row]!));
  }

  /**
   * A column of the statistics; instants are seconds since the first job, `NaN` is not known. Also `"start"` (taken up by
   * a worker) and `"cpu"` (in both modes).
   */
  numbers(key: string): Float64Array {
    let values = this.#numbers.get(key);
    if (values === undefined) {
      values = numbersOf(this.#column(key), this.length);
      const { kind } = this.#column(key);
      if (key.endsWith("_tstamp") && kind !== "number") {
        values = values.map((value) => value - this.#data.epoch);
      }
      this.#numbers.set(key, values);
    }
    return values;
  }

  /** A text of the statistics; `null` if it has none. */
  text(key: string, row: number): string | null {
    return textAt(this.#column(key), row);
  }

  /** `"M001/00042"`. */
  name(row: number): string {
    return `${this.text("job_id", row)}/${this.text("call_id", row)}`;
  }

  /** How it ended; `"pending"` if it has not. */
  outcome(row: number): string {
    return this.text("outcome", row) ?? "pending";
  }

  /** Whether any call is of a function with a name. */
  get hasNames(): boolean {
    return this.#data.functions.length > 0;
  }

  /** Name of its function. */
  functionName(row: number): string | null {
    return textAt(this.#data.details.functions, row);
  }

  /** Why it failed. */
  error(
    row: number,
  ): { name: string; message: string; stack: string | null } | null {
    const { names, messages, stacks } = this.#data.details;
    const name = textAt(names, row) ?? this.text("error_class", row);
    return name === null ? null : {
      name,
      message: textAt(messages, row) ?? "",
      stack: textAt(stacks, row),
    };
  }

  /** What it printed; `null` for nothing. */
  logs(row: number): string | null {
    return textAt(this.#data.details.logs, row);
  }

  /** All statistics of a call, instants in epoch seconds. */
  stats(row: number): Record<string, unknown> {
    const stats: Record<string, unknown> = {};
    for (const key of this.keys) {
      const column = this.#column(key);
      if (column.kind === "same") stats[key] = column.value;
      else if (column.kind === "number") {
        const value = this.numbers(key)[row]!;
        stats[key] = value !== value
          ? null
          : key.endsWith("_tstamp")
          ? Math.round((value + this.#data.epoch) * 1e6) / 1e6
          : value;
      } else if (column.kind === "json") {
        stats[key] = (column.value as unknown[])[row];
      } else stats[key] = this.text(key, row);
    }
    const { worker_func_cpu_percent: percent } = stats;
    stats.worker_func_cpu_usage = typeof percent === "number"
      ? new Array(this.#data.cores).fill(percent / this.#data.cores)
      : null;
    return stats;
  }

  #column(key: string): Column {
    return this.#data.columns[key] ?? { kind: "same", value: null };
  }

  /** Each call, with what charts look at. */
  *#each(): Generator<CallStats> {
    const { epoch } = this.#data;
    const instants = [
      "host_job_create_tstamp",
      "host_submit_tstamp",
      "host_status_done_tstamp",
      "host_result_done_tstamp",
      "worker_start_tstamp",
      "worker_end_tstamp",
      "worker_func_start_tstamp",
      "worker_func_end_tstamp",
    ].map((key) => [key, this.numbers(key)] as const);
    const workers = this.numbers("worker_id");
    const boots = this.numbers("worker_boot_time");
    for (let row = 0; row < this.length; row++) {
      const call: Record<string, unknown> = {
        executor_id: this.text("executor_id", row),
        job_id: this.text("job_id", row),
        call_id: this.text("call_id", row),
        outcome: this.text("outcome", row),
        host_name: this.text("host_name", row),
        worker_id: orNull(workers[row]!),
        worker_boot_time: orNull(boots[row]!),
      };
      for (const [key, values] of instants) {
        const value = values[row]!;
        call[key] = value === value ? value + epoch : null;
      }
      yield call as unknown as CallStats;
    }
  }
}

function orNull(value: number): number | null {
  return value === value ? value : null;
}
