// deno-lint-ignore-file no-console -- what functions print is what is looked at
/**
 * What calls print: kept with each call, passed on to stderr only when asked, never on the script's own stdout.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "./assert.ts";
import { BACKENDS, on, onEach, until } from "./executors.ts";
import { openGate } from "./gate.ts";
import { runDeno } from "./run_deno.ts";
import { tempDir } from "./temp_dir.ts";

onEach("logs hold what each call printed, in order", async (make) => {
  const fexec = make({ workers: 2 });
  const futures = fexec.map(
    async (x: number) => {
      console.log("log %d", x, { x });
      console.error("error");
      console.info("info");
      console.warn("warn");
      console.debug("debug");
      console.group("group");
      console.log("in it");
      console.groupEnd();
      console.table([{ x }]);
      console.assert(false, "assert");
      Deno.stdout.writeSync(new TextEncoder().encode("raw é\n"));
      await Deno.stderr.write(new TextEncoder().encode("raw error\n"));
      await Promise.resolve();
      console.log("last");
    },
    [1, 2, 3],
  );
  await futures.getResult();
  futures.forEach((future, i) => {
    const x = i + 1;
    const lines = future.logs.split("\n");
    assertEquals(lines.slice(0, 7), [
      `log ${x} { x: ${x} }`,
      "error",
      "info",
      "warn",
      "debug",
      "group",
      "  in it",
    ]);
    assertStringIncludes(future.logs, `│ ${x} │`);
    assertStringIncludes(future.logs, "assert");
    assertStringIncludes(future.logs, "\nraw é\nraw error\nlast\n");
  });
});

onEach(
  "logs come while the call runs, and stay when it fails",
  async (make) => {
    await using gate = openGate();
    const fexec = make({ workers: 1 });
    const future = fexec.callAsync(async (url: string) => {
      console.log("before");
      await (await fetch(`${url}a`)).text();
      console.log("after");
      throw new Error("no");
    }, gate.url);
    await gate.arrived("a");
    while (future.logs === "") await new Promise((r) => setTimeout(r, 5));
    assertEquals(future.logs, "before\n");
    gate.open("a");
    await fexec.wait(future);
    assertEquals(future.logs, "before\nafter\n");
  },
);

onEach(
  "logs of quick calls that share a message are told apart",
  async (make) => {
    const fexec = make({ workers: 1 });
    const futures = fexec.map(
      (x: number) => {
        if (x % 3 === 0) console.log(`call ${x}`);
      },
      Array.from({ length: 300 }, (_, x) => x),
      { chunksize: 100 },
    );
    await futures.getResult();
    futures.forEach((future, x) => {
      assertEquals(future.logs, x % 3 === 0 ? `call ${x}\n` : "");
    });
  },
);

onEach(
  "logs hold what calls print to writable streams, also those that calls before them have closed, broken off or kept",
  async (make) => {
    const fexec = make({ workers: 1 });
    const ways = ["write", "close", "pipe", "abort", "keep", "write"];
    const futures = fexec.map(
      async (way: string, all: string[]) => {
        for (const name of ["stdout", "stderr"] as const) {
          const text = `${way} é to ${name}\n`;
          const bytes = new TextEncoder().encode(text);
          if (way === "pipe") {
            await new Blob([bytes]).stream().pipeTo(Deno[name].writable);
            continue;
          }
          const writer = Deno[name].writable.getWriter();
          for (const byte of bytes) await writer.write(new Uint8Array([byte]));
          if (way === "close") await writer.close();
          if (way === "abort") await writer.abort();
          if (way !== "keep") writer.releaseLock();
        }
        console.log("last of", all.length);
      },
      ways,
      { extraArgs: [ways], chunksize: ways.length },
    );
    await futures.getResult();
    assertEquals(
      futures.slice().map(({ logs }) => logs),
      ways.map((way) =>
        `${way} é to stdout\n${way} é to stderr\nlast of ${ways.length}\n`
      ),
    );
  },
);

onEach(
  "what calls that run at once in a worker write to a writable stream is told apart",
  async (make) => {
    const fexec = make({ workers: 1, concurrency: 2 });
    const futures = fexec.map(
      async (x: number) => {
        const scope = globalThis as unknown as {
          both?: PromiseWithResolvers<void>;
        };
        if (scope.both !== undefined) scope.both.resolve();
        await (scope.both ??= Promise.withResolvers()).promise;
        const writer = Deno.stdout.writable.getWriter();
        const write = (text: string) =>
          writer.write(new TextEncoder().encode(text));
        await Promise.all([write(`${x}`), write(` of call `), write(`${x}\n`)]);
      },
      [1, 2],
      { chunksize: 1 },
    );
    await futures.getResult();
    assertEquals(
      futures.slice().map(({ logs }) => logs),
      ["1 of call 1\n", "2 of call 2\n"],
    );
  },
);

onEach("logs of several megabytes arrive whole", async (make) => {
  const fexec = make({ workers: 1 });
  const line = "x".repeat(999);
  const futures = fexec.map(
    (count: number, line: string) => {
      for (let i = 0; i < count; i++) console.log(line);
      return count;
    },
    [10_000, 1],
    { extraArgs: [line] },
  );
  assertEquals(await futures.getResult(), [10_000, 1]);
  assertEquals(futures[0]!.logs.length, 10_000_000);
  assert(futures[0]!.logs.endsWith(`${line}\n`));
  assertEquals(futures[1]!.logs, `${line}\n`);
});

on("process", "logs hold what children of a call print", async (make) => {
  await using folder = await tempDir();
  const fexec = make({ workers: 1 });
  const future = fexec.callAsync(async (path: string) => {
    await new Deno.Command("sh", {
      args: [
        "-c",
        'echo from a child; echo and its stderr >&2; until [ -e "$0" ]; do sleep 0.05; done',
        path,
      ],
      stdout: "inherit",
      stderr: "inherit",
    }).spawn().status;
  }, `${folder.path}/seen`);
  const lines = ["from a child\n", "and its stderr\n"];
  await until(() => lines.every((line) => future.logs.includes(line)));
  await folder.write("seen", "");
  await future;
  for (const line of lines) assertStringIncludes(future.logs, line);
});

on(
  "process",
  "logs do not disturb results: a function may write to its real stdout",
  async (make) => {
    const fexec = make({ workers: 1 });
    const future = fexec.callAsync(async () => {
      // What is written past Deno's own streams, as a native library would.
      const file = await Deno.open("/proc/self/fd/1", { write: true });
      await file.write(new Uint8Array([0, 1, 2, 255, 10]));
      file.close();
      return "a result";
    }, 0);
    assertEquals(await future, "a result");
    assertEquals(await fexec.callAsync((x: number) => x, 1), 1);
  },
);

const HOST = new URL("fixtures/echo_host.ts", import.meta.url).href;

async function host(options: object): Promise<[out: string, err: string]> {
  const { code, stdout, stderr } = await runDeno(
    ["run", "-A", HOST, JSON.stringify(options)],
  );
  assertEquals(code, 0, stderr);
  return [stdout, stderr];
}

for (const backend of BACKENDS) {
  Deno.test(`what calls print stays off the terminal, but for echo and DEBUG, and off stdout ever [${backend}]`, async () => {
    const [quiet, loud, debug] = await Promise.all([
      host({ backend }),
      host({ backend, echo: true }),
      host({ backend, logLevel: "debug" }),
    ]);
    for (const [stdout] of [quiet, loud, debug]) {
      assertEquals(stdout, "results 1,2\n");
    }
    assertEquals(quiet[1], "");
    for (const text of ["printed by call 1\n", "complained by call 2\n"]) {
      assertStringIncludes(loud[1], text);
      assertStringIncludes(debug[1], text);
    }
    assert(!loud[1].includes("DEBUG"));
    assertStringIncludes(debug[1], "[DEBUG]");
  });
}
