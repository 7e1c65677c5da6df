import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "./assert.ts";
import { have } from "./have.ts";
import { isAlive, type ProcessId, processOf } from "./processes.ts";
import {
  freePort,
  type Service,
  startPrometheus,
  startPushgateway,
  startRedis,
} from "./services.ts";
import { tempDir } from "./temp_dir.ts";

function identityOf(service: Service): ProcessId {
  const identity = processOf(service.pid);
  assert(identity !== undefined);
  return identity;
}

/** What is left in the folder for temporary files, of which it has its own. */
async function leftBy(
  body: (files: () => string[]) => Promise<void>,
): Promise<string[]> {
  await using folder = await tempDir();
  const files = () =>
    Array.from(Deno.readDirSync(folder.path), ({ name }) => name);
  const before = Deno.env.get("TMPDIR");
  Deno.env.set("TMPDIR", folder.path);
  try {
    await body(files);
  } finally {
    if (before === undefined) Deno.env.delete("TMPDIR");
    else Deno.env.set("TMPDIR", before);
  }
  return files();
}

Deno.test({
  name: "startPushgateway() gives a gateway that keeps what is pushed",
  ignore: !have("prometheus-pushgateway"),
  fn: async () => {
    let process: ProcessId;
    {
      await using gateway = await startPushgateway();
      process = identityOf(gateway);
      const pushed = await fetch(`${gateway.url}/metrics/job/test`, {
        method: "PUT",
        body: "answer 42\n",
      });
      assertEquals(pushed.status, 200, await pushed.text());
      const page = await fetch(`${gateway.url}/metrics`);
      assertStringIncludes(await page.text(), 'job="test"} 42');
    }
    assertEquals(isAlive(process), false);
  },
});

Deno.test({
  name: "startPushgateway() says what the program said when it does not start",
  ignore: !have("prometheus-pushgateway"),
  fn: async () => {
    await assertRejects(
      () => startPushgateway({ args: ["--no-such-flag"] }),
      Error,
      "no-such-flag",
    );
  },
});

Deno.test({
  name: "startPrometheus() answers queries and leaves no folder",
  ignore: !have("prometheus"),
  fn: async () => {
    let process: ProcessId | undefined;
    const left = await leftBy(async (files) => {
      await using prometheus = await startPrometheus({
        config: "global: { scrape_interval: 1s }\n",
      });
      assertEquals(files().length, 1);
      process = identityOf(prometheus);
      const answer = await fetch(
        `${prometheus.url}/api/v1/query?query=${encodeURIComponent("6*7")}`,
      );
      const { status, data } = await answer.json();
      assertEquals(status, "success");
      assertEquals(data.result[1], "42");
    });
    assertEquals(isAlive(process!), false);
    assertEquals(left, []);
  },
});

Deno.test({
  name:
    "startPrometheus() rejects and leaves no folder when its configuration is bad",
  ignore: !have("prometheus"),
  fn: async () => {
    const left = await leftBy(async () => {
      await assertRejects(
        () => startPrometheus({ config: "no_such_key: 1\n" }),
        Error,
        "no_such_key",
      );
    });
    assertEquals(left, []);
  },
});

Deno.test({
  name: "startRedis() keeps a value while it runs",
  ignore: !have("redis-server"),
  fn: async () => {
    let process: ProcessId;
    {
      await using redis = await startRedis();
      process = identityOf(redis);
      using connection = await Deno.connect({
        hostname: "127.0.0.1",
        port: redis.port,
      });
      await connection.write(
        new TextEncoder().encode("SET answer 42\r\nGET answer\r\nQUIT\r\n"),
      );
      const text = await new Response(connection.readable).text();
      assertEquals(text, "+OK\r\n$2\r\n42\r\n+OK\r\n");
    }
    assertEquals(isAlive(process), false);
  },
});

Deno.test({
  name: "stop() may be called again, also after a kill",
  ignore: !have("redis-server"),
  fn: async () => {
    await using redis = await startRedis();
    const process = identityOf(redis);
    await redis.stop("SIGKILL");
    assertEquals(isAlive(process), false);
    await redis.stop();
  },
});

Deno.test("freePort() gives a port that can be listened on", () => {
  const port = freePort();
  using listener = Deno.listen({ hostname: "127.0.0.1", port });
  assertEquals(listener.addr.port, port);
});
