/**
 * Checks of what users pass in, and how values read in messages. One table of {@linkcode Rules} per options object; the
 * same rules serve options and the configuration file.
 */
import { nearestName } from "./nearest.ts";

/** What a value breaks: its shape (`TypeError`), its range (`RangeError`), or nothing. */
export type Verdict = TypeErrorConstructor | RangeErrorConstructor | undefined;

/** One rule for one value. */
export interface Rule {
  /** What is expected, as in "must be …". */
  readonly expected: string;
  /** Judges a value. */
  readonly judge: (value: unknown) => Verdict;
  /** Values to suggest the nearest of. */
  readonly names?: readonly string[];
  /** The value must not be seen in messages. */
  readonly isSecret?: boolean;
}

/** Rules by the name of the option. */
export type Rules = Readonly<Record<string, Rule>>;

function rule(expected: string, isIt: (value: unknown) => boolean): Rule {
  return {
    expected,
    judge: (value) => isIt(value) ? undefined : TypeError,
  };
}

function number(
  expected: string,
  isInRange: (value: number) => boolean,
): Rule {
  return {
    expected,
    judge: (value) =>
      typeof value !== "number"
        ? TypeError
        : isInRange(value)
        ? undefined
        : RangeError,
  };
}

/** `true` or `false`. */
export const isBoolean: Rule = rule(
  "true or false",
  (value) => typeof value === "boolean",
);

/** A string with something in it. */
export const isText: Rule = rule(
  "a string that is not empty",
  (value) => typeof value === "string" && value !== "",
);

/** 1, 2, 3 and so on. */
export const isPositiveInteger: Rule = number(
  "a whole number of at least 1",
  (value) => Number.isSafeInteger(value) && value >= 1,
);

/** 0, 1, 2 and so on. */
export const isCount: Rule = number(
  "a whole number of at least 0",
  (value) => Number.isSafeInteger(value) && value >= 0,
);

/** 1, 2, 3 and so on, or Infinity for "no limit". */
export const isLimit: Rule = number(
  "a whole number of at least 1, or Infinity",
  (value) => value === Infinity || Number.isSafeInteger(value) && value >= 1,
);

/** The longest that a timer can run, in whole seconds: 2^31 milliseconds, over which it would fire at once. */
export const MAX_SECONDS = 2147483;

function isTime(seconds: number): boolean {
  return seconds === Infinity || seconds <= MAX_SECONDS;
}

/** Seconds above 0, as many as a timer can wait, or Infinity for "for ever". */
export const isDuration: Rule = number(
  `a number of seconds above 0 (up to ${MAX_SECONDS}, or Infinity)`,
  (value) => value > 0 && isTime(value),
);

/** Seconds from 0, as many as a timer can wait, or Infinity for "for ever". */
export const isDelay: Rule = number(
  `a number of seconds of at least 0 (up to ${MAX_SECONDS}, or Infinity)`,
  (value) => value >= 0 && isTime(value),
);

/** A TCP port; 0 takes a free one. */
export const isPort: Rule = number(
  "a port from 0 to 65535",
  (value) => Number.isInteger(value) && value >= 0 && value <= 65535,
);

/** An `AbortSignal`. */
export const isSignal: Rule = rule(
  "an AbortSignal",
  (value) => value instanceof AbortSignal,
);

/** A function. */
export const isFunction: Rule = rule(
  "a function",
  (value) => typeof value === "function",
);

/** An array. */
export const isArray: Rule = rule("an array", Array.isArray);

/** An object made of named values. */
export const isRecord: Rule = rule("an object with names and values", record);

/** An object whose values are all strings. */
export const isStringRecord: Rule = rule(
  "an object whose values are all strings",
  (value) =>
    record(value) &&
    Object.values(value).every((each) => typeof each === "string"),
);

/** A URL: an absolute one as a string, or a `URL`. */
export const isUrl: Rule = rule(
  "a URL such as http://127.0.0.1:9091",
  (value) =>
    value instanceof URL || typeof value === "string" && URL.canParse(value),
);

/** A URL whose scheme is one of `schemes`; `example` shows one. */
export function isUrlOf(schemes: readonly string[], example: string): Rule {
  return rule(
    `a URL such as ${example}`,
    (value) => {
      if (!(value instanceof URL) && typeof value !== "string") return false;
      const url = URL.parse(value);
      return url !== null && schemes.includes(url.protocol.slice(0, -1));
    },
  );
}

/** One of a few strings; case counts nothing if `anyCase`. */
export function isOneOf(names: readonly string[], anyCase = false): Rule {
  return {
    expected: `one of ${list(names)}`,
    names,
    judge: (value) => {
      if (typeof value !== "string") return TypeError;
      const name = anyCase ? value.toLowerCase() : value;
      return names.includes(name) ? undefined : RangeError;
    },
  };
}

/** The same rule for a value that messages must not show. */
export function secret(rule: Rule): Rule {
  return { ...rule, isSecret: true };
}

/** Either of some rules; the first that is met counts. */
export function isEither(...rules: readonly Rule[]): Rule {
  return {
    expected: rules.map((each) => each.expected).join(", or "),
    names: rules.flatMap((each) => each.names ?? []),
    judge: (value) => {
      const verdicts = rules.map((each) => each.judge(value));
      if (verdicts.includes(undefined)) return undefined;
      return verdicts.includes(RangeError) ? RangeError : TypeError;
    },
  };
}

/**
 * Checks one value: throws `TypeError` or `RangeError` "Cannot <action> as <name> must be …: got …" unless `rule` is met.
 */
export function checkValue(
  action: string,
  name: string,
  value: unknown,
  rule: Rule,
): void {
  const ErrorClass = rule.judge(value);
  if (ErrorClass === undefined) return;
  const near = typeof value === "string" && rule.names !== undefined
    ? nearestName(value, rule.names)
    : undefined;
  const hint = near === undefined ? "" : `, the nearest is ${show(near)}`;
  const got = rule.isSecret
    ? `a ${typeof value} that is not shown here`
    : show(value);
  throw new ErrorClass(
    `Cannot ${action} as ${name} must be ${rule.expected}: got ${got}${hint}`,
  );
}

/**
 * Checks an options object against a table: throws `TypeError` if it is none or names an option that is not in the
 * table (the nearest is named), and as {@linkcode checkValue} for each value that breaks its rule. An option that is
 * `undefined` counts as not given.
 *
 * @param action what cannot be done then, as in "Cannot map …"
 * @param options what the user gave
 * @param rules every option there is
 * @param path put before the option's name in messages, as in `profile.`
 */
export function checkOptions(
  action: string,
  options: unknown,
  rules: Rules,
  path = "",
): void {
  if (options === undefined) return;
  if (!record(options)) {
    const name = path === "" ? "options" : `option "${path.slice(0, -1)}"`;
    throw new TypeError(
      `Cannot ${action} as ${name} must be an object: got ${show(options)}`,
    );
  }
  for (const name in options) {
    if (!Object.hasOwn(options, name)) continue;
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined) {
      throw new TypeError(
        `Cannot ${action} as there is no option ${
          JSON.stringify(path + name)
        }: ${suggest(name, Object.keys(rules))}`,
      );
    }
    const value = options[name];
    // In this order, as the name is put together only where it is needed.
    if (value !== undefined && rule.judge(value) !== undefined) {
      checkValue(action, `option "${path}${name}"`, value, rule);
    }
  }
}

/** Says which of `known` was most likely meant, or lists them. */
export function suggest(name: string, known: readonly string[]): string {
  const near = nearestName(name, known);
  return near === undefined
    ? `known are ${list(known)}`
    : `the nearest is "${near}"`;
}

/** Names in quotes, as in `"a", "b" and "c"`. */
export function list(names: readonly string[]): string {
  const quoted = names.map((name) => JSON.stringify(name));
  if (quoted.length < 2) return quoted.join();
  return `${quoted.slice(0, -1).join(", ")} and ${quoted.at(-1)}`;
}

/** How a value reads in a message: short, on one line, without the password of a URL, and never throwing. */
export function show(value: unknown): string {
  switch (typeof value) {
    case "string":
      return showString(value.replace(/:\/\/[^/?#\s]*@/, "://…@"));
    case "bigint":
      return `${value}n`;
    case "symbol":
      return "a symbol";
    case "function":
      return "a function";
    case "object":
      return value === null ? "null" : showObject(value);
    default:
      return Object.is(value, -0) ? "-0" : String(value);
  }
}

function showString(value: string): string {
  return JSON.stringify(
    value.length > 60 ? `${value.slice(0, 57)}...` : value,
  );
}

function showObject(value: object): string {
  if (value instanceof URL) return show(value.href);
  if (Array.isArray(value)) {
    return `an array of ${value.length} item${value.length === 1 ? "" : "s"}`;
  }
  const name = Object.prototype.toString.call(value).slice(8, -1);
  return name === "Object" ? "an object" : `an object (${name})`;
}

function record(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  return !Array.isArray(value) &&
    Object.prototype.toString.call(value) === "[object Object]";
}
