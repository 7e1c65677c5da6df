/** How progress reads: pure text, made to fit a width. */

/** Where a run is. */
export interface ProgressState {
  /** Calls that have ended, failed ones included. */
  done: number;
  /** Calls that have failed. */
  failed: number;
  /** Calls that run now. */
  running: number;
  /** Calls that wait. */
  queued: number;
  /** All calls; `null` while that is not known. */
  total: number | null;
  /** When the run started, in epoch milliseconds. */
  startedAt: number;
  /** CPU use of all workers, 100 a core; shown in detail if it is known. */
  cpuPercent?: number | null;
  /** Memory of all workers in bytes; shown in detail if it is known. */
  memoryBytes?: number | null;
}

const MAX_BAR = 30;
const MIN_BAR = 6;
/** An eighth of a cell, two eighths and so on. */
const PARTS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/**
 * Progress on one line of less than `width` columns, such as
 * `42 % ████▏     21/50, 12.3/s, 0:02 left, 2 running, 1 failed`. What there is no room for is left out, the bar first
 * and the count last.
 *
 * @param now epoch milliseconds
 */
export function formatProgress(
  state: ProgressState,
  width: number,
  now: number = Date.now(),
): string {
  return format(state, width, now, false);
}

/** The first line of detailed progress: the same without what the second line tells. */
export function formatCourse(
  state: ProgressState,
  width: number,
  now: number = Date.now(),
): string {
  return format(state, width, now, true);
}

function format(
  state: ProgressState,
  width: number,
  now: number,
  isDetailed: boolean,
): string {
  const { done, failed, running, total } = state;
  const seconds = Math.max(0, now - state.startedAt) / 1000;
  const rate = seconds > 0 ? done / seconds : 0;
  const isOver = total !== null && done >= total;
  const time = isOver || total === null
    ? formatDuration(seconds)
    : rate > 0
    ? `${formatDuration((total - done) / rate)} left`
    : "";
  // the most important first
  const facts = [
    total === null ? `${done} done` : `${done}/${total}`,
    failed > 0 && !isDetailed ? `${failed} failed` : "",
    time,
    formatRate(rate),
    isOver || isDetailed ? "" : `${running} running`,
  ];
  const share = total === null || total === 0 ? 1 : Math.min(1, done / total);
  const percent = total === null ? "" : `${Math.floor(share * 100)} % `;

  const room = width - 1; // a full line would wrap on some terminals
  const kept: string[] = [];
  for (const fact of facts.filter((it) => it !== "")) {
    const length = [...kept, fact].join(", ").length;
    if (length > room) break;
    kept.push(fact);
  }
  const text = inOrder(facts, kept).join(", ");
  if (text === "") return `${done}`.slice(0, Math.max(0, room));
  const left = room - text.length - percent.length - 1;
  if (total === null || left < MIN_BAR) {
    return percent !== "" && left >= -1 ? percent + text : text;
  }
  return `${percent}${formatBar(share, Math.min(MAX_BAR, left))} ${text}`;
}

/** The second line of detailed progress, of less than `width` columns; CPU and memory if they are known. */
export function formatDetails(state: ProgressState, width: number): string {
  const { running, queued, failed, cpuPercent, memoryBytes } = state;
  const facts = [
    `${running} running`,
    `${queued} queued`,
    `${failed} failed`,
    Number.isFinite(cpuPercent) ? `CPU ${Math.round(cpuPercent!)} %` : "",
    Number.isFinite(memoryBytes) ? `memory ${formatBytes(memoryBytes!)}` : "",
  ];
  // the most important first
  const kept: string[] = [];
  for (const i of [0, 2, 3, 4, 1]) {
    const fact = facts[i]!;
    if (fact === "") continue;
    if ([...kept, fact].join(", ").length > width - 3) break;
    kept.push(fact);
  }
  const text = facts.filter((fact) => kept.includes(fact)).join(", ");
  return `  ${text || facts[0]}`.slice(0, Math.max(0, width - 1));
}

/** What was kept, in the order that reads best: failures last. */
function inOrder(facts: readonly string[], kept: readonly string[]): string[] {
  const [count, failed, time, rate, running] = facts;
  return [count, rate, time, running, failed].filter((it): it is string =>
    it !== undefined && kept.includes(it)
  );
}

function formatBar(share: number, cells: number): string {
  const eighths = Math.floor(share * cells * 8);
  const bar = "█".repeat(Math.floor(eighths / 8)) + PARTS[eighths % 8];
  return bar.padEnd(cells);
}

function formatRate(rate: number): string {
  if (rate <= 0) return "";
  if (rate < 0.95) return `${formatDuration(1 / rate, 1)} each`;
  if (rate < 99.95) return `${rate.toFixed(1)}/s`;
  if (rate < 9999.5) return `${rate.toFixed(0)}/s`;
  return `${(rate / 1000).toFixed(0)}k/s`;
}

/** `0:07`, `12:34`, `1:23:45`; below ten seconds in seconds with `digits`, if digits are asked for. */
function formatDuration(seconds: number, digits = 0): string {
  if (digits > 0 && seconds < 10) return `${seconds.toFixed(digits)} s`;
  const whole = Math.ceil(seconds);
  const two = (value: number) => `${Math.floor(value)}`.padStart(2, "0");
  const [h, m, s] = [
    Math.floor(whole / 3600),
    (whole % 3600) / 60,
    whole % 60,
  ];
  if (h >= 100) return `${Math.round(h / 24)} days`;
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${Math.floor(m)}:${two(s)}`;
}

function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (bytes >= 999.5 && unit < units.length - 1) {
    bytes /= 1024;
    unit++;
  }
  return `${bytes < 9.95 && unit > 0 ? bytes.toFixed(1) : bytes.toFixed(0)} ${
    units[unit]
  }`;
}
