/** What deploy/ says to Docker and Kubernetes is understood by what they start. */
import { assert, assertEquals, assertMatch } from "./assert.ts";
import { worker } from "../cli/worker.ts";
import { keysOf, queueOf } from "../executor/backends/redis/protocol.ts";
import { Redis } from "../executor/backends/_bullmq.ts";
import { parseYaml } from "../std.ts";
import { within } from "./executors.ts";
import { openGate } from "./gate.ts";
import { HAVE_REDIS, openSite, REDIS_DRIVER, SECRET } from "./redis.ts";
import { ROOT } from "./source_tree.ts";

const read = (name: string) =>
  Deno.readTextFileSync(new URL(`deploy/${name}`, ROOT));

/** Looks at the arguments behind `worker`, and at the names of the environment. */
function checkWorker(args: readonly string[], env: readonly string[]): void {
  const at = args.indexOf("worker");
  assert(at > 0, `${args}`);
  for (const arg of args.slice(at + 1)) {
    const flag = /^--([^=]+)/.exec(arg)?.[1];
    if (flag !== undefined) assert(Object.hasOwn(worker.flags, flag), arg);
  }
  const sources = [
    ...["executor/_resolve.ts", "cli/worker.ts"],
  ].map((path) => Deno.readTextFileSync(new URL(path, ROOT))).join();
  assert(env.includes("LITHOSCOPE_REDIS_SECRET"));
  for (const name of env) assert(sources.includes(`"${name}"`), name);
}

Deno.test("deploy/compose.yaml starts workers with flags and variables that exist", () => {
  const { services } = parseYaml(read("compose.yaml")) as {
    services: Record<
      string,
      { command: string | string[]; environment?: Record<string, string> }
    >;
  };
  assertEquals(Object.keys(services), ["redis", "worker"]);
  const { command, environment } = services.worker!;
  checkWorker(command as string[], Object.keys(environment!));
  // BullMQ needs a Redis that throws nothing out.
  assert(/--maxmemory-policy noeviction/.test(`${services.redis!.command}`));
});

Deno.test({
  name:
    "the worker of deploy/compose.yaml runs with the variables it has there and no others",
  ignore: !HAVE_REDIS,
  ...REDIS_DRIVER,
  fn: async () => {
    const password = "pw";
    await using site = await openSite();
    await using stack = new AsyncDisposableStack();
    const redis = stack.adopt(
      new Redis(site.redis.url),
      (redis) => redis.disconnect(),
    );
    await redis.config("SET", "requirepass", password);
    const set = {
      LITHOSCOPE: new URL("cli.ts", ROOT).href,
      LITHOSCOPE_SECRET: SECRET,
      REDIS_PASSWORD: password,
      REDIS_HOST: "127.0.0.1",
    };
    const text = read("compose.yaml").replace(/:6379$/m, `:${site.redis.port}`);
    for (const name of ["LITHOSCOPE", "LITHOSCOPE_SECRET", "REDIS_PASSWORD"]) {
      assert(text.includes(`\${${name}:?`), `${name} is asked for`);
    }
    const { services } = parseYaml(interpolate(text, set)) as {
      services: {
        worker: { command: string[]; environment: Record<string, string> };
      };
    };
    const { command, environment } = services.worker;
    const { code, log } = await inContainer(
      command,
      environment,
      /takes calls/,
    );
    assertEquals(code, 0, log);
    assertMatch(log, /finishes those it has[^]*ends after 0 calls/);
    assert(!log.includes(SECRET) && !log.includes(`:${password}@`), log);
  },
});

/** A line of the compose file as Docker makes it: `${NAME:?text}` must be set, `${NAME:-text}` need not be. */
function interpolate(text: string, env: Record<string, string>): string {
  return text.replace(
    /\$\{(\w+)(?::([?-])([^}]*))?\}/g,
    (_, name: string, kind: string, other: string) => {
      if (env[name] !== undefined) return env[name];
      if (kind === "-") return other;
      throw new Error(`${name} ${other}`);
    },
  );
}

/** Runs what a container would run, with the environment that it would have and no more; resolves to its exit code and log. */
async function inContainer(
  args: readonly string[],
  env: Record<string, string>,
  until: RegExp,
): Promise<{ code: number; log: string }> {
  const dir = new TextDecoder().decode(
    (await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] })
      .output()).stdout,
  );
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    clearEnv: true,
    // Those of the image.
    env: {
      PATH: "/usr/local/bin:/usr/bin:/bin",
      DENO_DIR: JSON.parse(dir).denoDir,
      ...env,
    },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let log = "";
  const read = (async () => {
    for await (
      const text of child.stderr.pipeThrough(new TextDecoderStream())
    ) {
      const had = until.test(log);
      log += text;
      if (!had && until.test(log)) child.kill("SIGTERM");
    }
  })();
  const { code } = await within(child.status, 60);
  await read;
  return { code, log };
}

/** What is read of a Kubernetes object. */
interface Manifest {
  kind: string;
  metadata: { name: string };
  spec: {
    template: {
      spec: { containers: { args: string[]; env: { name: string }[] }[] };
    };
    scaleTargetRef: { name: string };
    triggers: {
      type: string;
      metadata: Record<string, string>;
      authenticationRef: { name: string };
    }[];
    secretTargetRef: { parameter: string }[];
  };
}

Deno.test("deploy/kubernetes.yaml starts workers that exist, and scales them by a list that does", () => {
  const parts = read("kubernetes.yaml").split(/^---$/m)
    .map((text) => parseYaml(text) as Manifest);
  const of = (kind: string) => parts.find((part) => part.kind === kind)!;
  const deployment = of("Deployment");
  const { args, env } = deployment.spec.template.spec.containers[0]!;
  checkWorker(args, env.map(({ name }) => name));
  const { scaleTargetRef, triggers } = of("ScaledObject").spec;
  assertEquals(scaleTargetRef.name, deployment.metadata.name);
  const { queues } = keysOf(worker.flags.prefix!.help.match(/"(\w+)"/)![1]!);
  const lists = triggers.map(({ metadata }) => metadata.listName);
  const queue = `${queues}:${queueOf([])}`;
  assertEquals(lists, [`${queue}:wait`, `${queue}:active`]);
  for (const { type, metadata, authenticationRef } of triggers) {
    assertEquals(type, "redis");
    // What KEDA's scaler of Redis lists reads; all its values are text.
    assertEquals(Object.keys(metadata), [
      "address",
      "listName",
      "listLength",
      "activationListLength",
    ]);
    for (const value of Object.values(metadata)) {
      assertEquals(typeof value, "string");
    }
    assertEquals(
      authenticationRef.name,
      of("TriggerAuthentication").metadata.name,
    );
  }
  assertEquals(
    of("TriggerAuthentication").spec.secretTargetRef.map((one) =>
      one.parameter
    ),
    ["username", "password"],
  );
});

Deno.test({
  name:
    "the lists that deploy/kubernetes.yaml scales by are as long as there are calls that wait and run",
  ignore: !HAVE_REDIS,
  ...REDIS_DRIVER,
  fn: async () => {
    await using site = await openSite();
    await using gate = openGate();
    await using stack = new AsyncDisposableStack();
    const redis = stack.adopt(
      new Redis(site.redis.url),
      (redis) => redis.disconnect(),
    );
    const lengths = async (tags: string[] = []) => {
      const queue = `${keysOf("lithoscope").queues}:${queueOf(tags)}`;
      return [
        await redis.llen(`${queue}:wait`),
        await redis.llen(`${queue}:active`),
      ];
    };
    const become = async (wanted: number[], tags?: string[]) => {
      const end = performance.now() + 60_000;
      while (`${await lengths(tags)}` !== `${wanted}`) {
        if (performance.now() > end) {
          assertEquals(await lengths(tags), wanted);
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    const fexec = site.make();
    const map = (names: string[], tags: string[]) =>
      fexec.map(
        async (name: string, url: string) =>
          await (await fetch(url + name)).text(),
        names,
        { extraArgs: [gate.url], chunksize: 1, requires: { tags } },
      );
    const futures = map(["a", "b", "c", "d", "e"], []);
    const special = map(["f", "g", "h"], ["gpu", "big"]);
    await become([5, 0]);
    await become([3, 0], ["big", "gpu"]);
    await site.host("alpha");
    // Two of them run, and none of those that need a tag.
    await become([3, 2]);
    assertEquals(await lengths(["big", "gpu"]), [3, 0]);
    await site.host("beta", "--tags", "gpu,big");
    gate.openAll();
    await within(Promise.all([futures.getResult(), special.getResult()]), 60);
    await become([0, 0]);
    await become([0, 0], ["big", "gpu"]);
    await fexec.close();
  },
});
