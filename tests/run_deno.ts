/**
 * This same Deno as a child: a whole program run as a user would run it.
 *
 * @module
 */

/** How a child ended. */
export interface DenoResult {
  /** Exit code. */
  code: number;
  /** All it wrote to stdout, without colours. */
  stdout: string;
  /** All it wrote to stderr, without colours. */
  stderr: string;
}

/** Options of {@linkcode runDeno}. */
export interface RunDenoOptions {
  /** Where it runs. */
  cwd?: string | URL;
  /** Variables beside those of this process. */
  env?: Record<string, string>;
  /** Milliseconds until it is ended by a signal. @default {120_000} */
  timeout?: number;
  /** The control group it runs in, by the file that takes its process id. */
  group?: string;
}

/** Runs `deno` with these arguments to its end; never on a terminal. */
export async function runDeno(
  args: readonly string[],
  options: RunDenoOptions = {},
): Promise<DenoResult> {
  const { cwd, env, timeout = 120_000, group } = options;
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), timeout);
  try {
    const command = [Deno.execPath(), ...args];
    if (group !== undefined) {
      command.unshift("sh", "-c", 'echo $$ > "$0"; exec "$@"', group);
    }
    const { code, stdout, stderr } = await new Deno.Command(command[0]!, {
      args: command.slice(1),
      env: { ...env, NO_COLOR: "1" },
      stdin: "null",
      signal: limit.signal,
      ...(cwd === undefined ? {} : { cwd }),
    }).output();
    const decoder = new TextDecoder();
    return {
      code,
      stdout: decoder.decode(stdout),
      stderr: decoder.decode(stderr),
    };
  } finally {
    clearTimeout(timer);
  }
}
