/** What cannot work on Redis says so, at once and in words; nothing hangs, nothing is lost. */
import { assert, assertEquals, assertMatch, assertRejects } from "./assert.ts";
import { REDIS_PROTOCOL } from "../executor/backends/redis/protocol.ts";
import { CallError, FunctionExecutor } from "../mod.ts";
import {
  HAVE_REDIS,
  type Host,
  openSite,
  REDIS_DRIVER,
  SECRET,
  type Site,
  spawnHost,
} from "./redis.ts";
import { freePort } from "./services.ts";

async function redisCli(site: Site, ...args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command("redis-cli", {
    args: ["-p", `${site.redis.port}`, ...args],
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout).trim();
}

/** What a worker host that does not start says, and its exit code. */
async function refusal(
  url: string,
  args: readonly string[] = [],
  secret: string | null = SECRET,
): Promise<[code: number, said: string]> {
  await using host: Host = spawnHost({
    args: ["--redis", url, "--workers", "1", ...args],
    secret,
  });
  const code = await host.ended;
  return [code, host.log()];
}

const quiet = { backend: "redis", progress: false, logLevel: "none" } as const;

/** What a call of a script that may not use a Redis says. */
async function callOn(url: string, secret?: string): Promise<string> {
  const redis = secret === undefined ? { url } : { url, secret };
  await using fexec = new FunctionExecutor({ ...quiet, redis });
  const future = fexec.callAsync((x: number) => x, 1);
  const error = await assertRejects(() => future.result(), CallError);
  assertEquals(future.stats.outcome, "crashed");
  return error.message;
}

Deno.test({
  name: "what cannot work on Redis is refused",
  ignore: !HAVE_REDIS,
  ...REDIS_DRIVER,
  fn: async (t) => {
    await using site = await openSite();
    const { url } = site.redis;

    await t.step("a worker without a secret", async () => {
      const [code, said] = await refusal(url, [], null);
      assertEquals(code, 2);
      assertMatch(
        said,
        /without a secret.*LITHOSCOPE_REDIS_SECRET.*--allow-unsigned/,
      );
    });

    await t.step("a worker with a tag that is none", async () => {
      const [code, said] = await refusal(url, ["--tags", "a b"]);
      assertEquals(code, 2);
      assertMatch(said, /tag.*"a b"/);
    });

    await t.step("a Redis that is not there", async () => {
      const port = freePort();
      const said = await callOn(`redis://me:hidden@127.0.0.1:${port}`, SECRET);
      assertMatch(
        said,
        new RegExp(
          `Cannot reach Redis at redis://127.0.0.1:${port}: .*ECONNREFUSED`,
        ),
      );
    });

    await t.step("another secret than the others, or none", async () => {
      await using host = spawnHost({
        args: ["--redis", url, "--workers", "1"],
      });
      await host.said(/takes calls/);
      assertMatch(
        await callOn(url, "another"),
        /the secret is another one there/,
      );
      assertMatch(
        await callOn(url),
        /calls are signed there: give this script the secret/,
      );
      const [code, said] = await refusal(url, [], "another");
      assertEquals(code, 1);
      assertMatch(said, /the secret is another one there/);
      for (const text of [said, host.log()]) assert(!text.includes(SECRET));
    });

    await t.step(
      "another version of the protocol, with both named",
      async () => {
        await redisCli(site, "hset", "lithoscope:gate", "protocol", "99");
        assertMatch(
          await callOn(url, SECRET),
          /protocol 99: this script speaks protocol \d+/,
        );
        const [code, said] = await refusal(url);
        assertEquals(code, 1);
        assertMatch(said, /protocol 99: this worker speaks protocol \d+/);
        await redisCli(site, "del", "lithoscope:gate");
      },
    );

    await t.step("entries that others have put there, which stay", async () => {
      await using host = spawnHost({
        args: ["--redis", url, "--workers", "1"],
      });
      await host.said(/takes calls/);
      const add = (id: string, data: unknown) =>
        redisCli(
          site,
          "eval",
          `redis.call("HSET", "lithoscope:queue:calls:" .. ARGV[1], "name", "x", "data", ARGV[2], "opts", "{}", "timestamp", "1", "delay", "0", "priority", "0", "atm", "0")
           redis.call("LPUSH", "lithoscope:queue:calls:wait", ARGV[1])
           redis.call("ZADD", "lithoscope:queue:calls:marker", 0, "0")`,
          "0",
          id,
          JSON.stringify(data),
        );
      await add("stranger", { hello: "world" });
      await host.said(/not put there by lithoscope/);
      // with the shape of ours, but nobody's signature
      const fexec = site.make();
      await fexec.callAsync((x: number) => x, 1);
      await add("forged", {
        v: REDIS_PROTOCOL,
        run: fexec.executorId,
        job: 1,
        batch: btoa("x".repeat(100)),
      });
      await host.said(/not signed with the shared secret/);
      assertEquals(await fexec.callAsync((x: number) => x, 2), 2);
      await fexec.close();
      const failed = await redisCli(
        site,
        "zrange",
        "lithoscope:queue:calls:failed",
        "0",
        "-1",
      );
      assertEquals(failed.split("\n").sort(), ["forged", "stranger"]);
    });

    await t.step("a password that is not taken", async () => {
      await redisCli(site, "config", "set", "requirepass", "right");
      const wrong = url.replace("//", "//default:wrong@");
      const said = await callOn(wrong, SECRET);
      assertMatch(said, /does not take the user and password of the URL/);
      const [code, log] = await refusal(wrong);
      assertEquals(code, 1);
      assertMatch(log, /does not take the user and password of the URL/);
      for (const text of [said, log]) assert(!text.includes("wrong@"));
      const right = url.replace("//", "//default:right@");
      await using host = spawnHost({
        args: ["--redis", right, "--workers", "1"],
      });
      await host.said(/takes calls/);
      await using fexec = new FunctionExecutor({
        ...quiet,
        redis: { url: right, secret: SECRET },
      });
      assertEquals(await fexec.callAsync((x: number) => x + 1, 1), 2);
      assert(!host.log().includes("right"));
    });
  },
});

Deno.test({
  name: "a full Redis refuses calls, and takes them again when it has room",
  ignore: !HAVE_REDIS,
  ...REDIS_DRIVER,
  fn: async () => {
    await using site = await openSite(["alpha"]);
    const fexec = site.make();
    assertEquals(await fexec.callAsync((x: number) => x, 1), 1);
    await redisCli(site, "config", "set", "maxmemory", "1mb");
    const waiting = fexec.map((x: number) => x * 2, [1, 2, 3]);
    await new Promise((resolve) => setTimeout(resolve, 700));
    await redisCli(site, "config", "set", "maxmemory", "0");
    assertEquals(await waiting.getResult(), [2, 4, 6]);
    await fexec.close();
  },
});
