/**
 * Reads what worker hosts send home: the stream of a run, from its start until the end.
 *
 * @module
 */
import type { Redis } from "../_bullmq.ts";
import type { Logger } from "../../log.ts";
import { disconnect, reasonOf } from "./connect.ts";
import { BlobError, type Blobs } from "./blobs.ts";
import type { BlobRef, HomeMessage, OutcomesMessage } from "./protocol.ts";
import { failBlob } from "./packing.ts";
import type { RunPlace } from "./writer.ts";
import { unpackMessage } from "./wire.ts";

/** Longest wait for messages in one question, in milliseconds. */
const BLOCK = 5000;
/** Messages in one answer at most. */
const MESSAGES = 256;

/** Reads the stream of one run. */
export class Reader {
  /** A connection of its own, as it blocks. */
  readonly redis: Redis;
  /** What was read last of the stream. */
  last = "0-0";
  /** Large results that were read. */
  readonly blobs: BlobRef[] = [];
  readonly #store: Blobs;
  readonly #place: RunPlace;
  readonly #log: Logger;
  readonly #onMessage: (message: HomeMessage) => void;
  #reading: Promise<void> | undefined;
  /** Who waits for something to be read. */
  #heard: (() => void)[] = [];
  #isClosed = false;

  constructor(
    redis: Redis,
    place: RunPlace,
    store: Blobs,
    log: Logger,
    onMessage: (message: HomeMessage) => void,
  ) {
    this.redis = redis;
    this.#place = place;
    this.#store = store;
    this.#log = log;
    this.#onMessage = onMessage;
  }

  /** Reads from now on. */
  listen(): void {
    this.#reading ??= this.#read();
  }

  /** Resolves when the message of this id has been read. */
  async hasRead(id: string): Promise<void> {
    while (isBefore(this.last, id) && !this.#isClosed) {
      await new Promise<void>((resolve) => this.#heard.push(resolve));
    }
  }

  /** Reads no more, and ends the connection. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (await disconnect(this.redis)) await this.#reading;
    this.#tellHeard();
  }

  async #read(): Promise<void> {
    const { keys, id } = this.#place;
    while (!this.#isClosed) {
      try {
        const answer = await this.redis.xreadBuffer(
          ...["COUNT", MESSAGES, "BLOCK", BLOCK, "STREAMS", keys.out(id)] as [
            "COUNT",
            number,
            "BLOCK",
            number,
            "STREAMS",
            ...string[],
          ],
          this.last,
        );
        if (answer === null) continue;
        for (const [id, fields] of answer[0]![1]) {
          await this.#receive(fields[1]!);
          this.last = id.toString();
        }
        this.#tellHeard();
      } catch (error) {
        if (this.#isClosed) return;
        this.#log.debug(() => `Cannot read results: ${reasonOf(error)}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  async #receive(bytes: Uint8Array): Promise<void> {
    const { seal, id } = this.#place;
    let message: HomeMessage;
    try {
      message = unpackMessage(seal.open(`${id} out`, bytes));
    } catch (error) {
      return this.#log.warn(`Ignored a result: ${reasonOf(error)}`);
    }
    if (message.type === "outcomes") await this.#fetch(message);
    this.#onMessage(message);
  }

  /** Puts large results where they belong; a call whose result cannot be had has failed. */
  async #fetch({ outcomes }: OutcomesMessage): Promise<void> {
    for (const ref of outcomes.blobs) {
      try {
        outcomes.values[ref.at] = await this.#store.get(ref);
      } catch (error) {
        if (!(error instanceof BlobError)) throw error;
        failBlob(outcomes, ref.at, error);
      }
      this.blobs.push(ref);
    }
  }

  #tellHeard(): void {
    for (const heard of this.#heard.splice(0)) heard();
  }
}

/** Whether an id of a stream comes before another. */
function isBefore(id: string, other: string): boolean {
  const [ms = 0, n = 0] = id.split("-").map(Number);
  const [otherMs = 0, otherN = 0] = other.split("-").map(Number);
  return ms < otherMs || ms === otherMs && n < otherN;
}
