/** What deploy/ says to Docker and Kubernetes is understood by what they start. */
import { assert, assertEquals } from "./assert.ts";
import { worker } from "../cli/worker.ts";
import { keysOf, queueOf } from "../executor/backends/redis/protocol.ts";
import { parseYaml } from "../std.ts";
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
      metadata: { listName: string };
      authenticationRef: { name: string };
    }[];
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
  assert(lists.includes(`${queues}:${queueOf([])}:wait`), `${lists}`);
  for (const { authenticationRef } of triggers) {
    assertEquals(
      authenticationRef.name,
      of("TriggerAuthentication").metadata.name,
    );
  }
});
