/**
 * Dashboard "Call detail": what one call and its processes used.
 *
 * @module
 */
import { type DashboardSpec, EXECUTOR, q, type Unit } from "./_spec.ts";

const CALL = `executor_id="$executor_id", job_id="$job_id", call_id="$call_id"`;
const RATE = "[$__rate_interval]";

/** A figure of an ended call: its last value, also when it has no metrics any longer. */
function last(metric: string): string {
  return `last_over_time(${metric}{${CALL}}[$__range])`;
}

function figure(
  title: string,
  description: string,
  unit: Unit,
  expr: string,
) {
  return {
    kind: "stat" as const,
    title,
    description,
    unit,
    queries: [q(expr)],
  };
}

function byProcess(metric: string): string {
  return `sum by (pid) (rate(${metric}{${CALL}}${RATE}))`;
}

/** 1 for the worker that runs the call. */
const ITS_WORKER =
  `on (executor_id, worker_id) group_left max by (executor_id, worker_id) (lithoscope_call_start_time_seconds{${CALL}} > bool 0)`;

/** What is known of its worker, where no process is known to run this call: it is left out, or runs several at once. */
function ofWorker(metric: string): string {
  return `sum by (pid) (label_replace(${metric}{executor_id="$executor_id"} * ${ITS_WORKER}, "pid", "of worker $1", "worker_id", "(.*)"))`;
}

/** The dashboard. */
export const CALL_DETAIL: DashboardSpec = {
  uid: "lithoscope-call",
  title: "Lithoscope / Call detail",
  description: "What one call and its processes used",
  variables: [EXECUTOR, {
    name: "job_id",
    label: "Job",
    description: "A job of this executor",
    metric: `lithoscope_job_info{executor_id="$executor_id"}`,
  }, {
    name: "call_id",
    label: "Call",
    description:
      "A call of this job that was running at some collection, or that is among the last 30 that have ended",
    metric:
      `{__name__=~"lithoscope_call_start_time_seconds|worker_func_exec_time", executor_id="$executor_id", job_id="$job_id"}`,
  }],
  rows: [{
    title: "Once it has ended",
    panels: [
      figure(
        "Time in the function",
        "From entering the function to leaving it.",
        "s",
        `max(${last("worker_func_exec_time")})`,
      ),
      figure(
        "Time in the queue",
        "From submit to a worker taking it up.",
        "s",
        `max(${last("lithoscope_call_queue_wait_seconds")})`,
      ),
      figure(
        "CPU time",
        "CPU seconds of this call, in user mode and in the kernel: of its thread, or of its worker process and the children that it reaped.",
        "s",
        `sum(${last("lithoscope_call_cpu_time_seconds")})`,
      ),
      figure(
        "CPU use",
        "CPU time for each second in the function: 100 % is a core kept busy.",
        "percentunit",
        `sum(${last("lithoscope_call_cpu_time_seconds")}) / max(${
          last("worker_func_exec_time")
        })`,
      ),
      figure(
        "Peak memory",
        "Highest resident memory of its worker during the call, or of its largest child if larger, as the kernel keeps it.",
        "bytes",
        `max(${last("lithoscope_call_peak_memory_bytes")})`,
      ),
      figure(
        "Ended at",
        "When the function was left.",
        "dateTimeAsIso",
        `1000 * max(${last("worker_func_end_tstamp")})`,
      ),
      figure(
        "Read from storage",
        "Bytes that it caused to be read from disks.",
        "bytes",
        `max(${last("lithoscope_call_storage_read_bytes")})`,
      ),
      figure(
        "Written to storage",
        "Bytes that it caused to be written to disks.",
        "bytes",
        `max(${last("lithoscope_call_storage_written_bytes")})`,
      ),
      figure(
        "Received",
        "Bytes received in its worker's network namespace meanwhile, by whomever.",
        "bytes",
        `max(${last("lithoscope_call_network_received_bytes")})`,
      ),
      figure(
        "Sent",
        "Bytes sent in its worker's network namespace meanwhile, by whomever.",
        "bytes",
        `max(${last("lithoscope_call_network_sent_bytes")})`,
      ),
      {
        kind: "table",
        title: "Outcome",
        description:
          "How it ended, the class of its error, the worker, and how many times it was run.",
        unit: "short",
        value: "Attempts",
        width: 8,
        queries: [q(
          `max by (outcome, error_class, worker_id) (${
            last("lithoscope_call_attempts")
          })`,
        )],
      },
    ],
  }, {
    title: "While it ran",
    panels: [
      {
        kind: "graph",
        title: "CPU",
        description:
          "Cores kept busy by each process while it ran this call; by its thread, or its whole worker, where processes are not told apart.",
        unit: "short",
        min: 0,
        stack: true,
        queries: [q(
          [
            `sum by (pid) (lithoscope_process_cpu_usage_cores{${CALL}})`,
            ofWorker("lithoscope_thread_cpu_usage_cores"),
            ofWorker("lithoscope_tree_cpu_usage_cores"),
          ].join(" or on() "),
          "pid {{pid}}",
        )],
      },
      {
        kind: "graph",
        title: "Memory",
        description:
          "Resident memory of each process; USS is what would be free if it ended.",
        unit: "bytes",
        min: 0,
        queries: [
          q(
            `sum by (pid) (lithoscope_process_resident_memory_bytes{${CALL}}) or on() ${
              ofWorker("lithoscope_tree_resident_memory_bytes")
            }`,
            "pid {{pid}} resident",
          ),
          q(
            `sum by (pid) (lithoscope_process_unique_memory_bytes{${CALL}})`,
            "pid {{pid}} USS",
          ),
        ],
      },
      {
        kind: "graph",
        title: "Storage",
        description:
          "Bytes that really go to and come from disks: what the page cache answers is not among them.",
        unit: "binBps",
        min: 0,
        queries: [
          q(
            byProcess("lithoscope_process_storage_read_bytes_total"),
            "pid {{pid}} read",
          ),
          q(
            byProcess("lithoscope_process_storage_written_bytes_total"),
            "pid {{pid}} written",
          ),
        ],
      },
      {
        kind: "graph",
        title: "Reads and writes",
        description:
          "Bytes of read and write calls: files, pipes and sockets alike.",
        unit: "binBps",
        min: 0,
        queries: [
          q(
            byProcess("lithoscope_process_syscall_read_bytes_total"),
            "pid {{pid}} read",
          ),
          q(
            byProcess("lithoscope_process_syscall_written_bytes_total"),
            "pid {{pid}} written",
          ),
        ],
      },
      {
        kind: "graph",
        title: "Network of its machine",
        description:
          "Traffic of the executor's network namespaces without loopback: the kernel does not count it by process.",
        unit: "binBps",
        min: 0,
        queries: [
          q(
            `sum by (namespace) (rate(lithoscope_network_receive_bytes_total{executor_id="$executor_id"}${RATE}))`,
            "{{namespace}} received",
          ),
          q(
            `sum by (namespace) (rate(lithoscope_network_transmit_bytes_total{executor_id="$executor_id"}${RATE}))`,
            "{{namespace}} sent",
          ),
        ],
      },
      {
        kind: "graph",
        title: "Waiting for a CPU",
        description:
          "Seconds each second that threads were ready but had no CPU: above 0 means too few cores, or a CPU limit.",
        unit: "percentunit",
        min: 0,
        queries: [q(
          byProcess("lithoscope_process_run_queue_wait_seconds_total"),
          "pid {{pid}}",
        )],
      },
      {
        kind: "graph",
        title: "Threads and open files",
        description: "Threads, and open files, sockets and pipes.",
        unit: "short",
        min: 0,
        queries: [
          q(
            `sum by (pid) (lithoscope_process_threads{${CALL}})`,
            "pid {{pid}} threads",
          ),
          q(
            `sum by (pid) (lithoscope_process_open_files{${CALL}})`,
            "pid {{pid}} files",
          ),
        ],
      },
      {
        kind: "graph",
        title: "Page faults and context switches",
        description:
          "Each second. Major faults needed a disk; involuntary switches took the CPU away.",
        unit: "cps",
        min: 0,
        queries: [
          q(
            `sum by (type) (rate(lithoscope_process_page_faults_total{${CALL}}${RATE}))`,
            "{{type}} faults",
          ),
          q(
            `sum by (type) (rate(lithoscope_process_context_switches_total{${CALL}}${RATE}))`,
            "{{type}} switches",
          ),
        ],
      },
    ],
  }],
};
