/**
 * What a worker host is started with.
 *
 * @module
 */
import type { ResolvedConfig } from "../../config.ts";
import type { Logger } from "../../log.ts";

/** What a worker host needs to know. */
export interface HostOptions {
  /** Where Redis is. */
  url: string;
  /** Put before every key. */
  prefix: string;
  /** The secret that calls are signed with; undefined to run unsigned ones. */
  secret: string | undefined;
  /** Where this machine has the folder for large items and results; undefined where the script has it. */
  blobFolder: string | undefined;
  /** What it is called. */
  name: string;
  /** What its machine has, for calls that require it. */
  tags: readonly string[];
  /** How its own pool works. */
  config: ResolvedConfig;
  /** Where it tells what it does. */
  log: Logger;
}
