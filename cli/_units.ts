/** Figures for people: three digits and a unit. */

/** Shown where nothing was measured. */
export const NOTHING = "-";

const SIZES = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** Seconds as `"87 µs"`, `"1.24 ms"`, `"0.803 s"`, `"12.3 s"`, `"1 h 02 min"`. */
export function secondsText(seconds: number | null): string {
  if (seconds === null) return NOTHING;
  if (seconds === 0) return "0 s";
  const size = Math.abs(seconds);
  if (size < 0.000_999_5) return `${digits(seconds * 1e6)} µs`;
  if (size < 0.099_95) return `${digits(seconds * 1e3)} ms`;
  if (size < 1) return `${seconds.toFixed(3)} s`;
  if (size < 599.5) return `${digits(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const rest = String(minutes % 60).padStart(2, "0");
  return `${Math.floor(minutes / 60)} h ${rest} min`;
}

/** Bytes as `"144 B"`, `"46.1 MiB"`. */
export function bytesText(bytes: number | null): string {
  if (bytes === null) return NOTHING;
  let value = bytes, unit = 0;
  while (Math.abs(value) >= 999.5 && unit < SIZES.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : digits(value)} ${SIZES[unit]}`;
}

/** A number with `places` behind the point. */
export function numberText(value: number | null, places = 0): string {
  return value === null ? NOTHING : value.toFixed(places);
}

/** Three digits, more before the point. */
function digits(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
}
