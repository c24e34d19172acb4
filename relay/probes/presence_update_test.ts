import assert from "node:assert/strict";
import { encodeSignal, MAX_MESSAGE_BYTES } from "../../proto/signal/mod.ts";
import { presenceUpdate } from "./presence_update.ts";

Deno.test("the update names everybody and the relay's own address", () => {
  assert.deepEqual(presenceUpdate(new Set(["a", "b"]), { ip: "2001:db8::1", port: 4433 }), {
    type: "PresenceUpdate",
    fingerprints: ["a", "b"],
    relay_addr: "[2001:db8::1]:4433",
  });
});

Deno.test("however many and long the names are, the message can be sent", () => {
  const own = { ip: "10.0.0.1", port: 1 };
  const usual = Array.from({ length: 30_000 }, (_, i) => String(i).padStart(39, "0"));
  const update = presenceUpdate(usual, own);
  assert(update.fingerprints.length >= 20_000, String(update.fingerprints.length));
  assert(encodeSignal(update).length <= MAX_MESSAGE_BYTES);
  const awkward = Array.from({ length: 10_000 }, () => "\u0001".repeat(128));
  assert(encodeSignal(presenceUpdate(awkward, own)).length <= MAX_MESSAGE_BYTES);
});
