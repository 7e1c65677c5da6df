/**
 * `lithoscope gateway`: looks at a Pushgateway and cleans it up.
 *
 * @module
 */
import { loadParseArgs, type ParsedArgs } from "../std.ts";
import { deleteGroup, listGroups, type StoredGroup } from "./_gateway_api.ts";
import { checkGateway } from "./_gateway_check.ts";
import type { GatewayAccess } from "./_gateway_http.ts";

/** Where a command writes. */
export interface CommandOutput {
  /** To stdout. */
  out: (text: string) => void;
  /** To stderr. */
  err: (text: string) => void;
}

/** Help of the command. */
const HELP = `Looks at a Prometheus Pushgateway and cleans it up.

Usage: lithoscope gateway list  [URL]
       lithoscope gateway clean [URL] [--older-than 1h] [--dry-run]
       lithoscope gateway check [URL]

list   the groups it stores, with the time since their last push
clean  deletes groups that executors have left behind: no push for a time
check  says whether pushes work, and what to look after with many hosts

URL is http://127.0.0.1:9091 unless LITHOSCOPE_PUSHGATEWAY_URL says otherwise.

  --older-than TIME  time without a push: 90s, 30m, 1h, 2d (default 1h)
  --job NAME         groups of this job alone (list: all; clean: lithops)
  --all-jobs         clean groups of all jobs
  --dry-run          only say what would be deleted
  --json             list as JSON
  --username NAME    for basic auth; the password comes from
                     LITHOSCOPE_PUSHGATEWAY_PASSWORD, a token from
                     LITHOSCOPE_PUSHGATEWAY_TOKEN
  --help             this text
`;

const STANDARD: CommandOutput = {
  out: (text) => void Deno.stdout.writeSync(new TextEncoder().encode(text)),
  err: (text) => void Deno.stderr.writeSync(new TextEncoder().encode(text)),
};

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** A mistake in the command line. */
class UsageError extends Error {}

/**
 * Runs `lithoscope gateway` with these arguments, the word `gateway` left out. Resolves to the exit code: 0 if all is
 * well, 1 if not, 2 for a mistake in the command line.
 */
export async function gatewayCommand(
  args: readonly string[],
  output: CommandOutput = STANDARD,
): Promise<number> {
  try {
    return await run(args, output);
  } catch (error) {
    output.err(`${(error as Error).message}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

async function run(
  args: readonly string[],
  output: CommandOutput,
): Promise<number> {
  const parseArgs = await loadParseArgs();
  const unknown: string[] = [];
  const flags = parseArgs(args, {
    boolean: ["help", "dry-run", "json", "all-jobs"],
    string: ["older-than", "job", "username", "url"],
    alias: { help: "h" },
    unknown: (arg, key) => {
      if (key !== undefined) unknown.push(arg);
      return key === undefined;
    },
  });
  if (unknown.length > 0) {
    throw new UsageError(
      `Cannot run "gateway" as there is no option "${
        unknown[0]
      }"; see lithoscope gateway --help`,
    );
  }
  for (const name of ["older-than", "job", "username", "url"]) {
    if (flags[name] !== "") continue;
    throw new UsageError(
      `Cannot run "gateway" as --${name} needs a value: none`,
    );
  }
  const [command, url, ...rest] = flags._.map(String);
  if (flags["help"] === true || command === undefined) {
    output.out(HELP);
    return command === undefined && flags["help"] !== true ? 2 : 0;
  }
  if (rest.length > 0) {
    throw new UsageError(
      `Cannot run "gateway ${command}" as one URL is enough: got "${
        rest[0]
      }" too`,
    );
  }
  const access = accessOf(url, flags);
  switch (command) {
    case "list":
      return await list(access, flags, output);
    case "clean":
      return await clean(access, flags, output);
    case "check":
      return await check(access, output);
    default:
      throw new UsageError(
        `Cannot run "gateway" as its command must be list, clean or check: got "${command}"`,
      );
  }
}

async function list(
  access: GatewayAccess,
  flags: ParsedArgs,
  { out }: CommandOutput,
): Promise<number> {
  const job = flags["job"];
  const groups = (await listGroups(access))
    .filter(({ labels }) => job === undefined || labels["job"] === job);
  if (flags["json"] === true) {
    out(`${JSON.stringify(groups, null, 2)}\n`);
    return 0;
  }
  const rows = groups.map((group) => [
    inWords(group.age),
    `${group.series}`,
    group.isGood ? "" : "refused",
    nameOf(group),
  ]);
  if (rows.length === 0) out("No groups\n");
  else {
    out(table([["LAST PUSH", "SERIES", "", "GROUP"], ...rows]));
    const series = groups.reduce((sum, group) => sum + group.series, 0);
    out(`${series} series in ${groups.length} groups\n`);
  }
  return 0;
}

async function clean(
  access: GatewayAccess,
  flags: ParsedArgs,
  { out, err }: CommandOutput,
): Promise<number> {
  const limit = secondsOf(flags["older-than"] ?? "1h");
  const job = flags["job"] ?? "lithops";
  const old = (await listGroups(access)).filter(({ age, labels }) =>
    age >= limit && (flags["all-jobs"] === true || labels["job"] === job)
  );
  const isDry = flags["dry-run"] === true;
  let failed = 0;
  for (const group of old) {
    try {
      if (!isDry) await deleteGroup(access, group.labels);
      const verb = isDry ? "Would delete" : "Deleted";
      out(`${verb} ${nameOf(group)} (${inWords(group.age)} without a push)\n`);
    } catch (error) {
      failed++;
      err(`${(error as Error).message}\n`);
    }
  }
  if (old.length === 0) {
    out(`No groups without a push for ${inWords(limit)}\n`);
  }
  return failed > 0 ? 1 : 0;
}

async function check(
  access: GatewayAccess,
  { out }: CommandOutput,
): Promise<number> {
  let code = 0;
  for await (const { grade, text } of checkGateway(access)) {
    out(`${grade.padEnd(5)} ${text}\n`);
    if (grade === "bad") code = 1;
  }
  return code;
}

function accessOf(given: string | undefined, flags: ParsedArgs): GatewayAccess {
  const env = (name: string) =>
    Deno.env.get(`LITHOSCOPE_PUSHGATEWAY_${name}`) || undefined;
  const text = given ?? flags["url"] ?? env("URL") ?? "http://127.0.0.1:9091";
  const url = URL.parse(`${text}`);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(
      `Cannot run "gateway" as the URL must be like http://127.0.0.1:9091: got "${text}"`,
    );
  }
  const username = decodeURIComponent(url.username) ||
    (flags["username"] as string | undefined) || env("USERNAME");
  const password = decodeURIComponent(url.password) || env("PASSWORD");
  // Out of the URL, so that no message can show them.
  url.username =
    url.password =
    url.search =
    url.hash =
      "";
  return {
    url: url.href.replace(/\/+$/, ""),
    username,
    password,
    token: env("TOKEN"),
  };
}

function secondsOf(value: unknown): number {
  const [, number, unit] = `${value}`.match(/^(\d+(?:\.\d+)?)([smhd]?)$/) ?? [];
  if (number === undefined) {
    throw new UsageError(
      `Cannot clean as --older-than must be a time such as 90s, 30m, 1h or 2d: got "${value}"`,
    );
  }
  return Number(number) * UNITS[unit || "s"]!;
}

/** `"3d"`, `"4h"`, `"5m"`, `"6s"`: rounded down. */
function inWords(seconds: number): string {
  const unit = ["d", "h", "m"].find((it) => seconds >= UNITS[it]!) ?? "s";
  return `${Math.floor(seconds / UNITS[unit]!)}${unit}`;
}

function nameOf({ labels }: StoredGroup): string {
  const { job, ...rest } = labels;
  const parts = Object.entries(rest).map(([name, value]) =>
    ` ${name}=${JSON.stringify(value)}`
  );
  return `job=${JSON.stringify(job ?? "")}${parts.join("")}`;
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) =>
    Math.max(...rows.map((row) => row[column]!.length))
  );
  return rows.map((row) =>
    `${row.map((cell, i) => cell.padEnd(widths[i]!)).join("  ").trimEnd()}\n`
  ).join("");
}
