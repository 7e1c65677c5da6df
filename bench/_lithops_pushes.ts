/**
 * Pushes as the Lithops Profiler means to make them: one POST for each metric of each process, labels in the URL. It keeps
 * connections, which the original does not.
 *
 * @module
 */
import type { Service } from "../tests/services.ts";

/** Processes of each call: its worker and two children. */
export const PROCESSES = 3;
/** Seconds after which a tick is given up. */
export const PATIENCE = 30;
/** Workers that push at once, each one request after the other. */
const AT_ONCE = 64;

/** Metrics of the Lithops Profiler by process, and by call. */
const BY_PROCESS = [
  ...["cpu_usage", "user_time", "system_time", "children_user_time"],
  ...["children_system_time", "iowait_time", "memory_usage", "disk_read_mb"],
  ...["disk_write_mb", "disk_read_rate", "disk_write_rate"],
];
const BY_CALL = [
  ...["net_read_mb", "net_write_mb", "net_read_rate", "net_write_rate"],
];

/** The requests of one call in one tick, as the Lithops Profiler means to send them. */
function* lithopsRequests(host: string, call: number) {
  const group = `/metrics/job/lithops/instance/${host}/job_id/M000` +
    `/executor_id/${host}/call_id/${call}`;
  for (let process = 0; process < PROCESSES; process++) {
    const pid = 1000 + PROCESSES * call + process;
    for (const name of BY_PROCESS) {
      yield [`${group}/pid/${pid}/parent_pid/1`, name] as const;
    }
  }
  for (const name of BY_CALL) yield [group, name] as const;
}

/** Pushes one tick; gives the seconds it took, and the requests that got through of those wanted. */
export async function lithopsTick(
  gateway: Service,
  hosts: readonly string[],
  calls: number,
): Promise<{ seconds: number; sent: number; wanted: number }> {
  const began = performance.now();
  const end = began + PATIENCE * 1000;
  const waiting = hosts.flatMap((host) =>
    Array.from({ length: calls }, (_, call) => [host, call] as const)
  );
  const wanted = waiting.length *
    (PROCESSES * BY_PROCESS.length + BY_CALL.length);
  let sent = 0;
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      for (const [path, name] of lithopsRequests(...next)) {
        if (performance.now() > end) return;
        const response = await fetch(gateway.url + path, {
          method: "POST",
          body: `# TYPE ${name} gauge\n${name} 1\n`,
        });
        await response.body?.cancel();
        if (!response.ok) throw new Error(`${path}: ${response.status}`);
        sent++;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return { seconds: (performance.now() - began) / 1000, sent, wanted };
}
