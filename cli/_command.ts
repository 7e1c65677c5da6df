/** What a command is, how its arguments are read, and how its help is written: all three from one table of its flags. */
import { dirname } from "node:path";
import { nearestName } from "../executor/nearest.ts";
import { loadParseArgs } from "../std.ts";

/** One flag of a command. */
export interface Flag {
  /** What its value is called in the help; none for a flag without a value. */
  value?: string;
  /** One letter that stands for it: `-o`. */
  short?: string;
  /** The value may be left out. */
  optional?: true;
  /** One line for the help. */
  help: string;
}

/** One command. */
export interface Command {
  /** Its arguments, as in `lithoscope run <module> <export>`. */
  usage: string;
  /** What it does. */
  about: string;
  /** Names of the arguments that are no flags; all are needed. */
  operands: readonly string[];
  /** Its flags by name. */
  flags: Readonly<Record<string, Flag>>;
  /** Lines that can be typed as they are. */
  examples?: readonly string[];
  /** Runs it; resolves to the exit code. */
  run(input: Input): Promise<number>;
}

/** The command line was wrong: exit code 2. */
export class UsageError extends Error {}

/** Arguments as they were given. */
export class Input {
  /** The arguments that are no flags. */
  readonly operands: readonly string[];
  readonly #flags: Readonly<Record<string, unknown>>;

  /** Arguments that have been parsed. */
  constructor(
    operands: readonly string[],
    flags: Readonly<Record<string, unknown>>,
  ) {
    this.operands = operands;
    this.#flags = flags;
  }

  /** Whether the flag was given. */
  has(name: string): boolean {
    const value = this.#flags[name];
    return value !== undefined && value !== false;
  }

  /** The value of a flag; `undefined` if it was not given, or without a value. */
  text(name: string): string | undefined {
    const value = this.#flags[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  }

  /** The value of a flag as a number. */
  number(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const number = Number(text);
    if (Number.isNaN(number)) {
      throw new UsageError(
        `Cannot read --${name} as it must be a number: "${text}"`,
      );
    }
    return number;
  }
}

/** Those of every command. */
const COMMON: Readonly<Record<string, Flag>> = {
  help: { short: "h", help: "this text" },
  version: { short: "V", help: "the version" },
};

/** Reads the arguments that come after the name of the command. */
export async function parse(
  name: string,
  command: Command,
  args: readonly string[],
): Promise<Input> {
  const parseArgs = await loadParseArgs();
  const flags = { ...command.flags, ...COMMON };
  const names = Object.keys(flags);
  const unknown = (arg: string, key?: string) => {
    if (key === undefined) return true;
    const given = arg.replace(/=.*/, "");
    throw new UsageError(
      `Cannot run "${name}" as it has no option "${given}"${
        suggest(key, names, "--")
      }`,
    );
  };
  const parsed = parseArgs(withNegatives(args, flags), {
    boolean: names.filter((flag) => flags[flag]!.value === undefined),
    // Arguments that look like numbers stay as they were written.
    string: ["_", ...names.filter((flag) => flags[flag]!.value !== undefined)],
    alias: Object.fromEntries(
      names.flatMap((flag) => {
        const { short } = flags[flag]!;
        return short === undefined ? [] : [[flag, short]];
      }),
    ),
    unknown,
  });
  const operands = parsed._.map(String);
  const input = new Input(operands, parsed);
  if (input.has("help") || input.has("version")) return input;
  for (const [flag, { value, optional }] of Object.entries(flags)) {
    if (value !== undefined && optional !== true && parsed[flag] === "") {
      throw new UsageError(
        `Cannot run "${name}" as --${flag} needs a value: --${flag} ${value}`,
      );
    }
  }
  const { operands: wanted } = command;
  if (operands.length !== wanted.length) {
    throw new UsageError(
      `Cannot run "${name}" as it takes ${
        wanted.length === 0 ? "no arguments" : wanted.join(" and ")
      }: got ${
        operands.length === 0
          ? "none"
          : operands.map((each) => `"${each}"`).join(", ")
      }`,
    );
  }
  return input;
}

/** The arguments, a value such as `-1` joined to its option, as it would be taken for an option itself. */
function withNegatives(
  args: readonly string[],
  flags: Readonly<Record<string, Flag>>,
): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const option = joined.at(-1) ?? "";
    const isValue = /^-[\d.]/.test(arg) && option.startsWith("--") &&
      flags[option.slice(2)]?.value !== undefined && !joined.includes("--");
    if (isValue) joined[joined.length - 1] = `${option}=${arg}`;
    else joined.push(arg);
  }
  return joined;
}

/** What comes of reading the file at `path`; that it is not there, or a folder, is said in words. */
export async function reading<T>(path: string, file: Promise<T>): Promise<T> {
  try {
    return await file;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new Error(`Cannot read "${path}" as it is not there`);
    }
    if (error instanceof Deno.errors.IsADirectory) throw isFolder(path);
    throw error;
  }
}

/** Opens the file at `path` to be read; that it is not there, or a folder, is said in words. */
export async function opening(path: string): Promise<Deno.FsFile> {
  const file = await reading(path, Deno.open(path));
  if (!(await file.stat()).isDirectory) return file;
  file.close();
  throw isFolder(path);
}

function isFolder(path: string): Error {
  return new Error(`Cannot read "${path}" as it is a folder`);
}

/** Refuses a file that cannot be written: before the work, not after it. It must be none of `inputs`. */
export async function checkOutput(
  output: string,
  inputs: readonly string[],
): Promise<void> {
  const stat = (path: string) => Deno.stat(path).catch(() => undefined);
  const folder = dirname(output);
  if (!(await stat(folder))?.isDirectory) {
    throw new Error(
      `Cannot write "${output}" as there is no folder "${folder}"`,
    );
  }
  const there = await stat(output);
  if (there === undefined) return;
  if (there.isDirectory) {
    throw new Error(`Cannot write "${output}" as it is a folder`);
  }
  for (const input of inputs) {
    const read = await stat(input);
    if (read?.ino !== there.ino || read.dev !== there.dev) continue;
    throw new UsageError(
      `Cannot write "${output}" as it is what is read: "${input}"`,
    );
  }
}

/** The nearest known name as the end of a sentence. */
export function suggest(
  given: string,
  names: readonly string[],
  prefix = "",
): string {
  const nearest = nearestName(given, names);
  return nearest === undefined ? "" : `: the nearest is "${prefix}${nearest}"`;
}

/** The help of a command. */
export function helpOf(command: Command): string {
  const rows = Object.entries({ ...command.flags, ...COMMON }).map((
    [name, { value, short, optional, help }],
  ) => [
    `${
      value === undefined || short === undefined ? "" : `-${short}, `
    }--${name}${
      value === undefined ? "" : optional ? `[=${value}]` : ` ${value}`
    }`,
    help,
  ]);
  return `${command.about}

Usage: lithoscope ${command.usage}

${columns(rows)}${
    command.examples === undefined
      ? ""
      : `\nExamples:\n${command.examples.map((line) => `  ${line}\n`).join("")}`
  }`;
}

/** Rows of two columns, as in a help text. */
export function columns(rows: readonly (readonly string[])[]): string {
  const width = Math.max(...rows.map(([left]) => left!.length));
  return rows.map(([left, right]) => `  ${left!.padEnd(width)}  ${right}\n`)
    .join("");
}
