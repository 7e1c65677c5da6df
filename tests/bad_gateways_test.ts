import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "./assert.ts";
import { CERTIFICATE, KEY } from "./fixtures/self_signed.ts";
import { hangingServer, serve } from "./gateways.ts";
import { runDeno } from "./run_deno.ts";
import { freePort } from "./services.ts";

interface Bad extends AsyncDisposable {
  url: string;
}

/** Gateways that are no good, and what the user should hear of each. */
const BAD: Record<string, { start: () => Bad; says: RegExp }> = {
  "never answers": {
    start: () => {
      const server = hangingServer();
      return {
        url: server.url,
        [Symbol.asyncDispose]: () => Promise.resolve(server[Symbol.dispose]()),
      };
    },
    says: /as it did not answer within \d+\.\d s;/,
  },
  "is not there": {
    start: () => ({
      url: `http://127.0.0.1:${freePort()}`,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }),
    says: /as nothing listens there \(connection refused\);/,
  },
  "answers 500": {
    start: () => serve(() => new Response("out of disk", { status: 500 })),
    says: /as it answered 500 Internal Server Error: out of disk;/,
  },
  "wants another password": {
    start: () => serve(() => new Response("Unauthorized", { status: 401 })),
    says: /as it answered 401 Unauthorized: Unauthorized \(it does not take/,
  },
  "has a bad certificate": {
    start: () => serve(() => new Response(), { cert: CERTIFICATE, key: KEY }),
    says: /as its certificate is not trusted \(/,
  },
};

for (const [what, { start, says }] of Object.entries(BAD)) {
  Deno.test(`a run ends as it should when the gateway ${what}`, async () => {
    await using server = start();
    // An hour: whoever waits for the gateway never ends.
    const pushgateway = { url: server.url, timeout: 3600 };
    const access = { username: "me", password: "not-the-one" };
    const { code, stdout, stderr } = await runDeno([
      ...["run", "-A", "--no-check"],
      new URL("./fixtures/telemetry_run.ts", import.meta.url).href,
      JSON.stringify({ ...pushgateway, ...access }),
    ]);
    assertEquals([code, stdout], [0, "[2,4,6]\n"], stderr);
    const [first, ...others] = stderr.trimEnd().split("\n");
    assertMatch(first!, says);
    assertStringIncludes(
      first!,
      `[WARNING] Cannot push metrics to the Pushgateway at ${server.url} as `,
    );
    for (const line of others) assertMatch(line, / pushes .* failed$/);
    assert(!stderr.includes("not-the-one"));
  });
}
