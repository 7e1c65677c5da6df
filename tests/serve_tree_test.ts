import { assertEquals, assertMatch } from "./assert.ts";
import { serveTree } from "./serve_tree.ts";

const ROOT = new URL("../", import.meta.url);

async function get(url: string): Promise<Response> {
  const response = await fetch(url);
  await response.body?.cancel();
  return response;
}

Deno.test("serveTree() sends files by their media type and counts requests", async () => {
  await using tree = serveTree(ROOT);
  const typescript = await get(`${tree.url}/tests/serve_tree.ts`);
  assertEquals(typescript.headers.get("content-type"), "text/typescript");
  const answer = await fetch(`${tree.url}/deno.json`);
  assertEquals(answer.headers.get("content-type"), "application/json");
  assertMatch((await answer.json()).version, /^\d+\.\d+\.\d+/);
  assertEquals(tree.requests, ["/tests/serve_tree.ts", "/deno.json"]);
  assertEquals(tree.missing, []);
});

Deno.test("serveTree() answers 404 for what is not in the folder", async () => {
  await using tree = serveTree(new URL("./", import.meta.url));
  assertEquals((await get(`${tree.url}/no_such_file.ts`)).status, 404);
  assertEquals((await get(`${tree.url}/..%2fstd.ts`)).status, 404);
  assertEquals((await get(`${tree.url}/`)).status, 404);
  assertEquals(tree.missing, ["/no_such_file.ts", "/../std.ts", "/"]);
});

Deno.test("serveTree() sends the headers it was given", async () => {
  await using tree = serveTree(ROOT, {
    headers: { "content-type": "text/plain", "x-test": "1" },
  });
  const { headers } = await get(`${tree.url}/std.ts`);
  assertEquals(headers.get("content-type"), "text/plain");
  assertEquals(headers.get("x-test"), "1");
});
