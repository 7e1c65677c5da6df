/** What a sandboxed BullMQ worker runs in a process of its own. */
export default (job) => Promise.resolve(job.data.item + 1);
