/**
 * What a child process runs: it connects to its host's socket, then runs calls until the host goes away.
 *
 * The socket's path is the only argument (or the value of `LITHOSCOPE_WORKER` in a compiled binary); the secret that
 * proves the child to its host comes by stdin, which also tells when the host is gone.
 *
 * @module
 */
import { packError } from "../errors.ts";
import { openCodec } from "./clone.ts";
import {
  encodeFrame,
  type FrameSource,
  FrameWriter,
  readFrames,
} from "./frames.ts";
import { memoryPaths, MemoryReader, MemoryWriter } from "./memory_file.ts";
import { Meter } from "./measure.ts";
import { captureOutput } from "./output.ts";
import {
  epochMillis,
  type FromWorker,
  PROTOCOL_VERSION,
  type Results,
  type ToWorker,
  WORKER_ENV,
} from "./protocol.ts";
import { openRusage } from "./rusage.ts";
import { Runner } from "./runner.ts";
import { WORKER_LOOK } from "./shared_memory.ts";
import { Shortcut } from "./shortcut.ts";
import { pack, type Packed, unpack } from "./wire.ts";
import { isObject, unsendableResult } from "./work.ts";

/** Serves the host that listens at `path` until it closes the connection or its end of stdin. */
export async function serveProcess(path: string): Promise<void> {
  const exit = Deno.exit;
  const [connection, secret] = await Promise.all([
    Deno.connect({ transport: "unix", path }),
    readSecret(),
  ]);
  // Nothing of ours is left to do without a host, whatever the function is waiting for.
  const gone = () => exit(0);
  void Deno.stdin.read(new Uint8Array(1)).then(gone, gone);
  let shortcut: Shortcut | undefined;
  const writer = new FrameWriter(connection, {
    onError: gone,
    repair: repairResults,
  });
  const send = (message: FromWorker, buffers?: ArrayBuffer[]) => {
    let data: Packed | number | undefined = pack(message);
    const isResults = message.type === "results";
    if (shortcut !== undefined) {
      if (isResults && !buffers) data = shortcut.tell(data);
      if (isResults && message.calls.length === 1) queueMicrotask(look);
      if (data === undefined) return;
      shortcut.sent(1);
    }
    writer.push(data, buffers);
    // The next call may change an object that this one has returned.
    if (isResults && message.values.some(isObject)) writer.seal();
  };
  const look = () => {
    if (!runner!.isIdle || !shortcut!.expectsMore) return;
    const packed = shortcut!.look(WORKER_LOOK);
    if (packed !== undefined) runner!.receive(unpack(packed) as ToWorker);
  };
  send({
    type: "hello",
    version: PROTOCOL_VERSION,
    pid: Deno.pid,
    tid: Deno.pid,
    sentAt: epochMillis(),
    secret,
  });
  writer.flush();
  const usage = openRusage(); // While the host answers.
  let runner: Runner | undefined, board = "";
  Deno.exit = (code?: number): never => {
    runner?.sendAll();
    writer.flush(true);
    return exit(code);
  };
  captureOutput((text) => runner?.print(text));
  const source: FrameSource = { bytes: Infinity };
  for await (const messages of readFrames(connection, source)) {
    for (const data of messages as (Packed | number)[]) {
      const packed = shortcut?.receive(data) ?? data as Packed;
      const message = unpack(packed) as ToWorker;
      if (message.type === "setup") {
        board = message.board as string;
        if (message.memory) {
          const paths = memoryPaths(board);
          source.memory = new MemoryReader(paths.toWorker);
          writer.memory = new MemoryWriter(paths.fromWorker);
        }
        const link = {
          send,
          flush: () => writer.flush(),
          prepare: openCodec,
        };
        const meter = new Meter(message.backend, message.stats, usage);
        runner = new Runner(link, message, meter);
      } else if (message.type === "shortcut") {
        shortcut = Shortcut.open(memoryPaths(board).shortcut) ?? undefined;
        if (shortcut === undefined) continue;
        shortcut.opened();
        send(message);
        writer.flush();
      } else if (message.type === "close") {
        runner?.sendAll();
        await writer.drained();
        exit(0);
      } else runner?.receive(message);
    }
  }
  exit(0);
}

/** The secret is the first line of stdin. */
async function readSecret(): Promise<string> {
  const bytes = new Uint8Array(128);
  let length = 0;
  while (!bytes.subarray(0, length).includes(10)) {
    const read = await Deno.stdin.read(bytes.subarray(length));
    if (read === null) Deno.exit(0);
    length += read;
  }
  return new TextDecoder().decode(bytes.subarray(0, length)).trim();
}

/** Turns each result that the codec refuses into the failure of its own call. */
function repairResults(message: unknown, error: unknown): unknown[] {
  const results = unpack(message as Packed) as Results;
  if (results.type !== "results") return [];
  results.values.forEach((value, i) => {
    try {
      encodeFrame([value]);
    } catch (cause) {
      results.failed[i] = true;
      results.values[i] = packError(unsendableResult(cause), () => false);
    }
  });
  try {
    encodeFrame([pack(results)]);
  } catch {
    // Each can be sent but not all together: too long for one frame.
    results.values = results.values.map(() =>
      packError(unsendableResult(error), () => false)
    );
    results.failed = results.failed.map(() => true);
  }
  return [pack(results)];
}

if (import.meta.main && !("WorkerGlobalScope" in globalThis)) {
  const path = Deno.args[0] ?? Deno.env.get(WORKER_ENV);
  if (path === undefined) {
    throw new TypeError("Cannot serve as no socket was named");
  }
  await serveProcess(path);
}
