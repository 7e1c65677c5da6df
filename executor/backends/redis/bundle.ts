/**
 * Modules of a script's own machine on their way to others: a file and all it imports as one text, which other machines
 * keep under the hash of what is in it.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { findProjectConfig } from "../../_project.ts";

/** The module at a file: URL and all it imports, as one text. Rejects with what the bundler says. */
export async function bundle(url: string): Promise<string> {
  const what = `Cannot send "${url}" to other machines`;
  if (Deno.build.standalone) {
    throw new Error(
      `${what} as a compiled binary has no bundler: give an inline function, or a module by its http(s) URL`,
    );
  }
  const config = findProjectConfig(url);
  const folder = await Deno.makeTempDir({ prefix: "lithoscope_bundle_" });
  try {
    const output = join(folder, "bundle.js");
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "bundle",
        "--quiet",
        "--no-check",
        ...(config === null ? [] : ["--config", config]),
        "--output",
        output,
        url,
      ],
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).output();
    if (!success) {
      const said = new TextDecoder().decode(stderr).trim().split("\n")[0];
      throw new Error(`${what} as it cannot be bundled: ${said}`);
    }
    return await Deno.readTextFile(output);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The URL of a bundle on this machine. */
export async function unbundle(text: string): Promise<string> {
  const hash = createHash("sha256").update(text).digest("hex");
  const folder = join(tmpdir(), `lithoscope_bundles_${Deno.uid() ?? "all"}`);
  const path = join(folder, `${hash}.mjs`);
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  const { uid, mode } = await Deno.stat(folder);
  // What is run from here must not be written by others.
  if (uid !== Deno.uid() || ((mode ?? 0) & 0o022) !== 0) {
    throw new Error(
      `Cannot keep modules in "${folder}" as others may write there`,
    );
  }
  const isThere = await Deno.readTextFile(path).then(
    (found) => found === text,
    () => false,
  );
  if (!isThere) {
    const part = `${path}.${crypto.randomUUID()}`;
    await Deno.writeTextFile(part, text);
    await Deno.rename(part, path);
  }
  return pathToFileURL(path).href;
}
