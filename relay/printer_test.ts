import assert from "node:assert/strict";
import { ManualClock } from "../quic/manual_clock.ts";
import { MemorySink } from "./log/testing_sink.ts";
import { openPrinter } from "./printer.ts";

Deno.test("lines are printed in their order", async () => {
  const sink = new MemorySink();
  const printer = openPrinter(new ManualClock(), sink);
  printer.print("one");
  printer.print("two");
  await printer.flush(1000);
  assert.equal(sink.text, "one\ntwo\n");
});

Deno.test("a disk that is full for a while costs lines, says so later and never fails", async () => {
  const sink = new MemorySink();
  const printer = openPrinter(new ManualClock(), sink);
  sink.failure = new Error("No space left on device");
  printer.print("one");
  await printer.flush(1000);
  sink.failure = null;
  printer.print("two");
  await printer.flush(1000);
  assert.equal(sink.text, "# 1 lines were lost\ntwo\n");
});

Deno.test("a reader that stalls is waited for no longer than said", async () => {
  const clock = new ManualClock();
  const sink = new MemorySink();
  sink.gate = new Promise(() => {});
  const printer = openPrinter(clock, sink);
  printer.print("one");
  const flushed = printer.flush(1000);
  clock.advance(1000);
  await flushed;
  assert.equal(sink.text, "");
});
