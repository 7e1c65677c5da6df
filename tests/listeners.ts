/**
 * Who listens to calls: each that is added until it is taken back or the call ends.
 *
 * @module
 */
import { Call, type Listener } from "../executor/call.ts";

/** What has been counted since it began. */
export interface ListenerCount extends Disposable {
  /** Listeners that were added to calls that had not ended. */
  readonly added: number;
  /** Those of them that are there now. */
  readonly held: number;
}

/** Counts the listeners of all calls of this process until it is disposed of. */
export function countListeners(): ListenerCount {
  const { onDone, offDone } = Call.prototype;
  const open = new Map<Call, Listener[]>();
  let added = 0;
  Call.prototype.onDone = function (listener) {
    if (!this.done) {
      added++;
      const listeners = open.get(this);
      if (listeners === undefined) {
        open.set(this, [listener]);
        onDone.call(this, () => open.delete(this));
      } else listeners.push(listener);
    }
    onDone.call(this, listener);
  };
  Call.prototype.offDone = function (listener) {
    const listeners = open.get(this) ?? [];
    const at = listeners.indexOf(listener);
    if (at >= 0) listeners.splice(at, 1);
    offDone.call(this, listener);
  };
  return {
    get added() {
      return added;
    },
    get held() {
      return [...open.values()].flat().length;
    },
    [Symbol.dispose]() {
      Object.assign(Call.prototype, { onDone, offDone });
    },
  };
}
