import assert from "node:assert/strict";
import { ClientError } from "./errors.ts";
import { Recording } from "./recording.ts";

Deno.test("what was taken in stands in the file, little-endian, nothing before and nothing after", async () => {
  const path = await Deno.makeTempFile({ prefix: "wzp-recording-" });
  try {
    await Deno.writeTextFile(path, "older content ".repeat(50_000));
    const recording = Recording.create(path);
    const frames = Array.from({ length: 120 }, (_, i) => new Int16Array(960).fill(i * 7 - 300));
    for (const frame of frames) recording.sink(frame);
    recording.close();
    assert.equal(recording.seconds, 2.4);
    const bytes = await Deno.readFile(path);
    assert.equal(bytes.length, 120 * 1920);
    const view = new DataView(bytes.buffer);
    for (const [i, frame] of frames.entries()) {
      assert.equal(view.getInt16(i * 1920, true), frame[0]);
      assert.equal(view.getInt16(i * 1920 + 1918, true), frame[0]);
    }
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("a file that cannot be written is told", () => {
  assert.throws(
    () => Recording.create("/nowhere/at/all.raw"),
    (error) => error instanceof ClientError && error.code === "file",
  );
});

Deno.test("a disk that fills up is told at the end, not while sound comes", async () => {
  const recording = Recording.create("/dev/full");
  for (let i = 0; i < 60; i++) recording.sink(new Int16Array(960));
  await Promise.resolve();
  assert.throws(() => recording.close(), /Cannot write \/dev\/full/);
});
