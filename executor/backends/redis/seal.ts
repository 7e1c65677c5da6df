/**
 * Values as signed bytes. Whoever knows the shared secret can tell what was written by others who know it; nothing else
 * is decoded, let alone run.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createHmac, timingSafeEqual } from "node:crypto";
import { deserialize, serialize } from "../../worker/clone.ts";
import { REDIS_PROTOCOL } from "./protocol.ts";

/** Bytes of a signature. */
const LENGTH = 32;

/** What was read was not written by whoever knows the secret. */
export class SignatureError extends Error {
  /** Always the class name. */
  override readonly name = "SignatureError";
}

/** Seals values with one secret. */
export class Seal {
  readonly #secret: string | undefined;

  /** A seal; without a secret nothing is signed, and nothing signed is read. */
  constructor(secret: string | undefined) {
    this.#secret = secret;
  }

  /** Whether it signs. */
  get signs(): boolean {
    return this.#secret !== undefined;
  }

  /** What may be shown of the secret: equal for equal secrets under equal names, and no way back to them. */
  check(name: string): string {
    return this.#secret === undefined
      ? "unsigned"
      : this.#sign(`check ${name}`, Buffer.alloc(0)).toString("hex");
  }

  /**
   * A value as bytes, signed for one `place`, such as a field of a hash: at another place the signature is wrong. Throws
   * for a value that cannot be encoded.
   */
  seal(place: string, value: unknown): Buffer {
    const body = Buffer.from(serialize(value));
    return this.signs ? Buffer.concat([this.#sign(place, body), body]) : body;
  }

  /** The value of bytes that `seal` gave. Throws {@linkcode SignatureError} if anything is not as it was written. */
  open(place: string, bytes: Uint8Array): unknown {
    let body = bytes;
    if (this.signs) {
      body = bytes.subarray(LENGTH);
      const given = bytes.subarray(0, LENGTH);
      if (
        given.length < LENGTH ||
        !timingSafeEqual(given, this.#sign(place, body))
      ) {
        throw new SignatureError(
          `Cannot trust ${place} as it is not signed with the shared secret`,
        );
      }
    }
    return deserialize(body);
  }

  #sign(place: string, body: Uint8Array): Buffer {
    return createHmac("sha256", this.#secret!)
      .update(`lithoscope ${REDIS_PROTOCOL} ${place}\0`).update(body).digest();
  }
}
