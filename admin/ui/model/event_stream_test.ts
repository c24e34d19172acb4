import assert from "node:assert/strict";
import fc from "fast-check";
import { EventStreamReader } from "./event_stream.ts";

Deno.test("events, their ids and names are read, heartbeats are left out", () => {
  const reader = new EventStreamReader();
  assert.deepEqual(
    reader.push(": beat\n\nevent: rooms\nid: 7\ndata: {}\n\ndata: a\r\ndata: b\r\n\r\n"),
    [
      { id: "7", name: "rooms", data: "{}" },
      { id: "7", name: "message", data: "a\nb" },
    ],
  );
});

Deno.test("it does not matter where the text is cut", () => {
  const whole =
    "id: 1\nevent: a\ndata: one\n\n: beat\n\nid: 2\nevent: b\ndata: two\ndata: three\n\n";
  const expected = new EventStreamReader().push(whole);
  assert.equal(expected.length, 2);
  fc.assert(fc.property(fc.array(fc.nat(whole.length)), (cuts) => {
    const at = [0, ...cuts.sort((a, b) => a - b), whole.length];
    const reader = new EventStreamReader();
    const events = at.slice(1).flatMap((end, place) => reader.push(whole.slice(at[place], end)));
    assert.deepEqual(events, expected);
  }));
});

Deno.test("a line without an end is given up", () => {
  const reader = new EventStreamReader();
  assert.throws(() => {
    for (let n = 0; n < 100; n++) reader.push("x".repeat(1 << 16));
  }, RangeError);
});
