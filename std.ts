/**
 * The only file that names Deno's standard library. It comes from npm as plain JavaScript, so each function gets its
 * type here.
 *
 * The YAML parser is loaded with this file (under 2 ms), as a constructor cannot wait for it; the rest when asked for.
 *
 * @module
 */
import { parse } from "npm:deno-std@1.4.0/yaml/parse.js";

/** Options of {@linkcode ParseArgs}, as in Deno std's `cli/parse_args`. */
export interface ParseArgsOptions {
  /** Flags that take no value. */
  boolean?: readonly string[];
  /** Flags whose value stays a string. */
  string?: readonly string[];
  /** Flags that may be given more than once. */
  collect?: readonly string[];
  /** Values of flags that were not given. */
  default?: Record<string, unknown>;
  /** Other names of a flag. */
  alias?: Record<string, string | readonly string[]>;
  /** Keep what follows `--` apart, under the key `"--"`. */
  "--"?: boolean;
  /** Stop at the first argument that is not a flag. */
  stopEarly?: boolean;
  /** Called for each flag that no option names; return `false` to leave it out. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** What {@linkcode ParseArgs} returns: flags by name, and the rest in `_`. */
export type ParsedArgs = Record<string, unknown> & {
  _: (string | number)[];
  "--"?: string[];
};

/** Parses command-line arguments. */
export type ParseArgs = (
  args: readonly string[],
  options?: ParseArgsOptions,
) => ParsedArgs;

/** Type of {@linkcode parseYaml}. */
export type ParseYaml = (text: string) => unknown;

/** Loads `parseArgs` of Deno std. */
export async function loadParseArgs(): Promise<ParseArgs> {
  const module = await import("npm:deno-std@1.4.0/cli/parse_args.js");
  return module.parseArgs as ParseArgs;
}

/** Parses YAML text; throws a `SyntaxError` with line and column. */
export const parseYaml: ParseYaml = parse as ParseYaml;
