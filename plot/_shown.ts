/** How a value that was given for an option reads in a message: short, on one line, and never throwing. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 60));
  try {
    return Deno.inspect(value, { depth: 0, compact: true, breakLength: 1e9 })
      .slice(0, 60);
  } catch {
    return typeof value;
  }
}
