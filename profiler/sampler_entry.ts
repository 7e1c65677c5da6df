/**
 * The thread of the sampler: a script that is busy cannot delay it, and it cannot delay the script.
 *
 * @module
 */
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { BareCollector } from "./_bare.ts";
import { Collector } from "./collector.ts";
import { systemInfo } from "./granted.ts";
import { SamplerLoop } from "./_loop.ts";
import type { FromSampler, SamplerSettings, ToSampler } from "./_messages.ts";
import type { Collection } from "./record.ts";
import { RecordWriter } from "./record_file.ts";
import type { CollectionTaker, CollectorOptions } from "./targets.ts";

/** Collections that may wait while the script is too busy to take them. */
const MOST_WAITING = 2000;

class SamplerThread {
  readonly #port: MessagePort;
  readonly #settings: SamplerSettings;
  readonly #taker: CollectionTaker;
  readonly #record: RecordWriter | null;
  readonly #loop: SamplerLoop;
  #waiting: Collection[] = [];
  #dropped = 0;
  #sentAt = -Infinity;
  /** A batch is on its way and the script has not taken it yet: no other is sent, as nobody would take that either. */
  #inFlight = false;

  constructor(port: MessagePort, settings: SamplerSettings) {
    this.#port = port;
    this.#settings = settings;
    this.#taker = this.#openTaker();
    this.#record = this.#openRecord();
    this.#loop = new SamplerLoop({
      taker: this.#taker,
      interval: settings.interval * 1000,
      onCollection: (collection) => this.#keep(collection),
      onError: (error) =>
        this.#notice(
          `Cannot take a collection as sampling failed: ${error}; the next one is tried`,
        ),
    });
    port.on("message", (message: ToSampler) => this.#receive(message));
    this.#loop.start();
    this.#post({ type: "ready" });
  }

  #openTaker(): CollectionTaker {
    const options: CollectorOptions = {
      executorId: this.#settings.executorId,
      hostPid: this.#settings.hostPid,
      host: this.#settings.host,
    };
    try {
      return new Collector(options);
    } catch (error) {
      this.#notice(
        error instanceof Deno.errors.NotCapable
          ? "Cannot sample workers as Deno shows /proc only with all permissions: run with --allow-all and no --deny-* flag; until then only this process and the machine are sampled"
          : `Cannot sample workers as there is no /proc to read on this system: ${Deno.build.os}; only this process and the machine are sampled`,
      );
      return new BareCollector(options);
    }
  }

  #openRecord(): RecordWriter | null {
    const { record, executorId, interval, command } = this.#settings;
    if (record === null) return null;
    const notice = (text: string) => this.#notice(text);
    try {
      return new RecordWriter(record, {
        format: "lithoscope-profile",
        version: 1,
        executor_id: executorId,
        tstamp: Date.now() / 1000,
        interval,
        hostname: systemInfo("hostname"),
        cores: navigator.hardwareConcurrency,
        command,
      }, notice);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      notice(
        `Cannot record samples in "${record}" as it cannot be opened: ${reason}; sampling goes on without`,
      );
      return null;
    }
  }

  #receive(message: ToSampler): void {
    switch (message.type) {
      case "job":
        return this.#taker.addJob(message.number, message.jobId);
      case "worker":
        return this.#taker.addWorker(message.worker);
      case "remove":
        return this.#taker.removeWorker(message.workerId);
      case "tree":
        this.#taker.addTree(message.options);
        return this.#loop.speedUp();
      case "gathered":
        return void this.#record?.write(message.collection);
      case "received":
        this.#inFlight = false;
        return;
      case "flush":
        this.#send();
        return this.#post({ type: "flushed", id: message.id });
      case "stop":
        return this.#stop();
    }
  }

  #keep(collection: Collection): void {
    this.#record?.write(collection);
    this.#waiting.push(collection);
    if (this.#waiting.length > MOST_WAITING) {
      this.#waiting.shift();
      this.#dropped++;
    }
    const due = performance.now() - this.#sentAt >= this.#settings.batch;
    if (due && !this.#inFlight) this.#send();
  }

  #send(): void {
    this.#sentAt = performance.now();
    if (this.#waiting.length === 0) return;
    const collections = this.#waiting;
    this.#waiting = [];
    this.#inFlight = true;
    this.#post({ type: "batch", collections, dropped: this.#dropped });
    this.#dropped = 0;
  }

  #stop(): void {
    this.#loop.stop();
    this.#send();
    this.#record?.close();
    this.#taker.close();
    this.#post({ type: "done" }); // the script ends the thread then
  }

  #notice(text: string): void {
    this.#post({ type: "notice", text });
  }

  #post(message: FromSampler): void {
    this.#port.postMessage(message);
  }
}

if (parentPort !== null) {
  new SamplerThread(parentPort, workerData as SamplerSettings);
}
