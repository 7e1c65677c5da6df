/**
 * What a dashboard is made of, in short.
 *
 * @module
 */

/** A dashboard. */
export interface DashboardSpec {
  /** Its name in links; never changes. */
  uid: string;
  /** What it is called. */
  title: string;
  /** What it is for. */
  description: string;
  /** What can be chosen. */
  variables: VariableSpec[];
  /** Panels under headings. */
  rows: { title: string; panels: PanelSpec[] }[];
}

/** Something that can be chosen. */
export interface VariableSpec {
  /** A label. */
  name: string;
  /** What it is called. */
  label: string;
  /** What it is for. */
  description: string;
  /** The metric (with selectors) whose values of that label are offered. */
  metric: string;
  /** Several can be chosen, or all. @default {false} */
  multi?: boolean;
}

/** One panel. */
export interface PanelSpec {
  /** How it looks. */
  kind: "graph" | "stat" | "table" | "bars";
  /** What it is called. */
  title: string;
  /** What it shows and how to read it. */
  description: string;
  /** Grafana's name of the unit. */
  unit: Unit;
  /** What it asks. */
  queries: Query[];
  /** Columns of the grid's 24. @default {12} 4 for a figure */
  width?: number;
  /** Draw curves on top of each other. @default {false} */
  stack?: boolean;
  /** Least value of the axis. */
  min?: number;
  /** Greatest value of the axis. */
  max?: number;
  /** From where on a value is orange, and red. */
  limits?: [warn: number, bad: number];
  /** Heading of the value in a table. @default {undefined} the title */
  value?: string;
  /** Where a click on a value leads. */
  link?: { title: string; url: string };
}

/** One query of a panel. */
export interface Query {
  /** PromQL. */
  expr: string;
  /** Name of its curves. */
  legend?: string;
}

/** Units that are used, by Grafana's names. */
export type Unit =
  | "short"
  | "s"
  | "bytes"
  | "binBps"
  | "percentunit"
  | "ops"
  | "cps"
  | "pps"
  | "dateTimeAsIso";

/** A query in short. */
export function q(expr: string, legend?: string): Query {
  return legend === undefined ? { expr } : { expr, legend };
}

/** The executors. */
export const EXECUTORS: VariableSpec = {
  name: "executor_id",
  label: "Executor",
  description: "Executors that pushed metrics in this time",
  metric: "lithoscope_executor_info",
  multi: true,
};

/** One of the executors. */
export const EXECUTOR: VariableSpec = {
  name: EXECUTORS.name,
  label: EXECUTORS.label,
  description: "An executor that pushed metrics in this time",
  metric: EXECUTORS.metric,
};

/** Where a call leads to. */
export const TO_CALL = {
  title: "Call detail",
  url: "/d/lithoscope-call?${__url_time_range}&var-datasource=${datasource}" +
    "&var-executor_id=${__data.fields.executor_id}&var-job_id=${__data.fields.job_id}" +
    "&var-call_id=${__data.fields.call_id}",
};
