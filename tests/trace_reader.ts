/**
 * The trace reader of Chrome DevTools' Performance panel, to see whether a trace means to others what it should. The only
 * file that names `@paulirish/trace_engine`.
 *
 * @module
 */

/** Rectangles, which the reader expects a browser to have; our traces have none. */
class DOMRect {}

/** Reads the events of a trace; gives what each handler of the reader made of them. */
export async function readTrace(
  events: readonly unknown[],
): Promise<Record<string, unknown>> {
  Object.assign(globalThis, { DOMRect });
  const { Processor } = await import(
    "npm:@paulirish/trace_engine@0.0.65/models/trace/trace.js"
  );
  const reader = Processor.TraceProcessor.createWithAllHandlers();
  await reader.parse(events as never, {});
  return { ...reader.data };
}
