/**
 * The environment of one call.
 *
 * @module
 */

/**
 * Puts `env` into the environment of this process; what it returns takes it out again, if there is anything in it. Throws
 * a `Deno.errors.NotCapable`, and changes nothing, if this process may not use one of these variables.
 */
export function applyEnv(
  env: Readonly<Record<string, string>>,
): (() => void) | undefined {
  if (!hasKeys(env)) return undefined;
  const before = new Map<string, string | undefined>();
  for (const key of Object.keys(env)) before.set(key, valueOf(key));
  for (const [key, value] of Object.entries(env)) Deno.env.set(key, value);
  return () => {
    for (const [key, value] of before) {
      if (value === undefined) Deno.env.delete(key);
      else Deno.env.set(key, value);
    }
  };
}

function valueOf(key: string): string | undefined {
  try {
    return Deno.env.get(key);
  } catch (cause) {
    throw new Deno.errors.NotCapable(
      `Cannot set "${key}" of extraEnv as the worker may not use that variable: name it in permissions.env`,
      { cause },
    );
  }
}

function hasKeys(env: Readonly<Record<string, string>>): boolean {
  for (const _ in env) return true;
  return false;
}
