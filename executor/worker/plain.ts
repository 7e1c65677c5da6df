/**
 * A codec for what most messages are: some numbers, short strings and the like in arrays. Deno's way to V8's codec costs
 * 10 us however little there is to encode, this one about one. What it does not know is left to the other.
 *
 * A body is the byte `PLAIN`, which V8's never starts with, then values: a tag and what belongs to it, little-endian.
 *
 * @module
 */

/** First byte of a body. */
const PLAIN = 1;
const UNDEFINED = 0, NULL = 1, FALSE = 2, TRUE = 3;
/** A whole number in one byte or in four, any number in eight. */
const BYTE = 4, INT = 5, NUMBER = 6;
/** Length, then a byte or two for each UTF-16 unit. */
const LATIN = 7, WIDE = 8;
/** Length, then values; length, then bytes; length, then eight bytes for each number. */
const ARRAY = 9, NUMBERS = 10, DOUBLES = 11;

/** Bodies end here. */
const SIZE = 256 * 1024;
/** Longer strings are another codec's business. */
const MAX_TEXT = 4096;
/** Arrays are known as deep as messages have their own: those of users may be anything, proxies and with holes. */
const DEPTH = 3;

/** Bodies of so many bytes are copied word by word. */
const SHORT = 512;

/** As many numbers as an array of them mostly has. */
const BLANK: readonly number[] = Array.from({ length: 32 }, () => NaN);

const bytes = new Uint8Array(SIZE);
const words = new Int32Array(bytes.buffer);
const view = new DataView(bytes.buffer);

/** The body of `messages` with `head` bytes before it that are left to the caller; `null` if there is more in them. */
export function encodePlain(
  messages: readonly unknown[],
  head: number,
): Uint8Array<ArrayBuffer> | null {
  bytes[head] = PLAIN;
  const end = write(messages, head + 1, DEPTH);
  return end < 0 ? null : bytes.slice(0, end);
}

/** Length of the body of `message`, which `copyPlain` can then copy until another is encoded; -1 if there is more in it. */
export function holdPlain(message: unknown): number {
  bytes[0] = PLAIN;
  return write(message, 1, DEPTH - 1); // as one of several
}

/**
 * Copies the body that is held, of `length` bytes, to place `at` of some memory, a multiple of 4 whose bytes and words these
 * are; up to three bytes behind it may be written as well.
 */
export function copyPlain(
  toBytes: Uint8Array,
  toWords: Int32Array,
  at: number,
  length: number,
): void {
  // A view of a part is an object that would be there for a moment, and dearer than a short loop.
  if (length > SHORT) return toBytes.set(bytes.subarray(0, length), at);
  const from = at >> 2, count = (length + 3) >> 2;
  for (let i = 0; i < count; i++) toWords[from + i] = words[i]!;
}

/** Writes a value at `at`, with arrays in it to `depth`: where it ends, or -1 if it is unknown or does not fit. */
function write(value: unknown, at: number, depth: number): number {
  if (at + 16 > SIZE) return -1;
  switch (typeof value) {
    case "number":
      return writeNumber(value, at);
    case "string":
      return writeText(value, at);
    case "boolean":
      bytes[at] = value ? TRUE : FALSE;
      return at + 1;
    case "undefined":
      bytes[at] = UNDEFINED;
      return at + 1;
    case "object":
      if (value === null) {
        bytes[at] = NULL;
        return at + 1;
      }
      if (depth === 0) return -1;
      if (Array.isArray(value)) return writeArray(value, at, depth - 1);
      if (value instanceof Float64Array) return writeNumbers(value, at);
  }
  return -1;
}

function writeNumber(value: number, at: number): number {
  const whole = value | 0;
  if (whole !== value || whole === 0 && 1 / value < 0) {
    bytes[at] = NUMBER;
    view.setFloat64(at + 1, value, true);
    return at + 9;
  }
  if (whole === (whole & 0xff)) {
    bytes[at] = BYTE;
    bytes[at + 1] = whole;
    return at + 2;
  }
  bytes[at] = INT;
  view.setInt32(at + 1, whole, true);
  return at + 5;
}

function writeText(text: string, at: number): number {
  const { length } = text;
  if (length > MAX_TEXT || at + 5 + length * 2 > SIZE) return -1;
  view.setUint32(at + 1, length, true);
  let to = at + 5, units = 0;
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    units |= unit;
    bytes[to++] = unit;
  }
  bytes[at] = LATIN;
  if (units <= 0xff) return to;
  bytes[at] = WIDE;
  to = at + 5;
  for (let i = 0; i < length; i++, to += 2) {
    view.setUint16(to, text.charCodeAt(i), true);
  }
  return to;
}

function writeArray(array: unknown[], at: number, depth: number): number {
  if (isDoubles(array)) return writeDoubles(array, at);
  bytes[at] = ARRAY;
  view.setUint32(at + 1, array.length, true);
  at += 5;
  for (let i = 0; i < array.length && at >= 0; i++) {
    const value = array[i];
    if (value === undefined && !(i in array)) return -1;
    at = write(value, at, depth);
  }
  return at;
}

/** Whether there are only numbers in an array, and not such as are written shorter one by one. */
function isDoubles(array: unknown[]): array is number[] {
  const first = array[0];
  return typeof first === "number" && first !== (first | 0) &&
    areNumbers(array);
}

/** By itself, as it is only asked of arrays of doubles: elsewhere each of them would become an object to look at. */
function areNumbers(array: unknown[]): boolean {
  for (let i = 0; i < array.length; i++) {
    if (typeof array[i] !== "number") return false;
  }
  return true;
}

function writeDoubles(array: number[], at: number): number {
  const { length } = array;
  if (at + 5 + length * 8 > SIZE) return -1;
  bytes[at] = DOUBLES;
  view.setUint32(at + 1, length, true);
  at += 5;
  for (let i = 0; i < length; i++, at += 8) {
    view.setFloat64(at, array[i]!, true);
  }
  return at;
}

/** Numbers of our own, with a buffer of their own; of a user's there is more to keep than the numbers. */
function writeNumbers(numbers: Float64Array, at: number): number {
  const { byteLength, byteOffset, buffer } = numbers;
  if (at + 5 + byteLength > SIZE || byteLength !== buffer.byteLength) return -1;
  bytes[at] = NUMBERS;
  view.setUint32(at + 1, byteLength, true);
  bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at + 5);
  return at + 5 + byteLength;
}

/** Whether a body is one of these. */
export function isPlain(body: DataView): boolean {
  return body.byteLength > 0 && body.getUint8(0) === PLAIN;
}

/** What was encoded, between two places of `view`; throws a `RangeError` for what was not. */
export function decodePlain(
  view: DataView,
  from = 0,
  to: number = view.byteLength,
): unknown {
  return new Reader(view, from + 1, to).readAll();
}

class Reader {
  readonly #body: DataView;
  readonly #end: number;
  #at: number;

  constructor(body: DataView, at: number, end: number) {
    this.#body = body;
    this.#at = at;
    this.#end = end;
  }

  /** The value that the whole body is. */
  readAll(): unknown {
    const value = this.read();
    if (this.#at === this.#end) return value;
    throw new RangeError("Cannot decode a value as there is more behind it");
  }

  read(): unknown {
    const tag = this.#body.getUint8(this.#at++);
    switch (tag) {
      case UNDEFINED:
        return undefined;
      case NULL:
        return null;
      case FALSE:
        return false;
      case TRUE:
        return true;
      case BYTE:
        return this.#body.getUint8(this.#take(1));
      case INT:
        return this.#body.getInt32(this.#take(4), true);
      case NUMBER:
        return this.#body.getFloat64(this.#take(8), true);
      case LATIN:
      case WIDE:
        return this.#text(tag === LATIN ? 1 : 2);
      case ARRAY:
        return this.#array();
      case NUMBERS:
        return this.#numbers();
      case DOUBLES:
        return this.#doubles();
    }
    throw new RangeError(`Cannot decode a value as its tag is unknown: ${tag}`);
  }

  #take(length: number): number {
    const at = this.#at;
    this.#at += length;
    return at;
  }

  /** A length, of which each takes so many bytes at least. */
  #length(each: number): number {
    const length = this.#body.getUint32(this.#take(4), true);
    if (length * each <= this.#end - this.#at) return length;
    throw new RangeError(`Cannot decode a value as it is cut off: ${length}`);
  }

  #text(width: number): string {
    const length = this.#length(width);
    let text = "";
    for (let i = 0; i < length; i++) {
      const at = this.#take(width);
      text += String.fromCharCode(
        width === 1 ? this.#body.getUint8(at) : this.#body.getUint16(at, true),
      );
    }
    return text;
  }

  #array(): unknown[] {
    const length = this.#length(1);
    if (length === 1) return [this.read()]; // which has no room for more
    const array: unknown[] = [];
    for (let i = 0; i < length; i++) array.push(this.read());
    return array;
  }

  #doubles(): number[] {
    const length = this.#length(8);
    // Doubles from the start: the array is not made anew with the first of them.
    const array = length > BLANK.length
      ? new Array<number>(length).fill(NaN)
      : BLANK.slice(0, length);
    for (let i = 0; i < length; i++) {
      array[i] = this.#body.getFloat64(this.#at, true);
      this.#at += 8;
    }
    return array;
  }

  #numbers(): Float64Array {
    const length = this.#length(1);
    const from = this.#body.byteOffset + this.#take(length);
    // A copy, and not shared, wherever the body is.
    const copy = new Uint8Array(length);
    copy.set(new Uint8Array(this.#body.buffer, from, length));
    return new Float64Array(copy.buffer);
  }
}
