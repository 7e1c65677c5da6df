/**
 * What a web worker runs: calls that come by message, until it is terminated.
 *
 * @module
 */
import { packError } from "../errors.ts";
import { ownThreadId } from "../../profiler/procfs.ts";
import { mayImport } from "./load.ts";
import { captureOutput } from "./output.ts";
import { markPrograms } from "./programs.ts";
import {
  epochMillis,
  type FromWorker,
  PROTOCOL_VERSION,
  type Results,
  type ToWorker,
} from "./protocol.ts";
import { Runner } from "./runner.ts";
import { SharedReader, SharedWriter, WORKER_LOOK } from "./shared_memory.ts";
import { pack, type Packed, unpack } from "./wire.ts";
import { unsendableResult } from "./work.ts";

/** The part of a worker's global scope that is used here; its types are not in Deno's default library. */
interface Scope {
  addEventListener(
    type: "message",
    listener: (event: MessageEvent<Packed | number>) => void,
    capture: boolean,
  ): void;
  postMessage(message: Packed | number, transfer?: ArrayBuffer[]): void;
  close(): void;
}

/** Serves the host of this web worker. */
export function serveThread(): void {
  const scope = globalThis as unknown as Scope;
  const close = scope.close.bind(scope);
  let runner: Runner | undefined;
  let reader: SharedReader | undefined, writer: SharedWriter | undefined;
  let markModules = () => {};
  const send = (message: FromWorker, transfer?: ArrayBuffer[]) => {
    const packed = pack(message);
    try {
      if (transfer !== undefined) scope.postMessage(packed, transfer);
      else {
        const at = writer?.write(packed) ?? -1;
        if (at >= 0 && writer!.tell(at)) return lookSoon(message);
        scope.postMessage(at < 0 ? packed : at);
      }
    } catch (error) {
      if (message.type !== "results") throw error;
      scope.postMessage(pack(repairResults(message, error)));
    }
    writer?.posted();
    lookSoon(message);
  };
  const lookSoon = (sent: FromWorker) => {
    if (sent.type === "results" && sent.calls.length === 1) {
      queueMicrotask(look);
    }
  };
  const look = () => {
    if (!runner!.isIdle || !reader!.expectsMore) return;
    const at = reader!.look(WORKER_LOOK);
    if (at !== undefined) {
      runner!.receive(unpack(reader!.read(at) as Packed) as ToWorker);
    }
  };
  // A web worker that ends itself does so without a word to its host, so the word is given here.
  const end = (code: number): never => {
    runner?.sendAll();
    send({ type: "exiting", code });
    close();
    throw new Error(`The worker was ended by its function: exit code ${code}`);
  };
  Deno.exit = (code) => end(code ?? Deno.exitCode);
  scope.close = () => end(0);
  captureOutput((text) => runner?.print(text));
  // Not by `onmessage`, which a module for web workers takes for itself; its listeners are not to see what is not theirs.
  scope.addEventListener("message", (event) => {
    event.stopImmediatePropagation();
    const { data } = event;
    reader?.arrived();
    const packed = typeof data === "number" ? reader!.read(data) : data;
    const message = unpack(packed as Packed) as ToWorker;
    if (message.type === "setup") {
      const { toWorker, fromWorker } = message.shared!;
      reader = new SharedReader(toWorker);
      reader.arrived();
      writer = new SharedWriter(fromWorker);
      writer.posted(); // the "hello"
      markModules = markPrograms(
        message.marker!,
        () => send({ type: "starting" }),
      );
      runner = new Runner({ send, flush: () => {} }, message);
      return;
    }
    if (message.type === "function" && mayImport(message.spec)) markModules();
    runner?.receive(message);
  }, true);
  send({
    type: "hello",
    version: PROTOCOL_VERSION,
    pid: Deno.pid,
    tid: ownThreadId(),
    sentAt: epochMillis(),
    secret: "",
  });
}

/** Turns each result that cannot be cloned into the failure of its own call; `error` is why they could not be sent. */
function repairResults(results: Results, error: unknown): Results {
  const { values, failed } = results;
  values.forEach((value, i) => {
    try {
      // The buffers of a single one are gone, and it would fail for that.
      if (values.length === 1) throw error;
      structuredClone(value);
    } catch (cause) {
      failed[i] = true;
      values[i] = packError(unsendableResult(cause), () => false);
    }
  });
  return results;
}

if (import.meta.main && "WorkerGlobalScope" in globalThis) serveThread();
