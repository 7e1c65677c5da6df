/**
 * What is encoded here as it takes less time so: commands as ioredis has them, signatures as Node has them.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { Command } from "../executor/backends/_bullmq.ts";
import { SigningKey } from "../executor/backends/redis/hmac.ts";
import { encodeCommand } from "../executor/backends/redis/resp.ts";
import { assert, assertEquals } from "./assert.ts";

function bytesOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + length) & 0xff);
}

Deno.test("SigningKey.sign() gives what Node's HMAC gives whatever the lengths", () => {
  for (const length of [0, 1, 32, 64, 65, 300]) {
    const secret = bytesOf(length), key = new SigningKey(secret);
    for (const size of [0, 1, 55, 56, 64, 1000, 4096, 4097, 100_000]) {
      const text = bytesOf(size);
      const right = createHmac("sha256", secret).update(text).digest();
      assertEquals(key.sign(text).toHex(), right.toString("hex"));
      assert(key.signed(text, right));
      for (const at of [0, 15, 31]) {
        const wrong = Uint8Array.from(right);
        wrong[at]! ^= 1;
        assert(!key.signed(text, wrong));
      }
      assert(!key.signed(text, right.subarray(1)));
      assert(!key.signed(text, new Uint8Array()));
    }
  }
});

Deno.test("encodeCommand() gives what ioredis gives", () => {
  const texts = ["", "a", "0".repeat(12), "x".repeat(1024), "y".repeat(1025)];
  const odd = ["\u00e9", "\u20ac uro", "\ud83d\ude80", "\0\r\n$3", "\ud800"];
  const large = "z".repeat(200_000);
  const buffers = [0, 1, 200, 3_000_000].map((n) => Buffer.from(bytesOf(n)));
  const all = [...texts, ...odd, large, "\u20ac".repeat(50_000), ...buffers];
  for (const args of [[], ...all.map((arg) => [arg, "b"]), all]) {
    const theirs = new Command("evalsha", [...args]).toWritable({});
    assert(
      encodeCommand("evalsha", args).equals(Buffer.from(theirs as Buffer)),
      `${args.map((arg) => arg.length)}`,
    );
  }
});
