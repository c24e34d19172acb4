import assert from "node:assert/strict";
import { ManualClock } from "../quic/manual_clock.ts";
import { ClientError } from "./errors.ts";
import { MetricsFile } from "./metrics_file.ts";

Deno.test("a line a second is appended until it is closed", async () => {
  const path = await Deno.makeTempFile({ prefix: "wzp-metrics-" });
  try {
    await Deno.writeTextFile(path, "before\n");
    const clock = new ManualClock();
    let count = 0;
    const file = MetricsFile.open(path);
    clock.advance(5_000);
    file.follow(clock, () => `line ${++count}`);
    clock.advance(2_500);
    file.close();
    clock.advance(5_000);
    assert.equal(await Deno.readTextFile(path), "before\nline 1\nline 2\n");
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("of one session after the other each has its lines, and the time between has none", async () => {
  const path = await Deno.makeTempFile({ prefix: "wzp-metrics-" });
  try {
    const clock = new ManualClock();
    const file = MetricsFile.open(path);
    file.follow(clock, () => "first");
    clock.advance(1_000);
    file.pause();
    clock.advance(3_000);
    file.follow(clock, () => "second");
    clock.advance(1_000);
    file.close();
    assert.equal(clock.pending, 0);
    assert.equal(await Deno.readTextFile(path), "first\nsecond\n");
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("files that cannot be opened or filled are told", () => {
  const clock = new ManualClock();
  const told = (error: unknown) => error instanceof ClientError && error.code === "file";
  assert.throws(() => MetricsFile.open("/nowhere/at/all"), told);
  const full = MetricsFile.open("/dev/full");
  full.follow(clock, () => "line");
  clock.advance(1_000);
  assert.throws(() => full.close(), told);
});
