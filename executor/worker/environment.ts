/**
 * The environment of one call.
 *
 * @module
 */

/** Puts `env` into the environment of this process; what it returns takes it out again. */
export function applyEnv(env: Readonly<Record<string, string>>): () => void {
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
