import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "./assert.ts";
import { gatewayCommand } from "../profiler/gateway_command.ts";
import { groupsOf, labelsOfGroups, serve } from "./gateways.ts";
import { have } from "./have.ts";
import { freePort, startPushgateway } from "./services.ts";

const REAL = { ignore: !have("prometheus-pushgateway") };

async function run(...args: string[]) {
  let out = "", err = "";
  const code = await gatewayCommand(args, {
    out: (text) => out += text,
    err: (text) => err += text,
  });
  return { code, out, err };
}

async function put(url: string, path: string, body = "a 1\nb 2\n") {
  const response = await fetch(`${url}/metrics/${path}`, {
    method: "PUT",
    body,
  });
  await response.body?.cancel();
}

Deno.test(
  "gateway list shows groups, series and what was refused",
  REAL,
  async () => {
    await using gateway = await startPushgateway();
    assertEquals((await run("list", gateway.url)).out, "No groups\n");
    await put(gateway.url, "job/lithops/instance/here:0a1b2c-0");
    await put(gateway.url, "job/other", "# TYPE a counter\na 1\n");
    const { code, out } = await run("list", gateway.url);
    assertEquals(code, 0);
    assertMatch(out, /^LAST PUSH {2}SERIES {2}\s+GROUP\n/);
    assertMatch(out, /\n\ds +2 +job="lithops" instance="here:0a1b2c-0"\n/);
    assertMatch(out, /\n\ds +0 +refused +job="other"/);
    assertMatch(out, /\n2 series in 2 groups\n$/);
    const json = await run("list", gateway.url, "--json", "--job", "lithops");
    const [group] = JSON.parse(json.out);
    assertEquals(group.labels, { job: "lithops", instance: "here:0a1b2c-0" });
    assertEquals([group.series, group.isGood], [2, true]);
  },
);

Deno.test(
  "gateway clean deletes old groups of executors and no other",
  REAL,
  async () => {
    await using gateway = await startPushgateway();
    await put(gateway.url, "job/lithops/instance@base64/YS9iOjA"); // a/b:0
    await put(gateway.url, "job/other/instance/x", "c 1\n");
    const none = await run("clean", gateway.url, "--older-than", "1h");
    assertEquals(none, {
      code: 0,
      out: "No groups without a push for 1h\n",
      err: "",
    });
    const dry = await run(
      "clean",
      gateway.url,
      "--older-than",
      "0s",
      "--dry-run",
    );
    assertMatch(
      dry.out,
      /^Would delete job="lithops" instance="a\/b:0" \(\ds without a push\)\n$/,
    );
    assertEquals((await groupsOf(gateway.url)).length, 2);
    const { code, out } = await run("clean", gateway.url, "--older-than", "0s");
    assertEquals(code, 0);
    assertStringIncludes(out, 'Deleted job="lithops" instance="a/b:0"');
    const left = await groupsOf(gateway.url);
    assertEquals(left.map(({ labels }) => labels["job"]), ["other"]);
    await run("clean", gateway.url, "--older-than", "0s", "--all-jobs");
    assertEquals(await labelsOfGroups(gateway.url), []);
  },
);

Deno.test("gateway clean tells age by the gateway's clock", async () => {
  const pushedAt = 1_000_000;
  let deleted = 0;
  await using server = serve(({ method }) => {
    if (method === "DELETE") deleted++;
    const metrics = [{ labels: {}, value: `${pushedAt}` }];
    const data = [{
      labels: { job: "lithops", instance: "x" },
      push_time_seconds: { metrics },
    }];
    return Response.json({ data }, {
      headers: { Date: new Date((pushedAt + 90) * 1000).toUTCString() },
    });
  });
  await run("clean", server.url, "--older-than", "91s");
  assertEquals(deleted, 0);
  await run("clean", server.url, "--older-than", "1.5m");
  assertEquals(deleted, 1);
});

Deno.test(
  "gateway check says what works, and leaves nothing",
  REAL,
  async () => {
    await using gateway = await startPushgateway();
    const { code, out } = await run("check", gateway.url);
    assertEquals(code, 0);
    for (
      const line of [
        /^ok {4}Pushgateway \d+\.\d+.* is up since /m,
        /^note {2}It keeps nothing on disk/m,
        /^ok {4}It takes pushes$/m,
        /^note {2}Its consistency check is on/m,
        /^ok {4}It takes compressed pushes$/m,
        /^ok {4}A push takes \d+\.\d ms/m,
        /^ok {4}It deletes groups$/m,
        /^ok {4}It stores 0 series in 0 groups$/m,
      ]
    ) assertMatch(out, line);
    assertEquals(await labelsOfGroups(gateway.url), []);
  },
);

Deno.test(
  "gateway check knows that the consistency check is off",
  REAL,
  async () => {
    await using gateway = await startPushgateway({
      args: ["--push.disable-consistency-check"],
    });
    const { out } = await run("check", gateway.url);
    assertStringIncludes(out, "Its consistency check is off");
  },
);

Deno.test("gateway check says that nothing is there", async () => {
  const url = `http://127.0.0.1:${freePort()}`;
  const { code, out } = await run("check", url);
  assertEquals(code, 1);
  assertEquals(
    out,
    `bad   Nothing can be pushed to ${url}: nothing listens there (connection refused)\n`,
  );
});

Deno.test("gateway list says that what answers is no gateway", async () => {
  await using server = serve(() => new Response("<html>"));
  const { code, err } = await run("list", server.url);
  assertEquals(code, 1);
  assertStringIncludes(err, "as what answers there is none");
});

Deno.test("gateway takes user and password from the URL, and shows neither", async () => {
  await using server = serve((_, headers) =>
    new Response("", {
      status: headers.get("Authorization") === "Basic bWU6c2VjcmV0" ? 500 : 401,
    })
  );
  const { err } = await run("list", server.url.replace("//", "//me:secret@"));
  assertStringIncludes(err, "it answered 500");
  assert(!/me:|secret/.test(err));
});

Deno.test("gateway says what is wrong with a command line", async () => {
  const cases: [string[], RegExp][] = [
    [["sweep"], /must be list, clean or check: got "sweep"/],
    [["list", "localhost:9091"], /must be like http:\/\/127.*got "localhost/],
    [["list", "--olderthan", "1h"], /no option "--olderthan"/],
    [["clean", "http://a", "--older-than", "soon"], /got "soon"/],
    [["list", "http://a", "http://b"], /one URL is enough: got "http:\/\/b"/],
  ];
  for (const [args, message] of cases) {
    const { code, err } = await run(...args);
    assertEquals(code, 2);
    assertMatch(err, message);
  }
  assertEquals((await run()).code, 2);
  const help = await run("clean", "--help");
  assertEquals(help.code, 0);
  assertStringIncludes(help.out, "Usage: lithoscope gateway list");
});
