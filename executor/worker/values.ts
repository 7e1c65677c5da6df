/**
 * What may cross between host and worker. Structured clone quietly turns some values into `{}` (a `URL`, a `Headers`,
 * an `AbortSignal`): such a value is refused here before it is sent, and the same walk tells its size.
 *
 * @module
 */

/**
 * Which array buffers {@linkcode inspectValue} collects: none, all that can be moved, or those too large to be encoded,
 * of which a copy is moved where they are `"copied"`.
 */
export type Collect = "none" | "all" | "large" | "copied";

/** Array buffers of so many bytes are worth going past the codec. */
const LARGE = 64 * 1024;

/** Which buffers need not be encoded: a process writes large ones as they are, a thread moves those it may, or copies. */
export function collectFor(
  backend: "process" | "thread",
  transfer: boolean,
): Collect {
  return backend === "process" ? "large" : transfer ? "all" : "copied";
}

/** What {@linkcode inspectValue} found. */
export interface ValueInfo {
  /** Bytes the value takes in the codec, near enough for statistics. */
  size: number;
  /** The array buffers in it; filled only when asked for. */
  buffers: readonly ArrayBuffer[];
  /** Whether it holds an object of `before`. */
  isShared: boolean;
  /** The objects in it. */
  objects: ReadonlySet<object>;
}

/** The same while it is being looked for. */
type Found = ValueInfo & { buffers: ArrayBuffer[] };

const NO_OBJECTS: ReadonlySet<object> = new Set();
const NO_BUFFERS: readonly ArrayBuffer[] = [];

/** Places at which an array is looked at for holes. */
const SPARSE_PROBES = 16;

/** Size of a string: one byte a character, two if any is beyond Latin-1. */
function stringSize(text: string): number {
  // A long string is judged by its first kilobyte: this is a statistic, not an allocation.
  // deno-lint-ignore no-control-regex
  const wide = /[^\x00-\xff]/.test(
    text.length > 1024 ? text.slice(0, 1024) : text,
  );
  return 2 + (wide ? text.length * 2 : text.length);
}

function refuse(what: string, path: string, hint = ""): never {
  throw new TypeError(
    `${what} cannot be sent${path === "" ? "" : ` (at ${path})`}${hint}`,
  );
}

/** Size of a value that holds no other, or -1 for an object to look into. */
function leafSize(value: unknown, path: () => string): number {
  switch (typeof value) {
    case "number":
      return (value | 0) === value ? 3 : 9;
    case "string":
      return stringSize(value);
    case "boolean":
    case "undefined":
      return 1;
    case "bigint":
      return 10;
    case "function":
      return refuse(
        `A function${value.name ? ` ("${value.name}")` : ""}`,
        path(),
      );
    case "symbol":
      return refuse("A symbol", path());
    default:
      return value === null ? 1 : -1;
  }
}

const atTop = () => "";

type Step = { value: object; parent: Step | null; key: string };

function pathOf(step: Step | null, key: string): string {
  const keys = [key];
  for (let s = step; s !== null && s.parent !== null; s = s.parent) {
    keys.unshift(s.key);
  }
  return keys.filter((k) => k !== "").join("");
}

/**
 * Looks through `value`: its size, the array buffers in it that `collect` asks for, and whether it shares an object with
 * what was looked at `before`.
 *
 * Throws a `TypeError` that names the value and where it sits if it is one that would arrive empty or not at all.
 */
export function inspectValue(
  value: unknown,
  collect: Collect = "none",
  before: ReadonlySet<object> = NO_OBJECTS,
): ValueInfo {
  const leaf = leafSize(value, atTop);
  if (leaf >= 0) {
    return {
      size: leaf,
      buffers: NO_BUFFERS,
      isShared: false,
      objects: NO_OBJECTS,
    };
  }
  if (ArrayBuffer.isView(value)) return inspectView(value, collect, before);
  const seen = new Set<object>();
  const info: Found = { size: 0, buffers: [], isShared: false, objects: seen };
  const note = (object: object) => {
    seen.add(object);
    if (before.size > 0 && before.has(object)) info.isShared = true;
  };
  const stack: Step[] = [{ value: value as object, parent: null, key: "" }];
  const visit = (child: unknown, from: Step, key: string) => {
    const size = leafSize(child, () => pathOf(from, key));
    if (size >= 0) info.size += size;
    else stack.push({ value: child as object, parent: from, key });
  };
  for (let step = stack.pop(); step !== undefined; step = stack.pop()) {
    const object = step.value;
    if (seen.has(object)) {
      info.size += 2;
      continue;
    }
    note(object);
    info.size += 2;
    if (Array.isArray(object)) {
      visitArray(object, step, visit, info);
    } else {
      const proto = Object.getPrototypeOf(object);
      if (proto === Object.prototype || proto === null) {
        visitKeys(object, step, visit, info);
      } else {
        // Two views may be of one buffer.
        if (ArrayBuffer.isView(object)) note(object.buffer);
        visitSpecial(object, step, visit, info, collect);
      }
    }
  }
  return info;
}

/** The same for a view that is the whole value, as most large ones are: there is nothing to walk through. */
function inspectView(
  view: ArrayBufferView,
  collect: Collect,
  before: ReadonlySet<object>,
): ValueInfo {
  const { buffer, byteLength } = view;
  const isShared = before.has(buffer);
  const objects = new Set<object>().add(view).add(buffer);
  const info: Found = { size: byteLength + 6, buffers: [], isShared, objects };
  collectBuffer(buffer, info, collect);
  return info;
}

type Visit = (child: unknown, from: Step, key: string) => void;

function visitArray(
  array: unknown[],
  step: Step,
  visit: Visit,
  info: Found,
): void {
  if (isSparse(array)) return visitKeys(array, step, visit, info);
  for (let i = 0; i < array.length; i++) {
    const child = array[i];
    // The common case by far, without a closure or a path.
    if (typeof child === "number") info.size += (child | 0) === child ? 3 : 9;
    else visit(child, step, `[${i}]`);
  }
}

/** Each throws for what is no box of its kind. */
const BOXES = [Boolean, Number, String, BigInt].map(({ prototype }) =>
  prototype.valueOf as (this: object) => unknown
);

/** Whether it is a primitive in a box; its class is not asked, as it may say anything. */
function isBoxed(object: object): boolean {
  return BOXES.some((valueOf) => {
    try {
      valueOf.call(object);
      return true;
    } catch {
      return false; // It is no box of this kind.
    }
  });
}

/** Name of an object's class, for messages. */
function classNameOf(object: object): string {
  try {
    const { name } = object.constructor;
    if (typeof name === "string" && name !== "") return name;
    return Object.prototype.toString.call(object).slice(8, -1);
  } catch {
    return "object";
  }
}

function collectBuffer(
  buffer: ArrayBufferLike,
  info: Found,
  collect: Collect,
): void {
  if (collect === "none" || !(buffer instanceof ArrayBuffer)) return;
  if (buffer.detached || buffer.resizable) return;
  if (collect !== "all" && buffer.byteLength < LARGE) return;
  if (!info.buffers.includes(buffer)) info.buffers.push(buffer);
}

/** Whether a long array is mostly holes, which must not be walked one by one. */
function isSparse(array: unknown[]): boolean {
  if (array.length < 10_000) return false;
  let holes = 0;
  for (let i = 0; i < SPARSE_PROBES; i++) {
    if (!(Math.floor(array.length * i / SPARSE_PROBES) in array)) holes++;
  }
  return holes > SPARSE_PROBES / 2;
}

function visitKeys(
  object: object,
  step: Step,
  visit: Visit,
  info: Found,
): void {
  for (const key of Object.keys(object)) {
    info.size += 2 + key.length;
    visit((object as Record<string, unknown>)[key], step, `.${key}`);
  }
}

/** Whatever is neither an array nor a plain object. */
function visitSpecial(
  object: object,
  step: Step,
  visit: Visit,
  info: Found,
  collect: Collect,
): void {
  if (ArrayBuffer.isView(object)) {
    info.size += object.byteLength + 4;
    collectBuffer(object.buffer, info, collect);
    return;
  }
  if (object instanceof ArrayBuffer) {
    info.size += object.byteLength + 4;
    collectBuffer(object, info, collect);
    return;
  }
  if (object instanceof Map) {
    let i = 0;
    for (const [key, child] of object) {
      visit(key, step, `.keys()[${i}]`);
      visit(child, step, `.values()[${i++}]`);
    }
    return;
  }
  if (object instanceof Set) {
    let i = 0;
    for (const child of object) visit(child, step, `.values()[${i++}]`);
    return;
  }
  if (object instanceof Date) {
    info.size += 8;
    return;
  }
  if (object instanceof RegExp) {
    info.size += object.source.length + 4;
    return;
  }
  if (object instanceof Error) {
    // A DOMException loses its message in the codec of byte channels.
    if (object instanceof DOMException) {
      refuse(
        `A DOMException ("${object.name}") as a value`,
        pathOf(step.parent, step.key),
      );
    }
    info.size += object.message.length + (object.stack?.length ?? 0) + 8;
    if (object.cause !== undefined) visit(object.cause, step, ".cause");
    return;
  }
  if (isBoxed(object) || object instanceof SharedArrayBuffer) {
    info.size += 10;
    return;
  }
  if (Object.keys(object).length === 0) {
    const name = classNameOf(object);
    refuse(
      `${/^[AEIOU]/.test(name) ? "An" : "A"} ${name}`,
      pathOf(step.parent, step.key),
      object instanceof Promise ? "; await it first" : "",
    );
  }
  // An instance of a class arrives as a plain object with its own properties, as structured clone has it.
  visitKeys(object, step, visit, info);
}
