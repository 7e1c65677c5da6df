/**
 * Commands in the protocol of Redis.
 *
 * @module
 */

import { Buffer } from "node:buffer";

/** Longer texts are another codec's business. */
const SHORT = 1024;

const CR = 13, LF = 10, ZERO = 48;
const encoder = new TextEncoder();

/** Bytes for a command, and of what is kept for the next one. */
const ROOM = 64 * 1024, MOST = 1024 * 1024;

let bytes = new Uint8Array(ROOM);
let at = 0;

/** A command with its arguments. */
export function encodeCommand(
  name: string,
  args: readonly (string | Uint8Array)[],
): Buffer {
  at = 0;
  writeHead("*", args.length + 1);
  writeText(name);
  for (const arg of args) {
    if (typeof arg === "string") writeText(arg);
    else writeBytes(arg);
  }
  const command = Buffer.from(bytes.slice(0, at).buffer);
  if (bytes.length > MOST) bytes = new Uint8Array(ROOM);
  return command;
}

/** A kind and a number. */
function writeHead(kind: "*" | "$", number: number): void {
  reserve(16);
  bytes[at++] = kind.charCodeAt(0);
  if (number > 9) {
    const digits = `${number}`;
    for (let i = 0; i < digits.length; i++) bytes[at++] = digits.charCodeAt(i);
  } else bytes[at++] = ZERO + number;
  endLine();
}

function writeText(text: string): void {
  const { length } = text;
  if (length > SHORT) return writeBytes(encoder.encode(text));
  const start = at;
  writeHead("$", length);
  reserve(length + 2);
  let units = 0;
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    units |= unit;
    bytes[at++] = unit;
  }
  if (units <= 0x7f) return endLine();
  at = start; // It takes more bytes than it has units.
  writeBytes(encoder.encode(text));
}

function writeBytes(given: Uint8Array): void {
  writeHead("$", given.length);
  reserve(given.length + 2);
  bytes.set(given, at);
  at += given.length;
  endLine();
}

function endLine(): void {
  bytes[at++] = CR;
  bytes[at++] = LF;
}

/** Makes room. */
function reserve(length: number): void {
  if (at + length <= bytes.length) return;
  const more = new Uint8Array(Math.max(2 * bytes.length, at + length));
  more.set(bytes.subarray(0, at));
  bytes = more;
}
