/**
 * Numbers and keys out of the kernel's text files, straight from the bytes: a sampler that decoded strings would spend
 * more time on them than the kernel does on writing them.
 *
 * @module
 */

const SPACE = 32;
const TAB = 9;
const NEWLINE = 10;
const MINUS = 45;
const ZERO = 48;

/** Bytes of an ASCII key, to be looked for with {@linkcode hasKey}. */
export function key(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Tells whether `bytes` has `wanted` at `at`. */
export function hasKey(
  bytes: Uint8Array,
  at: number,
  wanted: Uint8Array,
): boolean {
  for (let i = 0; i < wanted.length; i++) {
    if (bytes[at + i] !== wanted[i]) return false;
  }
  return true;
}

/** The whole number at `at`, after spaces and tabs; `null` if there is none. */
export function numberAt(bytes: Uint8Array, at: number): number | null {
  while (bytes[at] === SPACE || bytes[at] === TAB) at++;
  let value = 0;
  const start = at;
  for (; at < bytes.length; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  return at === start ? null : value;
}

/** The last whole number before the end of the line that starts at `at`: the innermost id in `NSpid:  812  7`. */
export function lastNumberOfLine(bytes: Uint8Array, at: number): number | null {
  let last: number | null = null;
  let value = -1;
  for (; at < bytes.length && bytes[at] !== NEWLINE; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit >= 0 && digit <= 9) value = Math.max(value, 0) * 10 + digit;
    else if (value >= 0) {
      last = value;
      value = -1;
    }
  }
  return value >= 0 ? value : last;
}

/** Where the line after the one at `at` starts; the length of `bytes` if there is none. */
export function nextLine(bytes: Uint8Array, at: number): number {
  while (at < bytes.length && bytes[at] !== NEWLINE) at++;
  return Math.min(at + 1, bytes.length);
}

/** Fills `into` with the numbers from `at` to the end of the line (signed, separated by spaces); returns how many. */
export function numbersOfLine(
  bytes: Uint8Array,
  at: number,
  into: Float64Array,
): number {
  let count = 0;
  let value = 0;
  let sign = 1;
  let inside = false;
  for (; at < bytes.length && count < into.length; at++) {
    const byte = bytes[at]!;
    const digit = byte - ZERO;
    if (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      inside = true;
    } else {
      if (inside) {
        into[count++] = sign * value;
        value = 0;
        inside = false;
      }
      sign = byte === MINUS ? -1 : 1;
      if (byte === NEWLINE) return count;
    }
  }
  if (inside && count < into.length) into[count++] = sign * value;
  return count;
}

/** The text of `bytes` from `start` to `end`; plain ASCII is taken byte by byte, which is quicker than a decoder. */
export function textOf(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; at++) {
    if (bytes[at]! > 127) {
      return new TextDecoder().decode(bytes.subarray(start, end));
    }
    text += String.fromCharCode(bytes[at]!);
  }
  return text;
}
