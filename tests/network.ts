/**
 * A machine of its own as far as its network goes: a namespace with a cable to this one, which can be pulled.
 *
 * @module
 */
import { have } from "./have.ts";

/** A namespace. */
export interface Island extends AsyncDisposable {
  /** Address of this machine, as seen from there. */
  readonly here: string;
  /** Start a program there by putting this before it. */
  readonly through: readonly string[];
  /** Pulls the cable, or puts it back. */
  cable(isIn: boolean): Promise<void>;
}

async function ip(...args: string[]): Promise<boolean> {
  const { success } = await new Deno.Command("ip", {
    args,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).output();
  return success;
}

/** Makes a namespace; undefined where that is not allowed, as in most containers. */
export async function openIsland(): Promise<Island | undefined> {
  if (!have("ip")) return undefined;
  const id = Math.floor(Math.random() * 0x3fff);
  const name = `lith${id}`, [near, far] = [`${name}a`, `${name}b`];
  // Four addresses of the range for tests of networks.
  const net = `198.${18 + (id >> 13)}.${(id >> 5) & 0xff}.${(id & 0x1f) << 3}`;
  const at = (host: number) =>
    net.replace(/\d+$/, (n) => `${Number(n) + host}`);
  if (!await ip("netns", "add", name)) return undefined;
  const isMade =
    await ip("link", "add", near, "type", "veth", "peer", "name", far) &&
    await ip("link", "set", far, "netns", name) &&
    await ip("addr", "add", `${at(1)}/30`, "dev", near) &&
    await ip("link", "set", near, "up") &&
    await ip("-n", name, "addr", "add", `${at(2)}/30`, "dev", far) &&
    await ip("-n", name, "link", "set", "lo", "up") &&
    await ip("-n", name, "link", "set", far, "up");
  const island: Island = {
    here: at(1),
    through: ["ip", "netns", "exec", name],
    cable: async (isIn) =>
      void await ip("link", "set", near, isIn ? "up" : "down"),
    [Symbol.asyncDispose]: async () => {
      await ip("link", "del", near); // its other end goes with it
      await ip("netns", "del", name);
    },
  };
  if (isMade) return island;
  await island[Symbol.asyncDispose]();
  return undefined;
}

/** Whether there can be such a thing on this machine. */
export async function haveIslands(): Promise<boolean> {
  await using island = await openIsland();
  return island !== undefined;
}

/** Machines on one cable, none of which is this one. */
export interface Machines extends AsyncDisposable {
  /** Address of a machine. */
  at(name: string): string;
  /** Start a program there, under the name of that machine, by putting this before it. */
  through(name: string): readonly string[];
}

/** Makes machines of these names; undefined where that is not allowed. */
export async function openMachines(
  names: readonly string[],
): Promise<Machines | undefined> {
  if (!have("ip") || !have("unshare")) return undefined;
  const id = Math.floor(Math.random() * 0x3fff);
  const bridge = `lith${id}br`;
  const place = (name: string) => `lith${id}-${name}`;
  const at = (name: string) =>
    `198.${18 + (id >> 13)}.${(id >> 5) & 0xff}.${
      ((id & 0x1f) << 3) + 1 + names.indexOf(name)
    }`;
  const machines: Machines = {
    at,
    through: (name) => [
      ...["ip", "netns", "exec", place(name), "unshare", "--uts"],
      ...["sh", "-c", 'hostname "$0" && exec "$@"', name],
    ],
    [Symbol.asyncDispose]: async () => {
      for (const name of names) await ip("netns", "del", place(name));
      await ip("link", "del", bridge);
    },
  };
  let isMade = await ip("link", "add", bridge, "type", "bridge") &&
    await ip("link", "set", bridge, "up");
  for (const [i, name] of names.entries()) {
    const near = `lith${id}m${i}`, far = place(name);
    isMade &&= await ip("netns", "add", far) &&
      await ip(
        "link",
        "add",
        near,
        "type",
        "veth",
        "peer",
        "eth0",
        "netns",
        far,
      ) &&
      await ip("link", "set", near, "master", bridge, "up") &&
      await ip("-n", far, "addr", "add", `${at(name)}/29`, "dev", "eth0") &&
      await ip("-n", far, "link", "set", "lo", "up") &&
      await ip("-n", far, "link", "set", "eth0", "up");
  }
  if (isMade) return machines;
  await machines[Symbol.asyncDispose]();
  return undefined;
}
