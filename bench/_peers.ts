/**
 * The pools that Lithoscope is measured beside, each with the settings that its documentation recommends for speed:
 * README.md says which.
 *
 * @module
 */
import type { Contestant } from "./_contest.ts";

/** Exact versions, so that figures can be compared. */
const PACKAGES = [
  "piscina@5.3.2",
  "tinypool@2.2.0",
  "workerpool@10.0.3",
  "poolifier@5.3.2",
];
/** The pools of these packages; processes send values by structured clone. */
const POOLS = [
  { name: "poolifier threads", script: "poolifier.mjs", kind: [] },
  { name: "piscina", script: "piscina.mjs", kind: [] },
  { name: "tinypool", script: "tinypool.mjs", kind: [] },
  { name: "workerpool threads", script: "workerpool.mjs", kind: [] },
  { name: "poolifier cluster", script: "poolifier.mjs", kind: ["cluster"] },
  { name: "workerpool processes", script: "workerpool.mjs", kind: ["process"] },
];
const PYTHON = "/usr/bin/python3";
const SCRIPTS = new URL("peers/", import.meta.url);

/** Where the packages of the peers are, for as long as a benchmark runs. */
export class Peers implements AsyncDisposable {
  #installing: Promise<string> | undefined;
  #folder: string | undefined;

  /** All pools from npm, on the Node of this machine; `mode` is the first argument of peers/drive.mjs. */
  async pools(mode: string): Promise<Contestant[]> {
    return await Promise.all(
      POOLS.map(({ name, script, kind }) =>
        this.node(name, script, mode, ...kind)
      ),
    );
  }

  /** Those, and the same on Deno. */
  async poolsOnBoth(mode: string): Promise<Contestant[]> {
    const pools = await this.pools(mode);
    return [...pools, ...pools.map(onDeno)];
  }

  /** A peer from npm, on the Node of this machine: a script of peers/, and its arguments. */
  async node(name: string, script: string, ...args: string[]): Promise<
    Contestant
  > {
    this.#installing ??= this.#install();
    try {
      const cwd = await this.#installing;
      return { name, command: ["node", `${cwd}/${script}`, ...args], cwd };
    } catch (error) {
      return { name, command: `absent: ${(error as Error).message}` };
    }
  }

  /** Removes what was installed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#installing?.catch(() => {});
    if (this.#folder !== undefined) {
      await Deno.remove(this.#folder, { recursive: true });
    }
  }

  /** Installs the packages into a temporary folder, with the scripts beside them. */
  async #install(): Promise<string> {
    const folder = this.#folder = await Deno.makeTempDir();
    const { success, stderr } = await new Deno.Command("npm", {
      args: [
        "install",
        "--no-audit",
        "--no-fund",
        "--prefix",
        folder,
        ...PACKAGES,
      ],
    }).output();
    if (!success) {
      throw new Error(new TextDecoder().decode(stderr).split("\n")[0]);
    }
    for (const { name } of Deno.readDirSync(SCRIPTS)) {
      await Deno.copyFile(new URL(name, SCRIPTS), `${folder}/${name}`);
    }
    return folder;
  }
}

/** Name of a pool of Node when it runs on Deno. */
export function nameOnDeno(name: string): string {
  return `${name}, on Deno`;
}

function onDeno({ name, command, ...rest }: Contestant): Contestant {
  return {
    ...rest,
    name: nameOnDeno(name),
    command: typeof command === "string"
      ? command
      : [Deno.execPath(), "run", "-A", "-q", ...command.slice(1)],
  };
}

/** A script of peers/ on the Python of Debian. */
export function python(
  name: string,
  script: string,
  ...args: string[]
): Contestant {
  try {
    Deno.statSync(PYTHON);
  } catch {
    return { name, command: "absent: no python3 of Debian" };
  }
  return {
    name,
    command: [PYTHON, new URL(script, SCRIPTS).pathname, ...args],
  };
}

/** A script of peers/ that runs on Deno: Lithoscope itself, and the bare channels under it. */
export function deno(
  name: string,
  script: string,
  ...args: string[]
): Contestant {
  return {
    name,
    command: [
      Deno.execPath(),
      "run",
      "-A",
      "-q",
      new URL(script, SCRIPTS).pathname,
      ...args,
    ],
  };
}
