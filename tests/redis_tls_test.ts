/** TLS and users of Redis through the URL, an authority of one's own, and the least that a user must be allowed. */
import { assertEquals, assertMatch, assertRejects } from "./assert.ts";
import { CallError, FunctionExecutor } from "../mod.ts";
import { within } from "./executors.ts";
import { have } from "./have.ts";
import { HAVE_REDIS, REDIS_DRIVER, SECRET, spawnHost } from "./redis.ts";
import { freePort, startRedis } from "./services.ts";
import { ROOT } from "./source_tree.ts";
import { tempDir } from "./temp_dir.ts";

/** The line of docs/backends.md that says what a user must be allowed. */
function documentedUser(): string[] {
  const text = Deno.readTextFileSync(new URL("docs/backends.md", ROOT));
  return /^ACL SETUSER .*$/m.exec(text)![0].split(" ");
}

async function run(command: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args })
    .output();
  const said = new TextDecoder().decode(success ? stdout : stderr);
  if (!success) throw new Error(`${command} failed: ${said}`);
  return said.trim();
}

Deno.test({
  name:
    "a user with the least rights works over TLS, and an unknown authority is refused in words",
  ignore: !HAVE_REDIS || !have("openssl"),
  ...REDIS_DRIVER,
  fn: async () => {
    await using stack = new AsyncDisposableStack();
    const { path } = stack.use(await tempDir());
    const [ca, caKey, request, cert, key] = [
      "ca.crt",
      "ca.key",
      "r.csr",
      "r.crt",
      "r.key",
    ]
      .map((name) => `${path}/${name}`) as [
        string,
        string,
        string,
        string,
        string,
      ];
    const ec = [
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:P-256",
      "-nodes",
    ];
    await run(
      "openssl",
      ...["req", "-x509", ...ec, "-keyout", caKey, "-out", ca, "-days", "2"],
      ...["-subj", "/CN=An authority of tests"],
      ...["-addext", "basicConstraints=critical,CA:TRUE"],
    );
    await run(
      "openssl",
      ...[
        "req",
        ...ec,
        "-keyout",
        key,
        "-out",
        request,
        "-subj",
        "/CN=localhost",
      ],
    );
    const names = `${path}/names`;
    Deno.writeTextFileSync(
      names,
      "subjectAltName=DNS:localhost,IP:127.0.0.1\n",
    );
    await run(
      "openssl",
      ...["x509", "-req", "-in", request, "-CA", ca, "-CAkey", caKey],
      ...["-CAcreateserial", "-out", cert, "-days", "2", "-extfile", names],
    );
    const port = freePort();
    const redis = stack.use(
      await startRedis({
        args: [
          ...["--tls-port", `${port}`, "--tls-auth-clients", "no"],
          ...["--tls-cert-file", cert, "--tls-key-file", key],
          ...["--tls-ca-cert-file", ca],
        ],
      }),
    );
    const acl = documentedUser();
    await run(
      "redis-cli",
      ...["-p", `${redis.port}`],
      ...acl.map((word) => word.replace(">PASSWORD", ">pass-word")),
    );
    const url = `rediss://${acl[2]}:pass-word@127.0.0.1:${port}`;

    // Nobody here knows the authority.
    const fexec = stack.adopt(
      new FunctionExecutor({
        backend: "redis",
        redis: { url, secret: SECRET },
        progress: false,
        logLevel: "none",
      }),
      (fexec) => fexec.terminate(),
    );
    const error = await assertRejects(
      () => fexec.callAsync((x: number) => x, 1).result(),
      CallError,
    );
    assertMatch(error.message, /Cannot trust Redis at rediss:.*DENO_CERT/);
    assertEquals(/pass-word/.test(error.message), false);

    const stranger = stack.use(spawnHost({ args: ["--redis", url] }));
    assertEquals(await within(stranger.ended, 30), 1);
    assertMatch(stranger.log(), /Cannot trust Redis at rediss:.*DENO_CERT/);

    // With DENO_CERT both sides do.
    const env = { DENO_CERT: ca };
    const host = stack.use(spawnHost({
      args: ["--redis", url, "--workers", "1", "--name", "far"],
      env,
    }));
    await host.said(/takes calls/);
    const script = `${path}/script.ts`;
    Deno.writeTextFileSync(
      script,
      `import { FunctionExecutor } from ${
        JSON.stringify(new URL("mod.ts", ROOT).href)
      };
const fexec = new FunctionExecutor({
  backend: "redis",
  redis: { url: ${JSON.stringify(url)}, blobLimit: 1000 },
  profile: { interval: 0.1 },
  progress: false,
});
const futures = fexec.map(async (x: string) => {
  await new Promise((resolve) => setTimeout(resolve, 1500));
  return x.length;
}, ["a", "b".repeat(5000)]);
const results = await futures.getResult();
await fexec.report(${JSON.stringify(`${path}/report.html`)});
const sampled = fexec.profile!.collections.some((one) => one.worker_host);
const { futures: again } = await FunctionExecutor.attach(fexec.executorId, {
  redis: { url: ${JSON.stringify(url)} },
});
const attached = await again[1]!.result();
fexec.clean();
await fexec.close();
console.log(JSON.stringify({ results, sampled, attached }));
Deno.exit();
`,
    );
    const { stdout, stderr } = await within(
      new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "-q", "--no-check", script],
        env: { ...env, LITHOSCOPE_REDIS_SECRET: SECRET, NO_COLOR: "1" },
      }).output(),
      60,
    );
    const said = new TextDecoder().decode(stderr);
    assertEquals(
      new TextDecoder().decode(stdout).trim(),
      JSON.stringify({ results: [1, 5000], sampled: true, attached: 5000 }),
      said,
    );
    assertEquals(/NOPERM/.test(said + host.log()), false, said + host.log());
    assertEquals(
      await run("redis-cli", "-p", `${redis.port}`, "acl", "log"),
      "",
    );
    host.kill("SIGTERM");
    assertEquals(await within(host.ended, 30), 0);
  },
});
