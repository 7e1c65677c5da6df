/**
 * Receives what worker hosts have sampled for a run.
 *
 * @module
 */
import type { Buffer } from "node:buffer";
import type { Redis } from "../_bullmq.ts";
import type { Logger } from "../../log.ts";
import { disconnect, reasonOf } from "./connect.ts";
import type { SamplesMessage } from "./protocol.ts";
import type { RunPlace } from "./writer.ts";

/** Milliseconds to wait for hosts that are asked. */
const PATIENCE = 1000;

/** What a receiver needs to know. */
export interface SamplesOptions {
  /** A connection of its own, as it listens. */
  redis: Redis;
  place: RunPlace;
  log: Logger;
  /** Takes what came. */
  onSamples: (message: SamplesMessage) => void;
  /** Tells all hosts to send what they have; the number of the question comes back with it. */
  ask: (question: number) => void;
}

/** Listens to the samples of one run. */
export class Samples {
  readonly redis: Redis;
  readonly #options: SamplesOptions;
  /** Hosts that have not answered yet, by question. */
  readonly #asked = new Map<number, { hosts: Set<string>; done: () => void }>();
  #questions = 0;

  /** Does not listen yet. */
  constructor(options: SamplesOptions) {
    this.#options = options;
    this.redis = options.redis;
  }

  /** Listens from now on; the connection listens again whenever it is back. */
  async listen(): Promise<void> {
    const { place: { keys, id } } = this.#options;
    this.redis.on(
      "messageBuffer",
      (_: Buffer, bytes: Buffer) => this.#receive(bytes),
    );
    await this.redis.subscribe(keys.samples(id));
    this.#options.ask(this.#questions++); // Hosts may have given up a run that nobody listened to.
  }

  /** Resolves when these hosts have sent all that they had sampled when it was called, or have had the time. */
  async latest(hosts: Iterable<string>): Promise<void> {
    const question = this.#questions++;
    const waiting = new Set(hosts);
    if (waiting.size === 0 || this.redis.status !== "ready") return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#asked.set(question, { hosts: waiting, done: resolve });
    const timer = setTimeout(resolve, PATIENCE);
    this.#options.ask(question);
    await promise;
    clearTimeout(timer);
    this.#asked.delete(question);
  }

  /** Ends the connection. */
  async close(): Promise<void> {
    for (const { done } of this.#asked.values()) done();
    await disconnect(this.redis);
  }

  #receive(bytes: Uint8Array): void {
    const { place: { seal, id }, log, onSamples } = this.#options;
    let message: SamplesMessage;
    try {
      message = seal.open(`${id} samples`, bytes) as SamplesMessage;
      onSamples(message);
    } catch (error) {
      return log.warn(`Ignored samples: ${reasonOf(error)}`);
    }
    for (const question of message.answers) {
      const asked = this.#asked.get(question);
      if (asked?.hosts.delete(message.host) && asked.hosts.size === 0) {
        asked.done();
      }
    }
  }
}
