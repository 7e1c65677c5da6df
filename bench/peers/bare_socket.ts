/**
 * The floor under the process backend: a child process that sends back what comes over a Unix socket, and nothing else.
 * See drive.mjs; `deno run -A bare_socket.ts 1 <codec | bytes>`. With the codec, both ends put each value through
 * `node:v8`, as a channel for any value must; without, values are 32-bit numbers of which the child knows nothing.
 *
 * @module
 */
import v8 from "node:v8";

const HEADER = 4;

/** Sends and receives one frame at a time: a length, then that many bytes. */
class Frames {
  readonly #connection: Deno.UnixConn;
  #buffer = new Uint8Array(64 * 1024);
  #have = 0;

  constructor(connection: Deno.UnixConn) {
    this.#connection = connection;
  }

  async send(body: Uint8Array): Promise<void> {
    let frame = new Uint8Array(HEADER + body.length);
    new DataView(frame.buffer).setUint32(0, body.length, true);
    frame.set(body, HEADER);
    while (frame.length > 0) {
      frame = frame.subarray(await this.#connection.write(frame));
    }
  }

  async receive(): Promise<Uint8Array | null> {
    let wanted = Infinity;
    while (true) {
      if (this.#have >= HEADER) {
        wanted = HEADER + new DataView(this.#buffer.buffer).getUint32(0, true);
      }
      if (this.#have >= wanted) break;
      const read = await this.#connection.read(
        this.#buffer.subarray(this.#have),
      );
      if (read === null) return null;
      this.#have += read;
    }
    const body = this.#buffer.slice(HEADER, wanted);
    this.#buffer.copyWithin(0, wanted, this.#have);
    this.#have -= wanted;
    return body;
  }
}

const codec = {
  encode: (value: unknown) => v8.serialize(value),
  decode: (bytes: Uint8Array): unknown => v8.deserialize(bytes),
};
const bytes = {
  encode: (value: unknown) =>
    new Uint8Array(Uint32Array.of(value as number).buffer),
  decode: (bytes: Uint8Array): unknown => new Uint32Array(bytes.buffer)[0],
};

const [mode, how, path] = Deno.args;
const { encode, decode } = how === "bytes" ? bytes : codec;

if (mode === "child") {
  const frames = new Frames(
    await Deno.connect({ transport: "unix", path: path! }),
  );
  while (true) {
    const body = await frames.receive();
    if (body === null) Deno.exit(0);
    await frames.send(how === "bytes" ? body : encode(decode(body)));
  }
}

const folder = await Deno.makeTempDir();
const socket = `${folder}/socket`;
const listener = Deno.listen({ transport: "unix", path: socket });
new Deno.Command(Deno.execPath(), {
  args: ["run", "-A", "-q", import.meta.url, "child", how ?? "codec", socket],
}).spawn();
const frames = new Frames(await listener.accept());
listener.close();
await Deno.remove(folder, { recursive: true });

const { drive } = await import("./drive.mjs");
await drive(() => ({
  run: async (_name: string, value: unknown) => {
    await frames.send(encode(value));
    return decode((await frames.receive())!);
  },
}));
