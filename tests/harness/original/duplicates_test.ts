import assert from "node:assert/strict";
import { ManualClock } from "../../../quic/manual_clock.ts";
import { DuplicateFilter, duplicateKey, RoomRate } from "./duplicates.ts";

const TAGGED = Uint8Array.fromHex("0feae16d55365acf000000010000001400000000f8fffe");

Deno.test("the key of the protocol's example datagram is the one it names", () => {
  assert.equal(duplicateKey(TAGGED).toString(16), "1b141e9554365ace");
});

Deno.test("two senders whose packets begin alike collide", () => {
  const other = new Uint8Array([...TAGGED, 1, 2, 3]);
  other[8 + 15] = 0;
  const same = other.slice();
  same[8 + 16] = 99;
  assert.equal(duplicateKey(other), duplicateKey(same));
});

Deno.test("a duplicate is one for two seconds after the first, however often it comes", () => {
  const clock = new ManualClock();
  const filter = new DuplicateFilter(clock);
  assert.equal(filter.isDuplicate(1n), false);
  clock.advance(1_999);
  assert.equal(filter.isDuplicate(1n), true);
  clock.advance(1);
  assert.equal(filter.isDuplicate(1n), false);
});

Deno.test("500 packets a second pass for each room, and the next window begins with a packet", () => {
  const clock = new ManualClock();
  const rate = new RoomRate(clock);
  const passed = (room: string, packets: number) =>
    Array.from({ length: packets }, () => rate.takes(room)).filter(Boolean).length;
  assert.equal(passed("a", 700), 500);
  assert.equal(passed("b", 10), 10);
  clock.advance(999);
  assert.equal(passed("a", 1), 0);
  clock.advance(1);
  assert.equal(passed("a", 501), 500);
});
