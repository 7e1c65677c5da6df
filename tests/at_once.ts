/**
 * Cases that mostly wait, and measure nothing, run at the same time in one test.
 *
 * @module
 */

/** Runs all cases to their ends; then throws what failed, each with its name. */
export async function atOnce(
  cases: Readonly<Record<string, () => Promise<void>>>,
): Promise<void> {
  const failures: Error[] = [];
  await Promise.all(
    Object.entries(cases).map(async ([name, body]) => {
      try {
        await body();
      } catch (cause) {
        failures.push(new Error(`Failed: ${name}`, { cause }));
      }
    }),
  );
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) {
    throw new AggregateError(
      failures,
      failures.map(({ message, cause }) => `${message}: ${cause}`).join("\n"),
    );
  }
}
