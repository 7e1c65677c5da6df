/**
 * What a host and its workers tell each other without posting it, counted in the host.
 *
 * @module
 */
import {
  SharedReader,
  SharedWriter,
} from "../executor/worker/shared_memory.ts";

/** Counts from now on. */
export function countTold(): Disposable & {
  /** Looks for an answer. */
  looks: number;
  /** Calls that a worker was told of, and answers that it told. */
  calls: number;
  answers: number;
} {
  const reader = SharedReader.prototype, writer = SharedWriter.prototype;
  const { look } = reader, { tell } = writer;
  const count = {
    looks: 0,
    calls: 0,
    answers: 0,
    [Symbol.dispose]() {
      reader.look = look;
      writer.tell = tell;
    },
  };
  reader.look = function (this: SharedReader, most) {
    count.looks++;
    const place = look.call(this, most);
    if (place !== undefined) count.answers++;
    return place;
  };
  writer.tell = function (this: SharedWriter, place) {
    const isTold = tell.call(this, place);
    if (isTold) count.calls++;
    return isTold;
  };
  return count;
}
