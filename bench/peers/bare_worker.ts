/**
 * The floor under the thread backend: `postMessage` to a web worker that sends back what it gets, and nothing else.
 * See drive.mjs; `deno run -A bare_worker.ts <cold | 1> [transfer]`.
 *
 * @module
 */
const isMain = import.meta.main && !("WorkerGlobalScope" in globalThis);

interface Scope {
  onmessage: (event: { data: unknown }) => void;
  postMessage(message: unknown, transfer?: Transferable[]): void;
}

const buffersIn = (value: unknown): Transferable[] =>
  value instanceof Uint8Array ? [value.buffer as ArrayBuffer] : [];

if (!isMain) {
  const scope = globalThis as unknown as Scope;
  const moves = (globalThis as { name?: string }).name === "transfer";
  scope.onmessage = ({ data }) =>
    scope.postMessage(data, moves ? buffersIn(data) : []);
} else {
  const [mode, how] = Deno.args;
  const worker = new Worker(import.meta.url, {
    type: "module",
    name: how ?? "copy",
  });
  const waiting: ((value: unknown) => void)[] = [];
  worker.onmessage = ({ data }) => waiting.shift()!(data);
  const run = (_name: string, value: unknown) => {
    worker.postMessage(value, how === "transfer" ? buffersIn(value) : []);
    return new Promise((resolve) => waiting.push(resolve));
  };
  if (mode === "cold") {
    // deno-lint-ignore no-console -- the answer
    console.log(await run("same", 1));
    Deno.exit(0);
  }
  const { drive } = await import("./drive.mjs");
  await drive(() => ({ run }));
}
