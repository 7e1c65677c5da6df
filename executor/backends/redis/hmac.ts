/**
 * HMAC-SHA-256 of short texts. Deno's way to Node's `Hmac` takes 10 to 20 us for each, mostly for the objects it makes; two
 * hashes in one go, which is all it is, take a quarter.
 *
 * @module
 */
import { createHmac, hash, timingSafeEqual } from "node:crypto";

/** Bytes of a signature. */
export const SIGNATURE = 32;
/** Bytes of a block of the hash. */
const BLOCK = 64;
/** Longer texts are not worth a copy. */
const SHORT = 4096;

/** The key, mixed up, with what is hashed behind it. */
const inner = new Uint8Array(BLOCK + SHORT);
const outer = new Uint8Array(BLOCK + SIGNATURE);

/** A key to sign with. */
export class SigningKey {
  readonly #key: Uint8Array;
  readonly #inner: Uint8Array;
  readonly #outer: Uint8Array;

  /** A key of up to 64 bytes; longer ones are hashed first, as the standard has it. */
  constructor(key: Uint8Array) {
    this.#key = key;
    const block = new Uint8Array(BLOCK);
    if (key.length > BLOCK) block.setFromHex(hash("sha256", key));
    else block.set(key);
    this.#inner = block.map((byte) => byte ^ 0x36);
    this.#outer = block.map((byte) => byte ^ 0x5c);
  }

  /** The signature of a text. */
  sign(text: Uint8Array): Uint8Array {
    if (text.length > SHORT) {
      return createHmac("sha256", this.#key).update(text).digest();
    }
    inner.set(this.#inner);
    inner.set(text, BLOCK);
    outer.set(this.#outer);
    outer.subarray(BLOCK).setFromHex(
      hash("sha256", inner.subarray(0, BLOCK + text.length)),
    );
    return Uint8Array.fromHex(hash("sha256", outer));
  }

  /** Whether that is the signature of a text; tells nothing of how much of it is right by the time it takes. */
  signed(text: Uint8Array, signature: Uint8Array): boolean {
    return signature.length === SIGNATURE &&
      timingSafeEqual(signature, this.sign(text));
  }
}
