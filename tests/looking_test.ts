/**
 * Host and worker look for each other's next message for a moment before they sleep, where calls come one at a time: what
 * is sent arrives once and in order all the same, and neither is kept from its event loop.
 *
 * @module
 */
import {
  type BackendName,
  CallError,
  FunctionExecutor,
  WorkerExitError,
} from "../mod.ts";
import {
  createSharedMemory,
  SharedWriter,
} from "../executor/worker/shared_memory.ts";
import { assert, assertEquals, assertRejects } from "./assert.ts";
import { countTold } from "./count_told.ts";
import { have } from "./have.ts";
import { runDeno } from "./run_deno.ts";

/** Where nobody can look while the other one works. */
const hasOneCore = navigator.hardwareConcurrency === 1;
/** Milliseconds in which any machine has two cores for the two ends at once, now and then. */
const LONG = 60_000;
/** More calls than any of these tests needs, even beside others. */
const ENOUGH = 50_000;

function burn(millis: number): void {
  const end = performance.now() + millis;
  while (performance.now() < end);
}

async function open(backend: BackendName): Promise<FunctionExecutor> {
  const fexec = new FunctionExecutor({ backend, workers: 2, progress: false });
  await fexec.ready;
  return fexec;
}

/** Makes calls one at a time until so many were told of, or answered, without the way that takes longer. */
async function callUntilTold(
  fexec: FunctionExecutor,
  wanted: number,
): Promise<void> {
  using count = countTold();
  const end = performance.now() + LONG;
  let calls = 0;
  do {
    assertEquals(await fexec.callAsync((x: number) => x + 1, calls), ++calls);
  } while (
    (count.calls < wanted || count.answers < wanted) && performance.now() < end
  );
  const { calls: told, answers } = count;
  const said = `of ${calls} calls ${told} were told, and ${answers} answers`;
  assert(told >= wanted && answers >= wanted, said);
}

Deno.test({
  name:
    "a reader that looks is told each message once and in order, beside what is posted",
  ignore: hasOneCore,
  async fn() {
    const memory = createSharedMemory();
    const writer = new SharedWriter(memory);
    const reader = new Worker(
      import.meta.resolve("./fixtures/looking_reader.ts"),
      { type: "module" },
    );
    const answers = new TransformStream<unknown, unknown>();
    const sink = answers.writable.getWriter();
    reader.onmessage = ({ data }) => void sink.write(data);
    const source = answers.readable.getReader();
    reader.postMessage(memory);
    await source.read();
    let told = 0, sent = 0;
    for (; sent < ENOUGH && told < 50; sent++) {
      // Every tenth is not plain, and posted whole.
      const message = sent % 10 === 0 ? [sent, new Date()] : [sent];
      const at = writer.write(message);
      // Sometimes when the reader looks, sometimes when it has just ended that.
      burn((sent * 7 % 13) / 100);
      for (let i = 0; i < 1000 && !writer.isHeard && sent % 3 > 0; i++);
      if (at >= 0 && writer.tell(at)) told++;
      else {
        reader.postMessage(at < 0 ? message : at);
        writer.posted();
      }
      if (sent % 50 === 0) await new Promise((resolve) => setTimeout(resolve));
    }
    reader.postMessage("end");
    const { value } = await source.read();
    reader.terminate();
    assertEquals(value, Array.from({ length: sent }, (_, i) => i));
    assert(told >= 50, `${told} of ${sent} were told`);
  },
});

for (const backend of ["thread", "process"] as const) {
  Deno.test({
    name:
      `calls that follow each other, and their answers, need no message by the long way [${backend}]`,
    ignore: hasOneCore,
    async fn() {
      await using fexec = await open(backend);
      await callUntilTold(fexec, 50);
    },
  });

  Deno.test(`nobody looks where calls take longer than that would [${backend}]`, async () => {
    await using fexec = await open(backend);
    using count = countTold();
    const wait = (millis: number) => {
      const end = performance.now() + millis;
      while (performance.now() < end);
    };
    for (let i = 0; i < 50; i++) await fexec.callAsync(wait, 1);
    assertEquals(count.looks, 0);
  });

  Deno.test(`timers of the script are on time while calls follow each other [${backend}]`, async () => {
    await using fexec = await open(backend);
    let fired = 0;
    const timer = setInterval(() => fired++, 1);
    let calls = 0;
    while (fired < 20 && calls < ENOUGH) {
      await fexec.callAsync(() => {}, null);
      calls++;
    }
    clearInterval(timer);
    assert(fired >= 20, `one of 1 ms fired ${fired} times in ${calls} calls`);
  });

  Deno.test(`what a call leaves behind in its worker goes on while calls follow each other [${backend}]`, async () => {
    await using fexec = await open(backend);
    const work = () => {
      const scope = globalThis as { left?: number };
      if (scope.left === undefined) {
        scope.left = 0;
        const timer = setInterval(() => scope.left!++, 1);
        Deno.unrefTimer(timer as unknown as number);
      }
      return scope.left;
    };
    let left = 0, calls = 0;
    while (left < 20 && calls++ < ENOUGH) {
      left = await fexec.callAsync(work, null);
    }
    assert(left >= 20, `one of 1 ms fired ${left} times in ${calls} calls`);
  });

  Deno.test(`what calls print, return and throw stays with each, whatever way it takes [${backend}]`, async () => {
    await using fexec = await open(backend);
    const plain = (x: number) => x;
    const printing = (x: number) => {
      // deno-lint-ignore no-console -- the text is what is tested
      console.log("call", x);
      return { x };
    };
    const failing = async (x: number) => {
      await null;
      throw new RangeError(`call ${x}`);
    };
    // deno-lint-ignore no-explicit-any -- what cannot be sent
    const same = (value: any) => value === "function" ? () => {} : value;
    for (let x = 0; x < 1500; x++) {
      assertEquals(await fexec.callAsync(plain, x), x);
      // A function of its own now and then, and what cannot be sent.
      if (x % 100 === 0) {
        const fn = eval(`(y) => y + ${x}`);
        assertEquals(await fexec.callAsync(fn, 1), 1 + x);
        for (const value of [() => {}, new Proxy({}, {}), "function"]) {
          await assertRejects(() => fexec.callAsync(same, value).result());
        }
      }
      if (x % 3 === 0) {
        const future = fexec.callAsync(printing, x);
        assertEquals(await future, { x });
        assertEquals(future.logs, `call ${x}\n`);
      }
      if (x % 5 === 0) {
        await assertRejects(
          () => fexec.callAsync(failing, x).result(),
          CallError,
          `call ${x}`,
        );
      }
    }
    if (!hasOneCore) await callUntilTold(fexec, 20);
  });

  Deno.test(`a worker that ends while calls follow each other fails its call alone [${backend}]`, async () => {
    await using fexec = await open(backend);
    for (let x = 0; x < 300; x++) {
      assertEquals(await fexec.callAsync((x: number) => x, x), x);
      if (x % 30 !== 29) continue;
      await assertRejects(
        () => fexec.callAsync(() => Deno.exit(3), null).result(),
        WorkerExitError,
      );
    }
    if (!hasOneCore) await callUntilTold(fexec, 20);
  });

  Deno.test(`calls go on where a function has its clock stand still [${backend}]`, async () => {
    await using fexec = await open(backend);
    const plain = (x: number) => x;
    for (let x = 0; x < 50; x++) await fexec.callAsync(plain, x);
    await fexec.callAsync(() => void (performance.now = () => 1), null);
    for (let x = 0; x < 50; x++) {
      assertEquals(await fexec.callAsync(plain, x), x);
      const fn = eval(`(x) => x + ${x}`);
      assertEquals(await fexec.callAsync(fn, x), 2 * x);
    }
  });

  Deno.test({
    name: `with one core nobody looks [${backend}]`,
    ignore: !have("taskset"),
    async fn() {
      const script = import.meta.resolve("./fixtures/lone_core.ts");
      const { stdout } = await new Deno.Command("taskset", {
        args: ["-c", "0", Deno.execPath(), "run", "-A", script, backend],
        stderr: "inherit",
      }).output();
      const said = JSON.parse(new TextDecoder().decode(stdout));
      assertEquals(said, { cores: 1, calls: 300, looks: 0 });
    },
  });
}

Deno.test("a worker whose function gives up the right to write goes on [process]", async () => {
  await using fexec = await open("process");
  const giveUp = async () => {
    await Deno.permissions.revoke({ name: "write" });
    (globalThis as { kept?: number }).kept = Deno.pid;
  };
  await fexec.callAsync(giveUp, null);
  const kept = () => (globalThis as { kept?: number }).kept;
  const pid = await fexec.callAsync(kept, null);
  for (let i = 0; i < 200; i++) {
    assertEquals(await fexec.callAsync(kept, null), pid);
  }
  assertEquals(fexec.summary().workers.length, 2);
  if (!hasOneCore) await callUntilTold(fexec, 20);
});

Deno.test("a script that gives up the right to write goes on [process]", async () => {
  const { code, stdout, stderr } = await runDeno([
    "run",
    "-A",
    import.meta.resolve("./fixtures/no_write.ts"),
  ]);
  assertEquals([code, stdout], [0, "300 calls, 1 worker\n"], stderr);
});
