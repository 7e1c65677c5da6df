import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "./assert.ts";
import { CERTIFICATE, KEY } from "./fixtures/self_signed.ts";
import { serve, sink } from "./gateways.ts";

/** A server that lets in who gives `authorization`, and says so to others. */
function guarded(authorization: string) {
  return serve((_, headers) =>
    headers.get("Authorization") === authorization
      ? new Response()
      : new Response("Unauthorized\n", { status: 401 })
  );
}

Deno.test("push() gives username and password, whatever their letters", async () => {
  // "grün:geheim€" in UTF-8
  await using server = guarded("Basic Z3LDvG46Z2VoZWlt4oKs");
  const { gateway, log } = sink(server.url, {
    username: "grün",
    password: "geheim€",
  });
  gateway.push("a 1\n");
  await gateway.close();
  assertEquals(log.warnings, []);
  assertEquals(server.seen.map(({ method }) => method), ["PUT", "DELETE"]);
});

Deno.test("push() gives the token", async () => {
  await using server = guarded("Bearer t0ken");
  const { gateway, log } = sink(server.url, { token: "t0ken" });
  gateway.push("a 1\n");
  await gateway.idle();
  assertEquals(log.warnings, []);
  await gateway.close();
});

Deno.test("push() says that the password is wrong, and does not show it", async () => {
  await using server = guarded("Basic never");
  const { gateway, log } = sink(server.url, {
    username: "me",
    password: "hunter2",
  });
  gateway.push("a 1\n");
  await gateway.close({ final: "b 1\n" });
  assertMatch(
    log.warnings[0]!,
    /401 Unauthorized: Unauthorized \(it does not take the username and password that is given\)/,
  );
  assert(!log.warnings.join().includes("hunter2"));
});

Deno.test("push() says that a password is wanted", async () => {
  await using server = guarded("Basic never");
  const { gateway, log } = sink(server.url);
  gateway.push("a 1\n");
  await gateway.close();
  assertStringIncludes(log.warnings[0]!, "(it wants a username and password");
});

Deno.test("push() says that a certificate is not trusted", async () => {
  await using server = serve(() => new Response(), {
    cert: CERTIFICATE,
    key: KEY,
  });
  const { gateway, log } = sink(server.url);
  gateway.push("a 1\n");
  await gateway.close({ final: "b 1\n" });
  assertStringIncludes(log.warnings[0]!, "as its certificate is not trusted (");
  assertStringIncludes(log.warnings[0]!, "DENO_CERT");
  assertEquals(server.seen, []);
});
