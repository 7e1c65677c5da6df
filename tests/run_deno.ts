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
  /** Milliseconds until it is killed as one that hangs. @default {100_000} */
  timeout?: number;
  /** The control group it runs in, by the file that takes its process id. */
  group?: string;
}

/** Runs `deno` with these arguments to its end; never on a terminal. */
export async function runDeno(
  args: readonly string[],
  options: RunDenoOptions = {},
): Promise<DenoResult> {
  const { cwd, env, timeout, group } = options;
  const command = [Deno.execPath(), ...args];
  if (group !== undefined) {
    command.unshift("sh", "-c", 'echo $$ > "$0"; exec "$@"', group);
  }
  return await outcomeOf(
    new Deno.Command(command[0]!, {
      args: command.slice(1),
      env: { ...env, NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      ...(cwd === undefined ? {} : { cwd }),
    }).spawn(),
    timeout,
  );
}

/** Waits for the end of a child whose streams are piped; kills it after `timeout` milliseconds and throws what it said. */
export async function outcomeOf(
  child: Deno.ChildProcess,
  timeout = 100_000,
): Promise<DenoResult> {
  let stdout = "", stderr = "", isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    child.kill("SIGKILL");
  }, timeout);
  const texts = [child.stdout, child.stderr].map((stream) =>
    stream.pipeThrough(new TextDecoderStream())
  );
  const [{ code }] = await Promise.all([
    child.status,
    drain(texts[0]!, (text) => stdout += text),
    drain(texts[1]!, (text) => stderr += text),
  ]).finally(() => clearTimeout(timer));
  if (isLate) {
    throw new Error(
      `It ran for over ${timeout / 1000} s, and said: ${stdout}${stderr}`,
    );
  }
  return { code, stdout, stderr };
}

async function drain(
  stream: ReadableStream<string>,
  take: (text: string) => void,
): Promise<void> {
  for await (const text of stream) take(text);
}
