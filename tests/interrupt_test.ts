/**
 * Ctrl-C, SIGTERM and a closed terminal: the first tells the calls and says so in one line, the second does not wait, and
 * nothing is left of either.
 *
 * @module
 */
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "./assert.ts";
import { BACKENDS, within } from "./executors.ts";
import { type Gate, openGate } from "./gate.ts";
import { have } from "./have.ts";
import { processesWithEnv, untilGone } from "./processes.ts";

const HOSTS = new URL("fixtures/hosts.ts", import.meta.url).href;

/** A script that runs, with everything that it starts marked. */
function start(name: string, backend: string, gate: Gate, pty = false) {
  const value = crypto.randomUUID();
  const args = ["run", "-A", "--quiet", HOSTS, name, backend, gate.url];
  const quoted = [Deno.execPath(), ...args].map((arg) => `'${arg}'`).join(" ");
  const child = new Deno.Command(pty ? "script" : Deno.execPath(), {
    // A terminal of its own: what is written to its stdin is typed there.
    args: pty ? ["-qec", `exec ${quoted}`, "/dev/null"] : args,
    env: { LITHOSCOPE_TEST_MARK: value, NO_COLOR: "1" },
    stdin: pty ? "piped" : "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let said = "";
  const heard = Promise.withResolvers<void>();
  const hear = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      said += text;
      if (said.includes("again")) heard.resolve();
    }
  };
  const streams = Promise.all([hear(child.stdout), hear(child.stderr)]);
  return {
    child,
    /** Resolves when it has said what it does about a signal. */
    announced: heard.promise,
    marked: () => processesWithEnv(`LITHOSCOPE_TEST_MARK=${value}`),
    /** How it ended and what it said; nothing that it started may run any more. */
    async end() {
      const status = await within(child.status);
      await within(streams);
      const left = processesWithEnv(`LITHOSCOPE_TEST_MARK=${value}`);
      assertEquals(await untilGone(left), []);
      return { ...status, said };
    },
  };
}

const both = (gate: Gate) =>
  Promise.all(["a", "b"].map((name) => gate.arrived(name)));

for (const backend of BACKENDS) {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    Deno.test(`a first ${signal} tells the calls, then ends the script [${backend}]`, async () => {
      await using gate = openGate();
      gate.openAll();
      const host = start("listening", backend, gate);
      await both(gate);
      host.child.kill(signal);
      const ended = await host.end();
      assertEquals(ended.signal, signal);
      assertMatch(
        ended.said,
        new RegExp(
          `^\\S+ \\S+ \\[WARNING\\] ${signal}: 3 calls are cancelled, then this script ends; .+ again to end it at once\\n$`,
        ),
      );
      assertEquals(
        [...gate.seen].sort(),
        ["a", `a ${signal}`, "b", `b ${signal}`],
      );
    });
  }

  Deno.test(`a second signal does not wait for calls that do not listen [${backend}]`, async () => {
    await using gate = openGate();
    gate.openAll();
    const host = start("spinning", backend, gate);
    await both(gate);
    host.child.kill("SIGINT");
    await within(host.announced);
    host.child.kill("SIGINT");
    // A first one alone would wait for ever.
    assertEquals((await host.end()).signal, "SIGINT");
  });

  Deno.test(`a script that takes a signal itself goes on, and its calls are cancelled [${backend}]`, async () => {
    await using gate = openGate();
    gate.openAll();
    const host = start("own", backend, gate);
    await both(gate);
    host.child.kill("SIGTERM");
    const { code, said } = await host.end();
    assertEquals(
      [code, JSON.parse(said)],
      [0, ["cancelled", "cancelled", "cancelled"]],
    );
  });
}

const PTY = { ignore: !have("script") };

Deno.test(
  "Ctrl-C in a terminal reaches the calls through the script alone [process]",
  PTY,
  async () => {
    await using gate = openGate();
    gate.openAll();
    const host = start("listening", "process", gate, true);
    await both(gate);
    const keyboard = host.child.stdin.getWriter();
    await keyboard.write(new Uint8Array([3]));
    const { said } = await host.end();
    await keyboard.close().catch(() => {});
    assertStringIncludes(said, "press Ctrl-C again");
    // Workers had it from their host, not from the terminal: they were told, and could say so.
    assertEquals([...gate.seen].sort(), ["a", "a SIGINT", "b", "b SIGINT"]);
  },
);

Deno.test(
  "a terminal that is closed ends the script and all that it started [process]",
  PTY,
  async () => {
    await using gate = openGate();
    gate.openAll();
    const host = start("listening", "process", gate, true);
    await both(gate);
    const started = host.marked();
    // The terminal, the script, its two workers and what watches over them.
    assert(started.length >= 5, `${started.length}`);
    host.child.kill("SIGKILL");
    await host.end();
    assertEquals(await untilGone(started), []);
    assertEquals([...gate.seen].sort(), ["a", "a SIGHUP", "b", "b SIGHUP"]);
    await host.child.stdin.close().catch(() => {});
  },
);
