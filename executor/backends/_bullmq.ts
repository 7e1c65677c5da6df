/**
 * The only file that names BullMQ and ioredis: the queue that calls travel on between machines. Loaded with the `redis`
 * backend alone.
 *
 * @module
 */
export {
  Job,
  Queue,
  QueueEvents,
  raw2NextJobData,
  UnrecoverableError,
  WaitingError,
  Worker,
} from "npm:bullmq@6.7.0";
export type {
  BulkJobOptions,
  ConnectionOptions,
  JobsOptions,
  RedisQueueBackend,
} from "npm:bullmq@6.7.0";
export { Command, Redis } from "npm:ioredis@5.11.1";
