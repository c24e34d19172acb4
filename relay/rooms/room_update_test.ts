import assert from "node:assert/strict";
import { decodeSignal, type RoomParticipant } from "../../proto/signal/mod.ts";
import { MAX_ALIAS_LENGTH } from "../../proto/alias.ts";
import { listOf, roomUpdateFrame } from "./room_update.ts";

const remote = (fingerprint: string, relay_label = "Relay B"): RoomParticipant => ({
  fingerprint,
  alias: null,
  relay_label,
});

Deno.test("local participants come first, in their order, with every session of a fingerprint", () => {
  const local = [
    { fingerprint: "b", alias: "Bob" },
    { fingerprint: "a", alias: null },
    { fingerprint: "b", alias: "Bob's phone" },
  ];
  assert.deepEqual(listOf(local, [remote("c"), remote("a"), remote("c", "Relay C")]), [
    { fingerprint: "b", alias: "Bob", relay_label: null },
    { fingerprint: "a", alias: null, relay_label: null },
    { fingerprint: "b", alias: "Bob's phone", relay_label: null },
    remote("c"),
  ]);
});

Deno.test("count is the length of the list, and the longest list still fits a message", () => {
  const fingerprint = "f".repeat(128);
  const alias = "\u0001".repeat(MAX_ALIAS_LENGTH);
  const list = listOf(Array.from({ length: 3_000 }, () => ({ fingerprint, alias })), []);
  const update = decodeSignal(roomUpdateFrame(list).subarray(4));
  assert(update.type === "RoomUpdate");
  assert.equal(update.count, 1_000);
  assert.equal(update.participants.length, 1_000);
});
