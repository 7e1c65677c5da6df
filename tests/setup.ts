/**
 * What the tests need besides Deno: installs missing Debian packages when root, else says what is missing. A test whose
 * program is not here is shown as ignored, so this never fails a run.
 *
 *     deno run -A tests/setup.ts
 *
 * @module
 */
import { have } from "./have.ts";

/** One Debian package that some tests need. */
interface Need {
  package: string;
  /** The programs looked for: names on the PATH, or absolute paths. */
  programs: readonly string[];
  /** What the tests do with it. */
  use: string;
  /** Services that the package would start at boot: tests start their own. */
  units?: readonly string[];
}

/** To need one more package, add a line. */
const NEEDS: readonly Need[] = [
  {
    package: "time",
    programs: ["/usr/bin/time"],
    use: "peak memory of whole runs",
  },
  {
    package: "python3",
    programs: ["/usr/bin/python3"],
    use: "loads that are not ours, to measure",
  },
  {
    package: "prometheus",
    programs: ["prometheus", "promtool"],
    use: "queries over pushed metrics",
    units: ["prometheus.service"],
  },
  {
    package: "prometheus-pushgateway",
    programs: ["prometheus-pushgateway"],
    use: "metrics pushed to a real gateway",
    units: ["prometheus-pushgateway.service"],
  },
  {
    package: "redis-server",
    programs: ["redis-server", "redis-cli"],
    use: "calls on other machines, by a real Redis",
    units: ["redis-server.service"],
  },
  {
    package: "iproute2",
    programs: ["ip"],
    use: "a network between two hosts that can be cut",
  },
  {
    package: "faketime",
    programs: ["faketime"],
    use: "a host whose clock is wrong",
  },
  {
    package: "openssl",
    programs: ["openssl"],
    use: "a Redis with TLS",
  },
  {
    package: "chromium",
    programs: ["chromium"],
    use: "pages in a real browser",
  },
];

/** Longest wait for one step of apt-get, in milliseconds. */
const STEP_LIMIT = 300_000;

/** Debian asks this script before it starts a service of a package; 101 means no. */
const POLICY = "/usr/sbin/policy-rc.d";

function say(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}

function missing(): Need[] {
  return NEEDS.filter((need) => !need.programs.every(have));
}

/** Runs a program quietly; false, with its last words, if it fails, takes too long or is not there. */
async function run(command: string, ...args: string[]): Promise<boolean> {
  try {
    const { success, stdout, stderr } = await new Deno.Command(command, {
      args,
      env: { DEBIAN_FRONTEND: "noninteractive" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      signal: AbortSignal.timeout(STEP_LIMIT),
    }).output();
    if (success) return true;
    const text = new TextDecoder().decode(stderr.length ? stderr : stdout);
    say(`${command} ${args.join(" ")}:\n${lastLines(text)}`);
  } catch (error) {
    say(`${command} ${args.join(" ")}: ${error}`);
  }
  return false;
}

function lastLines(text: string): string {
  return text.trimEnd().split("\n").slice(-8).join("\n");
}

/** Keeps the packages' own services from being started, now and at boot, while `install` runs. */
async function withoutServices(
  units: readonly string[],
  install: () => Promise<boolean>,
): Promise<void> {
  let isOurs = false;
  try {
    Deno.writeTextFileSync(POLICY, "#!/bin/sh\nexit 101\n", {
      createNew: true,
      mode: 0o755,
    });
    isOurs = true;
  } catch {
    // There is one already: it knows this machine better.
  }
  try {
    await install();
  } finally {
    if (isOurs) Deno.removeSync(POLICY);
  }
  if (units.length > 0 && have("/run/systemd/system")) {
    await run("systemctl", "disable", "--quiet", ...units);
  }
}

async function install(needs: readonly Need[]): Promise<void> {
  const packages = needs.map((need) => need.package);
  say(`Installing ${packages.join(", ")} for the tests`);
  const options = ["-qq", "-o", "DPkg::Lock::Timeout=120"];
  const network = [
    "-o",
    "Acquire::Retries=2",
    "-o",
    "Acquire::http::Timeout=20",
  ];
  await run("apt-get", "update", ...options, ...network); // an old list may do
  await withoutServices(
    needs.flatMap((need) => need.units ?? []),
    // Recommended packages would bring the exporters of a whole monitoring host.
    () =>
      run(
        "apt-get",
        ...["install", "-y", "--no-install-recommends", ...options, ...network],
        ...packages,
      ),
  );
}

/** Installs what can be installed, and tells what stays missing. */
export async function setUp(): Promise<void> {
  if (missing().length > 0 && Deno.uid() === 0 && have("apt-get")) {
    await install(missing());
  }
  const absent = missing();
  if (absent.length === 0) {
    say("Everything the tests need is here");
    return;
  }
  say("Not here, so the tests that need it are shown as ignored:");
  for (const { programs, use } of absent) {
    say(`  ${programs.filter((it) => !have(it)).join(", ")}: ${use}`);
  }
  const packages = absent.map((need) => need.package).join(" ");
  say(`On Debian: apt-get install --no-install-recommends ${packages}`);
}

if (import.meta.main) await setUp();
