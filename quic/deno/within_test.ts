import assert from "node:assert/strict";
import { within } from "./within.ts";

const LONG = 60_000;

Deno.test("work that ends in time is what is returned", async () => {
  assert.equal(await within(Promise.resolve(7), LONG), 7);
  await assert.rejects(within(Promise.reject(new Error("no")), LONG), { message: "no" });
});

Deno.test("after the time limit a late result is discarded and a late failure is silent", async () => {
  const late = Promise.withResolvers<number>();
  const discarded = Promise.withResolvers<number>();
  await assert.rejects(within(late.promise, 0, undefined, discarded.resolve), { code: "timeout" });
  late.resolve(7);
  assert.equal(await discarded.promise, 7);

  const failing = Promise.withResolvers<number>();
  await assert.rejects(within(failing.promise, 0), { code: "timeout" });
  failing.reject(new Error("too late to matter"));
});

Deno.test("an abort before or during the work is a rejection", async () => {
  const abort = new AbortController();
  const never = new Promise<never>(() => {});
  const waiting = assert.rejects(within(never, LONG, abort.signal), { code: "aborted" });
  abort.abort();
  await waiting;
  await assert.rejects(within(never, LONG, abort.signal), { code: "aborted" });
});
