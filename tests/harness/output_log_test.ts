/** Waiting for what a process prints. */
import assert from "node:assert/strict";
import { OutputLog } from "./output_log.ts";

function stream() {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const write = (text: string) => writer.write(new TextEncoder().encode(text));
  return { log: new OutputLog(readable), write, close: () => writer.close() };
}

Deno.test("text is found whether it came before or comes after, also in pieces", async () => {
  const { log, write, close } = stream();
  await write("one tw");
  assert.equal((await log.match(/o(n)e/, 10_000))[1], "n");
  const later = log.match(/two$/m, 10_000);
  await write("o\nthree");
  assert.equal((await later)[0], "two");
  await close();
  await log.finished;
  assert.equal(log.text, "one two\nthree");
});

Deno.test("what was printed before an offset is not found again", async () => {
  const { log, write, close } = stream();
  await write("a1");
  await log.match(/a1/, 10_000);
  const next = log.match(/a\d/, 10_000, log.text.length);
  await write("a2");
  assert.equal((await next)[0], "a2");
  await close();
});

Deno.test("waiting ends with an error at the end of the output and after the limit", async () => {
  const { log, close } = stream();
  await assert.rejects(log.match(/never/, 1), /was not printed within 0.001 s/);
  const waiting = log.match(/never/, 10_000);
  await close();
  await assert.rejects(waiting, /before the end of the output/);
});
