/** "From laptop to three machines" of docs/backends.md, followed to the letter but for names, on three network namespaces. */
import { dirname } from "node:path";
import { assert, assertEquals } from "./assert.ts";
import { within } from "./executors.ts";
import { openMachines } from "./network.ts";
import { HAVE_REDIS } from "./redis.ts";
import { ROOT } from "./source_tree.ts";
import { tempDir } from "./temp_dir.ts";

const NAMES = ["laptop", "alpha", "beta"];

async function allowed(): Promise<boolean> {
  await using machines = await openMachines(NAMES);
  return machines !== undefined;
}

/** What the docs say, with names that are true here. */
function steps(address: string) {
  const docs = Deno.readTextFileSync(new URL("docs/backends.md", ROOT));
  const [, part] = /\n### From laptop to three machines\n([^]*?)\n### /.exec(
    docs,
  )!;
  const blocks = [...part!.matchAll(/ *```(sh|ts)[^\n]*\n([^]*?)\n *```/g)]
    .map(([, , text]) =>
      text!.replaceAll("PASSWORD", "pw").replaceAll("10.0.0.5", address)
        .replace("https://HOST/lithoscope@0.1.0/", new URL(".", ROOT).pathname)
        .replace("=…", "=s3cret")
    );
  assertEquals(blocks.length, 3);
  const [redis, worker, script] = blocks;
  return { redis: redis!, worker: worker!, script: script! };
}

/** Each waits for all others, so that they must run at the same time. */
const CALLS = `
const calls = 2 * navigator.hardwareConcurrency;
const futures = fexec.map(async (call: number, folder: string, calls: number) => {
  await Deno.writeTextFile(\`\${folder}/\${call}\`, "");
  while ([...Deno.readDirSync(folder)].length < calls) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return Deno.hostname();
}, Array.from({ length: calls }, (_, i) => i), { extraArgs: [Deno.args[0], calls], chunksize: 1 });
console.log(JSON.stringify([await futures.getResult(), futures.stats.map((stats) => stats.host_name)]));
`;

Deno.test({
  name: "a laptop and two hosts do what the docs say",
  ignore: !HAVE_REDIS || !await allowed(),
  fn: async () => {
    await using stack = new AsyncDisposableStack();
    const machines = stack.use((await openMachines(NAMES))!);
    const { path } = stack.use(await tempDir());
    const { redis, worker, script } = steps(machines.at("alpha"));
    const denoDir = Deno.env.get("DENO_DIR") ??
      `${Deno.env.get("HOME")}/.cache/deno`;

    /** Types a command into a terminal of a machine; it ends with the test. */
    const type = (machine: string, command: string, name: string) => {
      const cwd = `${path}/${machine}-${name}`;
      Deno.mkdirSync(cwd);
      const [program, ...args] = machines.through(machine);
      const child = new Deno.Command(program!, {
        args: [...args, "sh", "-c", command],
        cwd,
        clearEnv: true,
        env: {
          PATH: `${dirname(Deno.execPath())}:${Deno.env.get("PATH")}`,
          HOME: cwd,
          DENO_DIR: denoDir,
          NO_COLOR: "1",
        },
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      let said = "";
      const read = Promise.all(
        [child.stdout, child.stderr].map(async (stream) => {
          for await (
            const text of stream.pipeThrough(new TextDecoderStream())
          ) {
            said += text;
          }
        }),
      );
      const ended = child.status.then(async (status) => {
        await read;
        return status;
      });
      stack.defer(async () => {
        try {
          child.kill("SIGTERM");
        } catch { /* it has ended */ }
        await within(ended, 60);
      });
      return { ended, said: () => said };
    };

    type("alpha", `exec ${redis.trim()}`, "redis");
    const hosts = ["alpha", "beta"].map((name) =>
      type(name, worker.replace(/^ *deno/m, "exec deno"), "worker")
    );
    for (const [i, { said, ended }] of hosts.entries()) {
      let isOver = false;
      void ended.then(() => isOver = true);
      const takes = new RegExp(`Worker "${["alpha", "beta"][i]}" takes calls`);
      const end = performance.now() + 60_000;
      while (!takes.test(said())) {
        assert(!isOver && performance.now() < end, said());
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
    Deno.mkdirSync(`${path}/together`);
    Deno.writeTextFileSync(
      `${path}/script.ts`,
      `import { FunctionExecutor } from "${new URL("mod.ts", ROOT).href}";
${script}${CALLS}`,
    );
    const laptop = type(
      "laptop",
      `export LITHOSCOPE_REDIS_SECRET=s3cret; exec deno run -A -q ${path}/script.ts ${path}/together`,
      "script",
    );
    const { code } = await within(laptop.ended, 90);
    assertEquals(code, 0, laptop.said());
    const [results, stats] = JSON.parse(/^\[\[.*$/m.exec(laptop.said())![0]);
    assertEquals(results, stats);
    const cores = navigator.hardwareConcurrency;
    assertEquals(results.toSorted(), [
      ...Array(cores).fill("alpha"),
      ...Array(cores).fill("beta"),
    ]);
  },
});
