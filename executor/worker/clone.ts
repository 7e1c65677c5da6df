/**
 * V8's structured clone as bytes. Loading `node:v8` takes as long as half of Deno's own start, so it is loaded while
 * something else is waited for, or when the first value needs it.
 *
 * @module
 */

/** V8's codec as Deno has it; the types of Node know only parts of it. */
interface Serializer {
  _setTreatArrayBufferViewsAsHostObjects(flag: boolean): void;
  transferArrayBuffer(id: number, buffer: ArrayBuffer): void;
  writeHeader(): void;
  writeValue(value: unknown): void;
  releaseBuffer(): Uint8Array;
}
interface Deserializer {
  transferArrayBuffer(id: number, buffer: ArrayBuffer): void;
  readHeader(): void;
  readValue(): unknown;
}
interface Codec {
  Serializer: new () => Serializer;
  Deserializer: new (bytes: Uint8Array) => Deserializer;
}

let codec: Codec | undefined;

/** Loads the codec. */
export async function openCodec(): Promise<void> {
  codec ??= (await import("node:v8")).default as unknown as Codec;
}

/** Whether it is there. */
export function isCodecOpen(): boolean {
  return codec !== undefined;
}

/** The codec; if it is not there yet, it is had at once, which takes three times as long as to wait for it. */
function opened(): Codec {
  return codec ??= process.getBuiltinModule("node:v8") as unknown as Codec;
}

declare const process: { getBuiltinModule(name: string): unknown };

/** A value as bytes, but for `buffers` in it. Throws if it cannot be encoded. */
export function serialize(
  value: unknown,
  buffers: readonly ArrayBuffer[] = [],
): Uint8Array {
  const serializer = new (opened().Serializer)();
  // Views travel with their buffers, as in structuredClone: two views of one buffer stay so.
  serializer._setTreatArrayBufferViewsAsHostObjects(false);
  buffers.forEach((buffer, id) => serializer.transferArrayBuffer(id, buffer));
  serializer.writeHeader();
  serializer.writeValue(value);
  return serializer.releaseBuffer();
}

/** The value that `serialize` was given, with these buffers in it. Throws if the bytes are none. */
export function deserialize(
  bytes: Uint8Array,
  buffers: readonly ArrayBuffer[] = [],
): unknown {
  const deserializer = new (opened().Deserializer)(bytes);
  buffers.forEach((buffer, id) => deserializer.transferArrayBuffer(id, buffer));
  deserializer.readHeader();
  return deserializer.readValue();
}
