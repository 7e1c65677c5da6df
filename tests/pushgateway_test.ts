import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "./assert.ts";
import {
  groupsOf,
  hangingServer,
  labelsOfGroups,
  serve,
  sink,
} from "./gateways.ts";
import { have } from "./have.ts";
import { freePort, startPushgateway } from "./services.ts";

const REAL = { ignore: !have("prometheus-pushgateway") };

/** Longer than {@linkcode Pushgateway} sends as it is. */
const LONG = `# ${"long ".repeat(400)}\nanswer 42\n`;

Deno.test(
  "push() replaces the group, and close() deletes it",
  REAL,
  async () => {
    await using server = await startPushgateway();
    const { gateway, log } = sink(server.url);
    gateway.push("one 1\ntwo 2\n");
    await gateway.idle();
    gateway.push("two 3\n");
    await gateway.idle();
    const [group] = await groupsOf(server.url);
    assertEquals(group!.labels, { job: "lithops", instance: "here:0a1b2c-0" });
    assertEquals(group!.metrics.get("one"), undefined);
    assertEquals(group!.metrics.get("two")![0]!.value, "3");
    await gateway.close();
    assertEquals(await labelsOfGroups(server.url), []);
    assertEquals(log.warnings, []);
    assertEquals(gateway.cost.pushed, 2);
  },
);

for (const instance of ["a/b c:0", "", "ü?#%", "plain"]) {
  Deno.test(
    `push() names the group when the instance is "${instance}"`,
    REAL,
    async () => {
      await using server = await startPushgateway();
      const { gateway, log } = sink(server.url, { instance });
      gateway.push("one 1\n");
      await gateway.idle();
      const [group] = await groupsOf(server.url);
      // The gateway tells an empty label by leaving it out.
      assertEquals(group!.labels["instance"] ?? "", instance);
      await gateway.close();
      assertEquals(await labelsOfGroups(server.url), []);
      assertEquals(log.warnings, []);
    },
  );
}

Deno.test("push() compresses long texts and keeps the connection", async () => {
  await using server = serve(() => new Response());
  const { gateway } = sink(server.url);
  for (const text of [LONG, "short 1\n", LONG]) {
    gateway.push(text);
    await gateway.idle();
  }
  assertEquals(server.seen.map(({ gzip }) => gzip), [true, false, true]);
  assertEquals(server.seen[0]!.text, LONG);
  assertEquals(new Set(server.seen.map(({ from }) => from)).size, 1);
  await gateway.close({ deleteAfter: false });
});

Deno.test("push() compresses for a real gateway", REAL, async () => {
  await using server = await startPushgateway();
  const { gateway } = sink(server.url);
  gateway.push(LONG);
  await gateway.idle();
  assert(gateway.cost.bytes! < LONG.length / 2);
  const [group] = await groupsOf(server.url);
  assertEquals(group!.metrics.get("answer")![0]!.value, "42");
  await gateway.close();
});

Deno.test("push() goes on uncompressed when the gateway knows no gzip", async () => {
  await using server = serve(({ gzip }) =>
    new Response("", { status: gzip ? 400 : 200 })
  );
  const { gateway, log } = sink(server.url);
  gateway.push(LONG);
  await gateway.idle();
  gateway.push(LONG);
  await gateway.idle();
  assertEquals(server.seen.map(({ gzip }) => gzip), [true, false, false]);
  assertEquals(log.warnings, []);
  assertEquals(gateway.cost.pushed, 2);
  await gateway.close({ deleteAfter: false });
});

Deno.test("push() sends one text at a time, then the last that came meanwhile", async () => {
  const { promise: mayAnswer, resolve: answer } = Promise.withResolvers<void>();
  await using server = serve(async () => {
    await mayAnswer;
    return new Response();
  });
  const { gateway } = sink(server.url);
  gateway.push("a 1\n");
  await server.until(1);
  gateway.push("b 1\n");
  gateway.push("c 1\n");
  gateway.push("d 1\n");
  answer();
  await gateway.idle();
  assertEquals(server.seen.map(({ text }) => text), ["a 1\n", "d 1\n"]);
  assertEquals(gateway.cost.dropped, 2);
  await gateway.close({ deleteAfter: false });
});

Deno.test("push() tries again, tells a failure once with the gateway's words, then counts", async () => {
  let isUp = false;
  await using server = serve(() =>
    isUp ? new Response() : new Response("the disk\nis full", { status: 500 })
  );
  const { gateway, log } = sink(server.url);
  gateway.push("a 1\n");
  await server.until(4);
  isUp = true;
  await gateway.idle();
  assertEquals(log.warnings.length, 1);
  assertStringIncludes(
    log.warnings[0]!,
    `Pushgateway at ${server.url} as it answered 500 Internal Server Error: the disk is full`,
  );
  assertEquals(log.infos, [
    `The Pushgateway at ${server.url} takes metrics again`,
  ]);
  const { failed, retried, pushed } = gateway.cost;
  assert(failed >= 4);
  assertEquals([retried, pushed], [failed, 1]);
  await gateway.close({ deleteAfter: false });
  assertMatch(log.warnings[1]!, /^\d+ of \d+ pushes to the Pushgateway at /);
});

Deno.test("push() does not repeat what the gateway refuses", REAL, async () => {
  await using server = await startPushgateway();
  const { gateway, log } = sink(server.url);
  gateway.push("a 1 1234567\n");
  await gateway.idle();
  assertEquals(gateway.cost.failed, 1);
  assertMatch(log.warnings[0]!, /answered 400 Bad Request: .*timestamp/);
  gateway.push("a 1\n");
  await gateway.idle();
  assertEquals(gateway.cost.pushed, 1);
  await gateway.close();
  assertEquals(await labelsOfGroups(server.url), []);
});

Deno.test(
  "push() says which line is wrong, also of a compressed text",
  REAL,
  async () => {
    await using server = await startPushgateway();
    const { gateway, log } = sink(server.url);
    gateway.push(`${LONG}one two three\n`);
    await gateway.idle();
    assertMatch(log.warnings[0]!, /text format parsing error in line 3/);
    await gateway.close();
  },
);

Deno.test("close() gives up a gateway that takes the connection and never answers", async () => {
  using server = hangingServer();
  const { gateway, log } = sink(server.url, { timeout: 3600 });
  gateway.push("a 1\n");
  await gateway.close({ final: "b 1\n" });
  assertEquals(log.warnings.length, 1);
  assertMatch(log.warnings[0]!, /as it did not answer within \d+\.\d s; calls/);
  assertEquals(gateway.cost.failed, 1);
});

Deno.test("push() gives up an attempt at its timeout", async () => {
  using server = hangingServer();
  const { gateway, log } = sink(server.url, { timeout: 0.05, backoff: 3.6e6 });
  gateway.push("a 1\n");
  while (gateway.cost.failed === 0) await new Promise((r) => setTimeout(r, 5));
  await gateway.close({ final: "b 1\n" });
  assertMatch(log.warnings[0]!, /as it did not answer within \d+\.\d s/);
  assertEquals(gateway.cost.failed, 1); // the last text is not tried on one that hangs
});

Deno.test("push() says that nothing listens there", async () => {
  const { gateway, log } = sink(`http://127.0.0.1:${freePort()}`);
  gateway.push("a 1\n");
  await gateway.close({ final: "b 1\n" });
  assertStringIncludes(log.warnings[0]!, "nothing listens there");
});

Deno.test("push() says that a connection that is cut failed", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const served = (async () => {
    for await (const connection of listener) connection.close();
  })();
  const port = (listener.addr as Deno.NetAddr).port;
  const { gateway, log } = sink(`http://127.0.0.1:${port}`);
  gateway.push("a 1\n");
  await gateway.close({ final: "b 1\n" });
  listener.close();
  await served;
  assertStringIncludes(log.warnings[0]!, "as the connection failed (");
});

Deno.test(
  "close() pushes the last text, and leaves it if told so",
  REAL,
  async () => {
    await using server = await startPushgateway();
    const { gateway } = sink(server.url);
    gateway.push("a 1\n");
    await gateway.close({ final: "a 2\n", deleteAfter: false });
    const [group] = await groupsOf(server.url);
    assertEquals(group!.metrics.get("a")![0]!.value, "2");
    gateway.push("a 3\n"); // too late
    await gateway.idle();
    assertEquals(
      (await groupsOf(server.url))[0]!.metrics.get("a")![0]!.value,
      "2",
    );
  },
);

Deno.test(
  "close() waits before it deletes, but not for longer than its signal lets it",
  REAL,
  async () => {
    await using server = await startPushgateway();
    const { gateway } = sink(server.url);
    const hurry = new AbortController();
    gateway.push("a 1\n");
    await gateway.idle();
    const closed = gateway.close({
      final: "a 2\n",
      deleteAfter: 3600,
      signal: hurry.signal,
    });
    const value = async () =>
      (await groupsOf(server.url))[0]?.metrics.get("a")?.[0]?.value;
    while (await value() !== "2") await new Promise((r) => setTimeout(r, 5));
    hurry.abort();
    await closed;
    assertEquals(await labelsOfGroups(server.url), []);
  },
);
