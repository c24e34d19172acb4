import assert from "node:assert/strict";
import { ManualClock } from "../../relay/ports/testing_clock.ts";
import { Attempts } from "./attempts.ts";

function attempts(maxSources = 100) {
  const clock = new ManualClock();
  return { clock, tries: new Attempts(clock, { perWindow: 2, windowMs: 60_000, maxSources }) };
}

Deno.test("a source that failed too often waits for the end of the window", () => {
  const { clock, tries } = attempts();
  tries.failed("192.0.2.1");
  clock.advance(10_000);
  assert.equal(tries.waitS("192.0.2.1"), 0);
  tries.failed("192.0.2.1");
  assert.equal(tries.waitS("192.0.2.1"), 50);
  assert.equal(tries.waitS("192.0.2.2"), 0);
  clock.advance(49_999);
  assert.equal(tries.waitS("192.0.2.1"), 1);
  clock.advance(1);
  assert.equal(tries.waitS("192.0.2.1"), 0);
});

Deno.test("all addresses of an IPv6 network are one source", () => {
  const { tries } = attempts();
  tries.failed("2001:db8::1");
  tries.failed("2001:db8::2");
  assert.equal(tries.waitS("2001:db8::3"), 60);
  assert.equal(tries.waitS("2001:db8:0:1::1"), 0);
});

Deno.test("no more sources are remembered than there is room for, the oldest goes first", () => {
  const { tries } = attempts(2);
  for (const ip of ["10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.2"]) tries.failed(ip);
  tries.failed("10.0.0.3");
  assert.equal(tries.waitS("10.0.0.1"), 0);
  assert.equal(tries.waitS("10.0.0.2"), 60);
});
