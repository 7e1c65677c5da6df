/**
 * What runs when a script is gone: reads from stdin which group of which Pushgateway it has left, and deletes it.
 *
 * @module
 */
import { ask } from "./_gateway_http.ts";
import type { Will } from "./_heir.ts";

if (import.meta.main) {
  const will = await new Response(Deno.stdin.readable).json() as Will;
  const { access, path, after, timeout } = will;
  await new Promise((resolve) => setTimeout(resolve, after * 1000));
  await ask(access, path, { method: "DELETE", timeout });
}
