import assert from "node:assert/strict";
import { ManualClock } from "../../quic/manual_clock.ts";
import { LineOutput, type LineOutputOptions } from "./output.ts";
import { MemorySink } from "./testing_sink.ts";

function setup(options: Partial<LineOutputOptions> = {}) {
  const clock = new ManualClock();
  const sink = new MemorySink();
  const lost = { lines: 0 };
  const output = new LineOutput({
    clock,
    open: () => sink,
    lossNotice: (lines) => `lost ${lines}`,
    onLost: (lines) => lost.lines += lines,
    ...options,
  });
  return { clock, sink, lost, output };
}

/** Lets promise reactions run. */
const settle = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

Deno.test("a burst becomes one write in the order of its lines", async () => {
  const { sink, output } = setup();
  for (let i = 0; i < 100; i++) output.write(`line ${i}`);
  assert.equal(sink.writes, 0);
  await output.flush();
  assert.equal(sink.writes, 1);
  assert.deepEqual(sink.lines, Array.from({ length: 100 }, (_, i) => `line ${i}`));
});

Deno.test("short writes are continued", async () => {
  const { sink, output } = setup();
  sink.maxWrite = 3;
  output.write("abcdefgh");
  output.write("ijk");
  await output.flush();
  assert.equal(sink.text, "abcdefgh\nijk\n");
});

Deno.test("a reader that stalls costs lines above a limit, which are counted and told later", async () => {
  const { sink, lost, output } = setup({ maxWaiting: 20 });
  const gate = Promise.withResolvers<void>();
  sink.gate = gate.promise;
  output.write("first");
  await settle();
  for (let i = 0; i < 10; i++) output.write(`line ${i}`);
  assert.equal(lost.lines, 7);
  sink.gate = null;
  gate.resolve();
  await output.flush();
  assert.deepEqual(sink.lines, ["first", "lost 7", "line 0", "line 1", "line 2"]);
});

Deno.test("flush gives up on a reader that stalls when its time is over", async () => {
  const { clock, sink, output } = setup();
  const gate = Promise.withResolvers<void>();
  sink.gate = gate.promise;
  output.write("x");
  const flushed = output.flush(500);
  clock.advance(500);
  await flushed;
  assert.equal(sink.text, "");
  gate.resolve();
  await output.flush();
});

Deno.test("a full disk loses lines but nothing else, and the count survives until it can be told", async () => {
  const { sink, lost, output } = setup();
  sink.failure = new Error("No space left on device");
  for (const line of ["a", "b"]) {
    output.write(line);
    await output.flush();
  }
  sink.failure = null;
  output.write("c");
  await output.flush();
  assert.deepEqual(sink.lines, ["lost 2", "c"]);
  assert.equal(lost.lines, 2);
});

Deno.test("a line cut off by a full disk is not continued by the next one", async () => {
  const { sink, output } = setup();
  sink.maxWrite = 2;
  const write = sink.write.bind(sink);
  sink.write = async (bytes) => {
    const written = await write(bytes);
    sink.failure = new Error("No space left on device");
    return written;
  };
  output.write("abcd");
  await output.flush();
  sink.write = write;
  sink.failure = null;
  sink.maxWrite = Infinity;
  output.write("next");
  await output.flush();
  assert.equal(sink.text, "ab\nlost 1\nnext\n");
});

Deno.test("without a reader lines are only counted", async () => {
  const { sink, lost, output } = setup();
  sink.failure = new Deno.errors.BrokenPipe("gone");
  output.write("a");
  await output.flush();
  output.write("b");
  output.write("c");
  await output.flush();
  output.flushSync();
  assert.equal(lost.lines, 3);
  assert.equal(sink.writes, 0);
});

Deno.test("a full pipe is tried again until it takes everything", async () => {
  const { clock, sink, output } = setup();
  sink.failure = new Deno.errors.WouldBlock("full");
  output.write("a");
  await settle();
  output.write("b");
  clock.advance(50);
  await settle();
  assert.equal(sink.text, "");
  sink.failure = null;
  clock.advance(50);
  await output.flush();
  assert.equal(sink.text, "a\nb\n");
});

Deno.test("a synchronous flush writes what a full pipe had refused first and nothing twice", async () => {
  const { clock, sink, output } = setup();
  sink.failure = new Deno.errors.WouldBlock("full");
  output.write("a");
  await settle();
  sink.failure = null;
  output.write("b");
  output.flushSync();
  assert.equal(sink.text, "a\nb\n");
  clock.advance(50);
  await output.flush();
  assert.equal(sink.text, "a\nb\n");
});

Deno.test("reopening closes the old file only after the write under way", async () => {
  const clock = new ManualClock();
  const sinks: MemorySink[] = [];
  const output = new LineOutput({
    clock,
    lossNotice: () => "lost",
    open: () => {
      sinks.push(new MemorySink());
      return sinks.at(-1)!;
    },
  });
  const gate = Promise.withResolvers<void>();
  sinks[0]!.gate = gate.promise;
  output.write("old");
  await settle();
  output.reopen();
  output.write("new");
  assert(!sinks[0]!.closed);
  gate.resolve();
  await output.flush();
  assert.deepEqual(sinks.map(({ text, closed }) => [text, closed]), [["old\n", true], [
    "new\n",
    false,
  ]]);
});

Deno.test("lines can be gathered for a while, which a flush or half a queue ends early", async () => {
  const { clock, sink, output } = setup({ gatherMs: 100, maxWaiting: 40 });
  output.write("one");
  clock.advance(99);
  await settle();
  assert.equal(sink.text, "");
  output.write("two");
  clock.advance(1);
  await settle();
  assert.equal(sink.text, "one\ntwo\n");
  output.write("three");
  await output.flush();
  assert.deepEqual(sink.lines.slice(2), ["three"]);
  output.write("x".repeat(21));
  await settle();
  assert.equal(sink.lines.length, 4);
  assert.equal(sink.writes, 3);
  assert.equal(clock.pending, 0);
});

Deno.test("of a batch that a full disk took in part only the rest is lost", async () => {
  const { sink, lost, output } = setup();
  for (const line of ["one", "two", "three"]) output.write(line);
  const { write } = sink;
  sink.maxWrite = 6;
  sink.write = (bytes) => {
    if (sink.writes > 0) throw new Error("No space left on device");
    return write.call(sink, bytes);
  };
  await output.flush();
  assert.equal(sink.text, "one\ntw");
  assert.equal(lost.lines, 2);
  sink.maxWrite = Infinity;
  sink.write = write;
  output.write("four");
  await output.flush();
  assert.equal(sink.text, "one\ntw\nlost 2\nfour\n");
});

Deno.test("a loss that was told is not told again when the disk fills up right after", async () => {
  const { sink, lost, output } = setup();
  const failure = new Error("No space left on device");
  sink.failure = failure;
  output.write("one");
  await output.flush();
  sink.failure = null;
  const { write } = sink;
  let writes = 0;
  sink.maxWrite = "lost 1\n".length;
  sink.write = (bytes) => {
    if (writes++ > 0) throw failure;
    return write.call(sink, bytes);
  };
  output.write("two");
  await output.flush();
  sink.write = write;
  sink.maxWrite = Infinity;
  output.write("three");
  await output.flush();
  assert.deepEqual(sink.lines, ["lost 1", "lost 1", "three"]);
  assert.equal(lost.lines, 2);
});

Deno.test("a closed output closes its file once, and takes nothing more", async () => {
  const { sink, lost, output } = setup();
  output.write("one");
  await output.flush();
  output.close();
  assert(sink.closed);
  output.close();
  output.write("two");
  output.reopen();
  await output.flush();
  assert.equal(sink.text, "one\n");
  assert.equal(lost.lines, 1);
});

Deno.test("a file is closed only after the write under way", async () => {
  const { sink, output } = setup();
  const gate = Promise.withResolvers<void>();
  sink.gate = gate.promise;
  output.write("one");
  await settle();
  output.close();
  assert(!sink.closed);
  gate.resolve();
  await output.flush();
  assert(sink.closed);
  assert.equal(sink.text, "one\n");
});
