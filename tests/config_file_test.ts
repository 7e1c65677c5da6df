import { assert, assertEquals, assertStringIncludes } from "./assert.ts";

const script = import.meta.resolve("./fixtures/resolve_config.ts");

interface Outcome {
  error?: string;
  workers?: number;
  file?: string;
  warnings?: string[];
  pushgateway?: Record<string, unknown>;
  base?: string;
}

/** Resolves in a process of its own: its working folder, home and environment count. */
async function resolve(
  { options = {}, cwd, env = {}, flags = ["-A"] }: {
    options?: Record<string, unknown>;
    cwd: string;
    env?: Record<string, string>;
    flags?: string[];
  },
): Promise<Outcome> {
  const { stdout, stderr, code } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-config",
      "--no-lock",
      ...flags,
      script,
      JSON.stringify(options),
    ],
    cwd,
    env: {
      NO_COLOR: "1",
      LITHOPS_CONFIG_FILE: "",
      HOME: `${cwd}/home`,
      ...env,
    },
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assertEquals(code, 0, text(stderr));
  return JSON.parse(text(stdout));
}

/** A working folder with a home in it, and these files. */
async function withFolder(
  files: Record<string, string>,
  test: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/home/.lithops`, { recursive: true });
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const workers = (count: number) => `localhost: { worker_processes: ${count} }`;

Deno.test("resolveConfig() finds the configuration file where Lithops looks, in its order", async () => {
  await withFolder({
    "named.yaml": workers(11),
    "by_variable.yaml": workers(12),
    ".lithops_config": workers(13),
    "home/.lithops/config": workers(14),
    "home/other.yaml": workers(15),
  }, async (cwd) => {
    const env = { LITHOPS_CONFIG_FILE: `${cwd}/by_variable.yaml` };
    const outcomes = [
      await resolve({ cwd, env, options: { configFile: "named.yaml" } }),
      await resolve({ cwd, env, options: { configFile: "~/other.yaml" } }),
      await resolve({ cwd, env }),
      await resolve({ cwd }),
    ];
    await Deno.remove(`${cwd}/.lithops_config`);
    outcomes.push(await resolve({ cwd }));
    assertEquals(outcomes.map((it) => [it.workers, it.file]), [
      [11, "named.yaml"],
      [15, `${cwd}/home/other.yaml`],
      [12, `${cwd}/by_variable.yaml`],
      [13, ".lithops_config"],
      [14, `${cwd}/home/.lithops/config`],
    ]);
  });
});

Deno.test("resolveConfig() lays options over config over the file", async () => {
  await withFolder({
    ".lithops_config": "lithops: { retries: 1 }\n" + workers(1) +
      "\nprometheus: { username: a, apigateway: 'http://a:1' }",
  }, async (cwd) => {
    const config = {
      localhost: { worker_processes: 2 },
      prometheus: { username: "b" },
    };
    const { pushgateway, ...outcome } = await resolve({
      cwd,
      options: { config, backend: "thread" },
    });
    assertEquals({ ...outcome, ...pushgateway }, {
      ...outcome,
      ...pushgateway,
      retries: 1,
      workers: 2,
      backend: "thread",
      username: "b",
      url: "http://a:1",
    });
  });
});

Deno.test("resolveConfig() refuses a configuration file that was named and cannot be used", async () => {
  await withFolder({
    "list.yaml": "- a\n- b\n",
    "text.yaml": "just text",
    "broken.yaml": "lithops:\n  log_level: [debug\nlocalhost: 1",
    "wrong.yaml": "localhost:\n  worker_processes: many\n",
  }, async (cwd) => {
    const error = async (configFile: string) =>
      (await resolve({ cwd, options: { configFile } })).error ?? "no error";
    assertEquals(
      await error("list.yaml"),
      'TypeError: Cannot read configuration file "list.yaml" as it must hold sections such as "lithops", "localhost", "prometheus" and "redis": got an array of 2 items',
    );
    assertStringIncludes(await error("text.yaml"), 'got "just text"');
    assertStringIncludes(
      await error("broken.yaml"),
      'SyntaxError: Cannot read configuration file "broken.yaml" as it must be YAML: ',
    );
    assertEquals(
      await error("wrong.yaml"),
      'TypeError: Cannot use configuration file "wrong.yaml" as localhost.worker_processes must be a whole number of at least 1: got "many"',
    );
    assertStringIncludes(
      await error("missing.yaml"),
      'NotFound: Cannot read configuration file "missing.yaml" as it must be a file that can be read: No such file',
    );
    assertStringIncludes(
      await error("home"),
      'Error: Cannot read configuration file "home" as it must be a file that can be read: ',
    );
    const env = { LITHOPS_CONFIG_FILE: "/nowhere/config" };
    assertStringIncludes(
      (await resolve({ cwd, env })).error!,
      'NotFound: Cannot read configuration file "/nowhere/config" (named by LITHOPS_CONFIG_FILE) as it must',
    );
  });
});

Deno.test("resolveConfig() takes secrets of the gateway from the environment", async () => {
  await withFolder({}, async (cwd) => {
    const env = {
      LITHOSCOPE_PUSHGATEWAY_USERNAME: "me",
      LITHOSCOPE_PUSHGATEWAY_PASSWORD: "secret",
      LITHOSCOPE_PUSHGATEWAY_TOKEN: "t",
    };
    const pushgateway = { url: "http://a:1", username: "you" };
    const outcome = await resolve({ cwd, env, options: { pushgateway } });
    const { username, password, token } = outcome.pushgateway!;
    assertEquals({ username, password, token }, {
      username: "you",
      password: "secret",
      token: "t",
    });
  });
});

Deno.test("resolveConfig() asks for no permission and works without any", async () => {
  await withFolder({ ".lithops_config": workers(99) }, async (cwd) => {
    const { workers, file, base } = await resolve({ cwd, flags: [] });
    assert(workers! >= 1 && workers! < 99);
    assertEquals(file, undefined);
    assert(URL.canParse(base!));
  });
});
