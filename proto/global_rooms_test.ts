import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { GlobalRooms } from "./global_rooms.ts";

const crypto = {
  sha256: (data: Uint8Array) => new Uint8Array(createHash("sha256").update(data).digest()),
};

const rooms = new GlobalRooms(crypto, ["general", "Podcast"]);

Deno.test("a configured room is found under its name and under its hash", () => {
  assert.equal(rooms.canonicalOf("general"), "general");
  assert.equal(rooms.canonicalOf("a47b63f7d5b511ba5bc4089a74446906"), "general");
});

Deno.test("a configured name with capitals is found under its hash only", () => {
  const hash = createHash("sha256").update("featherchat-group:Podcast").digest("hex").slice(0, 32);
  assert.equal(rooms.canonicalOf("podcast"), null);
  assert.equal(rooms.canonicalOf(hash), "Podcast");
});

Deno.test("a call room is always global and its own canonical name", () => {
  assert.equal(rooms.canonicalOf("call-0123456789abcdef"), "call-0123456789abcdef");
  assert.equal(new GlobalRooms(crypto, []).canonicalOf("call-1"), "call-1");
});

Deno.test("any other room is not shared", () => {
  for (const name of ["kitchen", "", "general.", "constructor", "callx"]) {
    assert.equal(rooms.canonicalOf(name), null);
  }
});

Deno.test("of two entries that claim one name the first wins", () => {
  const hash = "a47b63f7d5b511ba5bc4089a74446906";
  assert.equal(new GlobalRooms(crypto, ["general", hash]).canonicalOf(hash), "general");
  assert.equal(new GlobalRooms(crypto, [hash, "general"]).canonicalOf(hash), hash);
});
