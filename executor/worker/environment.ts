/**
 * The environment of one call.
 *
 * @module
 */

/** Puts `env` into the environment of this process; what it returns takes it out again, if there is anything in it. */
export function applyEnv(
  env: Readonly<Record<string, string>>,
): (() => void) | undefined {
  if (!hasKeys(env)) return undefined;
  const before = new Map<string, string | undefined>();
  for (const [key, value] of Object.entries(env)) {
    before.set(key, Deno.env.get(key));
    Deno.env.set(key, value);
  }
  return () => {
    for (const [key, value] of before) {
      if (value === undefined) Deno.env.delete(key);
      else Deno.env.set(key, value);
    }
  };
}

function hasKeys(env: Readonly<Record<string, string>>): boolean {
  for (const _ in env) return true;
  return false;
}
