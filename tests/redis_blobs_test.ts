/** Large items and results travel beside the queue, through Redis or a folder, and are gone afterwards. */
import { join } from "node:path";
import { assert, assertEquals, assertRejects } from "./assert.ts";
import { CallError, FunctionExecutor } from "../mod.ts";
import { FolderStore } from "../executor/backends/redis/blob_stores.ts";
import { Redis } from "../executor/backends/_bullmq.ts";
import { turn, within } from "./executors.ts";
import { HAVE_REDIS, openSite, REDIS_DRIVER, SECRET } from "./redis.ts";

const LARGE = 20_000_000;

/** Gives the item again, each byte one more. */
const increment = (item: Uint8Array) => item.map((byte) => byte + 1);

function large(seed: number): Uint8Array {
  return new Uint8Array(LARGE).fill(seed);
}

/** The files below a folder. */
function filesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesIn(join(folder, name)) : [name]
  );
}

Deno.test({
  name: "large items and results of calls behind Redis",
  ignore: !HAVE_REDIS,
  ...REDIS_DRIVER,
  fn: async (t) => {
    const folder = await Deno.makeTempDir({ prefix: "lithoscope_blobs_" });
    await using stack = new AsyncDisposableStack();
    stack.defer(() => Deno.remove(folder, { recursive: true }));
    const site = stack.use(await openSite(["alpha"]));
    const redis = stack.adopt(
      new Redis(site.redis.url),
      async (redis) => void await redis.quit(),
    );
    const blobs = () => redis.keys("lithoscope:run:*:blob:*");

    for (const through of ["Redis", "a folder"]) {
      const options = {
        url: site.redis.url,
        ...through === "Redis" ? {} : { blobFolder: folder },
      };
      await t.step(`20 MB go through ${through} and are gone`, async () => {
        const fexec = site.make({ redis: options });
        const future = fexec.callAsync(increment, large(6));
        const result = await future;
        assertEquals(result.length, LARGE);
        assert(result.every((byte) => byte === 7));
        // The item is gone, the result is there for who attaches.
        const names = through === "Redis" ? await blobs() : filesIn(folder);
        assertEquals(names.length, 1);
        assert(names[0]!.includes("result-"));
        const stream = await redis.memory(
          "USAGE",
          `lithoscope:run:${fexec.executorId}:out`,
        );
        assert(Number(stream) < 100_000);
        const attached = await FunctionExecutor.attach(fexec.executorId, {
          redis: { ...options, secret: SECRET },
          progress: false,
          logLevel: "none",
        });
        assertEquals(await attached.futures.getResult(), [result]);
        await attached.close();
        fexec.clean();
        await fexec.close();
        assertEquals([await blobs(), filesIn(folder)], [[], []]);
      });

      await t.step(`${through} keeps no items of what was ended`, async () => {
        const fexec = site.make({ redis: { ...options, blobLimit: 1000 } });
        const count = async () =>
          (await blobs()).length + filesIn(folder).length;
        const items = ["a".repeat(5000), "b".repeat(5000), "c"];
        const requires = { tags: ["nobody"] };
        fexec.map((item: string) => item, items, { requires });
        const queue = "lithoscope:queue:calls+nobody:wait";
        await within((async () => {
          while (await redis.llen(queue) < items.length) await turn();
        })());
        assertEquals(await count(), 2);
        await fexec.terminate();
        assertEquals(await count(), 0);
        await redis.del(queue);
      });

      await t.step(`an item on its way to ${through} is gone too`, async () => {
        const fexec = site.make({ redis: options });
        const requires = { tags: ["nobody"] };
        fexec.callAsync(increment, large(6), { requires });
        // Nothing, or a part.
        const isBegun = async () =>
          (await blobs()).length + filesIn(folder).length > 0;
        await within((async () => {
          while (!await isBegun()) await turn();
        })());
        await fexec.terminate();
        assert(!await isBegun());
        assertEquals(await redis.llen("lithoscope:queue:calls+nobody:wait"), 0);
      });

      await t.step(
        `a blob missing in ${through} fails its call alone`,
        async () => {
          const fexec = site.make({ redis: { ...options, blobLimit: 1000 } });
          const items = ["a", "b".repeat(5000), "c".repeat(5000)];
          const futures = fexec.map((item: string) => item.repeat(2), items);
          assertEquals(
            await futures.getResult(),
            items.map((item) => item.repeat(2)),
          );
          const id = fexec.executorId;
          const isOfB = (name: string) => /result-\d+-1-/.test(name);
          if (through === "Redis") {
            await redis.unlink((await blobs()).filter(isOfB));
          } else {
            const lost = filesIn(folder).find(isOfB)!;
            await Deno.remove(join(folder, id, lost));
          }
          const attached = await FunctionExecutor.attach(id, {
            redis: { ...options, secret: SECRET },
            progress: false,
            logLevel: "none",
          });
          const [a, b, c] = attached.futures;
          assertEquals([await a, await c], ["aa", "c".repeat(10_000)]);
          await assertRejects(
            () => b!.result(),
            CallError,
            "The result of the call is lost: Cannot read",
          );
          await attached.close();
          fexec.clean();
          await fexec.close();
          assertEquals([await blobs(), filesIn(folder)], [[], []]);
        },
      );
    }

    await t.step(
      "a folder that is not there fails the call alone",
      async () => {
        const fexec = site.make({
          redis: { url: site.redis.url, blobFolder: join(folder, "none") },
        });
        const futures = fexec.map(
          (item: Uint8Array) => item.length,
          [new Uint8Array(1), new Uint8Array(600_000)],
        );
        assertEquals(await futures[0], 1);
        await assertRejects(
          () => futures[1]!.result(),
          CallError,
          `in the folder "${join(folder, "none")}"`,
        );
        await fexec.close();
      },
    );

    await t.step("a missing item fails its call alone", async () => {
      const fexec = site.make({
        redis: { url: site.redis.url, prefix: "later", blobLimit: 1000 },
      });
      const items = ["a", "b".repeat(5000), "c".repeat(5000)];
      const futures = fexec.map((item: string) => item.length, items);
      const queued = () => redis.keys("later:run:*:blob:item-*-1-*");
      // Entries: the small call, and one for each large item.
      while (await redis.llen("later:queue:calls:wait") < 3) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await redis.unlink(await queued());
      await site.host("beta", "--prefix", "later");
      assertEquals([await futures[0], await futures[2]], [1, 5000]);
      await assertRejects(
        () => futures[1]!.result(),
        CallError,
        "as it is not in Redis any more",
      );
      await fexec.close();
    });
  },
});

Deno.test("FolderStore refuses names that lead elsewhere", async () => {
  const folder = await Deno.makeTempDir();
  const store = new FolderStore(folder, "run");
  for (const name of ["../a", "a/b", ".a", ""]) {
    await assertRejects(
      () => store.put(name, new Uint8Array(1)),
      Error,
      "name",
    );
    await assertRejects(() => store.get(name), Error, "name");
  }
  assertEquals(filesIn(folder), []);
  await Deno.remove(folder, { recursive: true });
});
