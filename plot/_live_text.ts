/** Figures as the live page writes them. Runs in the page, so it refers to nothing outside of it. */

/** How figures read; `–` is what is not known. */
export interface LiveText {
  /** `12,345`. */
  count(value: number): string;
  /** `87 µs`, `1.24 s`, `2:05`. */
  seconds(value: number | null): string;
  /** `0:07`, `1:23:45`. */
  clock(seconds: number): string;
  /** `46.1 MiB`. */
  bytes(value: number | null): string;
  /** `187 %`. */
  percent(value: number | null): string;
}

/** Makes it. */
export function liveText(): LiveText {
  const count = (value: number) => value.toLocaleString("en-US");
  const three = (value: number) =>
    value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
  const seconds = (value: number | null) =>
    value === null
      ? "–"
      : value < 0.0009995
      ? `${three(value * 1e6)} µs`
      : value < 0.9995
      ? `${three(value * 1e3)} ms`
      : value < 99.95
      ? `${three(value)} s`
      : clock(value);
  const clock = (value: number) => {
    const whole = Math.max(0, Math.round(value));
    const two = (n: number) => String(n).padStart(2, "0");
    const [h, m, s] = [
      Math.floor(whole / 3600),
      Math.floor(whole / 60) % 60,
      whole % 60,
    ];
    return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
  };
  const bytes = (value: number | null) => {
    if (value === null) return "–";
    const units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let unit = 0;
    while (value >= 999.5 && unit < units.length - 1) value /= 1024, unit++;
    return `${unit === 0 ? value : three(value)} ${units[unit]}`;
  };
  const percent = (value: number | null) =>
    value === null ? "–" : `${Math.round(value)} %`;
  return { count, seconds, clock, bytes, percent };
}
