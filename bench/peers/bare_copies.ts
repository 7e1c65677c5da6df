/**
 * The floor under every pool that copies: each item is copied twice, there and back, in this very process. See drive.mjs;
 * `deno run -A bare_copies.ts 1`.
 *
 * @module
 */
const { drive } = await import("./drive.mjs");
await drive(() => ({
  run: (_name: string, value: Uint8Array<ArrayBuffer>) =>
    Promise.resolve(new Uint8Array(new Uint8Array(value))),
}));
