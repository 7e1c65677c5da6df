/** What a worker process may do, as flags for `deno run`. */
import type { Permissions } from "../options.ts";

/** The part of its folder that a worker process needs, whatever else it may do. */
interface Needs {
  /** Its host's folder: the socket is in it, and its board. */
  folder: string;
  /** The socket. */
  socket: string;
}

/** The kinds of permission that Deno knows. */
const KINDS: readonly (keyof Permissions)[] = [
  "read",
  "write",
  "net",
  "env",
  "sys",
  "run",
  "ffi",
  "import",
];

/** Flags for `permissions`: those of the host if they are inherited. */
export function permissionFlags(
  permissions: "inherit" | Permissions,
  { folder, socket }: Needs,
): string[] {
  const wanted = permissions === "inherit" ? ownPermissions() : permissions;
  if (KINDS.every((kind) => wanted[kind] === true)) {
    return ["--allow-all"];
  }
  const needed: Record<string, string[]> = {
    read: [folder],
    write: [folder],
    net: [`unix:${socket}`],
  };
  const flags: string[] = [];
  for (const kind of KINDS) {
    const given = wanted[kind] ?? false;
    if (given === true) {
      flags.push(`--allow-${kind}`);
      continue;
    }
    const list = [...given === false ? [] : given, ...needed[kind] ?? []];
    if (list.length > 0) flags.push(`--allow-${kind}=${list.join(",")}`);
  }
  return flags;
}

/** What this process may do without limits; what it may do in part cannot be asked for. */
function ownPermissions(): Permissions {
  const own: Permissions = {};
  for (const kind of KINDS) {
    const { state, partial } = Deno.permissions.querySync({ name: kind });
    own[kind] = state === "granted" && !partial;
  }
  return own;
}
