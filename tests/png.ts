/**
 * Reads PNG pictures, so that tests can look at their pixels.
 *
 * @module
 */

/** A decoded picture. */
export interface Picture {
  /** Pixels from left to right. */
  readonly width: number;
  /** Pixels from top to bottom. */
  readonly height: number;
  /** The colour of a pixel as `"#rrggbb"`, whatever its opacity. */
  color(x: number, y: number): string;
}

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];

/** Decodes 8-bit RGB or RGBA that is not interlaced, which is what canvases write. */
export async function decodePng(bytes: Uint8Array): Promise<Picture> {
  if (SIGNATURE.some((byte, i) => bytes[i] !== byte)) {
    throw new Error("Cannot decode a PNG as its signature is not there");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const width = view.getUint32(16), height = view.getUint32(20);
  const [depth, type, , , interlaced] = bytes.subarray(24, 29);
  const size = type === 6 ? 4 : 3;
  if (depth !== 8 || (type !== 6 && type !== 2) || interlaced !== 0) {
    throw new Error(
      `Cannot decode a PNG as it must be 8-bit RGB or RGBA: ${depth} bits, type ${type}`,
    );
  }
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 8; at < bytes.length;) {
    const length = view.getUint32(at);
    const name = new TextDecoder().decode(bytes.subarray(at + 4, at + 8));
    if (name === "IDAT") parts.push(bytes.slice(at + 8, at + 8 + length));
    at += 12 + length;
  }
  const stream = new Blob(parts).stream()
    .pipeThrough(new DecompressionStream("deflate"));
  const data = new Uint8Array(await new Response(stream).arrayBuffer());
  unfilter(data, width * size, height, size);
  return {
    width,
    height,
    color(x, y) {
      const at = y * (width * size + 1) + 1 + x * size;
      return "#" + data.subarray(at, at + 3).toHex();
    },
  };
}

/** Undoes the prediction of each row from its left and upper neighbours, in place. */
function unfilter(
  data: Uint8Array,
  row: number,
  height: number,
  size: number,
): void {
  for (let y = 0; y < height; y++) {
    const start = y * (row + 1) + 1;
    const filter = data[start - 1]!;
    for (let i = 0; i < row; i++) {
      const left = i < size ? 0 : data[start + i - size]!;
      const up = y === 0 ? 0 : data[start + i - row - 1]!;
      const corner = i < size || y === 0
        ? 0
        : data[start + i - row - 1 - size]!;
      data[start + i]! += filter === 1
        ? left
        : filter === 2
        ? up
        : filter === 3
        ? (left + up) >> 1
        : filter === 4
        ? paeth(left, up, corner)
        : 0;
    }
  }
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [a, b, c] = [left, up, corner].map((value) => Math.abs(guess - value));
  return a! <= b! && a! <= c! ? left : b! <= c! ? up : corner;
}
