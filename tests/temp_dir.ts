/**
 * A folder for one test.
 *
 * @module
 */

/** A temporary folder that goes when the block that holds it by `await using` ends. */
export interface TempDir extends AsyncDisposable {
  /** Its path, without a slash at the end. */
  readonly path: string;
  /** Writes a text file into it, and gives its path. */
  write(name: string, text: string): Promise<string>;
}

/** Makes an empty folder. */
export async function tempDir(): Promise<TempDir> {
  const path = await Deno.makeTempDir({ prefix: "lithoscope_test_" });
  return {
    path,
    write: async (name, text) => {
      await Deno.writeTextFile(`${path}/${name}`, text);
      return `${path}/${name}`;
    },
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}
