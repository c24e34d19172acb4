import assert from "node:assert/strict";
import type { Clock } from "../../quic/clock.ts";
import { Timestamps } from "./timestamps.ts";

function clockAt(time: { wall: number; now: number }): Clock {
  const unused = () => ({ cancel() {} });
  return { now: () => time.now, wall: () => time.wall, after: unused, every: unused };
}

Deno.test("a timestamp has microseconds that grow within a millisecond and agree with the wall clock", () => {
  const time = { wall: Date.UTC(2026, 3, 13, 12, 47, 21, 123), now: 50.25 };
  const stamps = new Timestamps(clockAt(time));
  assert.equal(stamps.now(), "2026-04-13T12:47:21.123000Z");
  time.now = 50.75;
  assert.equal(stamps.now(), "2026-04-13T12:47:21.123500Z");
  time.now = 51.5;
  time.wall += 1;
  assert.equal(stamps.now(), "2026-04-13T12:47:21.124250Z");
});

Deno.test("a step of the wall clock is followed at once", () => {
  const time = { wall: Date.UTC(2026, 0, 1), now: 0 };
  const stamps = new Timestamps(clockAt(time));
  time.wall -= 3_600_000;
  time.now = 1.5;
  assert.equal(stamps.now(), "2025-12-31T23:00:00.000000Z");
});
