import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import {
  callIdOf,
  callRoomName,
  DEFAULT_ROOM,
  hashRoomName,
  isCallRoom,
  parseRoomName,
  roomOfServerName,
} from "./room_name.ts";

const crypto = {
  sha256: (data: Uint8Array) => new Uint8Array(createHash("sha256").update(data).digest()),
};

const label63 = "a".repeat(63);
/** 253 characters without a trailing dot. */
const longest = [label63, label63, label63, "a".repeat(61)].join(".");

function problemWith(text: string): string {
  const result = parseRoomName(text);
  assert.equal(result.ok, false, `${JSON.stringify(text)} was accepted`);
  return result.ok ? "" : result.problem;
}

Deno.test("hashed room names are those of the protocol", () => {
  assert.equal(hashRoomName(crypto, "general"), "a47b63f7d5b511ba5bc4089a74446906");
  assert.equal(hashRoomName(crypto, "android"), "3f8466a8c694c38ccbe4ff7479015ae0");
  assert.equal(hashRoomName(crypto, "podcast"), "6502ba5e786315a68a59961f5cb766ed");
});

Deno.test("names that TLS can carry are accepted", () => {
  const names = [
    "general",
    "a",
    "_signal",
    "room_1",
    "a-b",
    "1room",
    "123.room",
    "a.b.c",
    "call-1",
  ];
  for (const name of [...names, label63, longest]) {
    assert.deepEqual(parseRoomName(name), { ok: true, name });
  }
});

Deno.test("case is folded and a trailing dot dropped", () => {
  assert.deepEqual(parseRoomName("Kitchen.Table."), { ok: true, name: "kitchen.table" });
});

Deno.test("each refused name gets a clear reason", () => {
  assert.match(problemWith(""), /empty/);
  assert.match(problemWith("."), /empty/);
  assert.match(problemWith("a..b"), /empty/);
  assert.match(problemWith(".a"), /empty/);
  assert.match(problemWith("a.."), /empty/);
  assert.match(problemWith("two words"), /U\+0020 is not an ASCII letter/);
  assert.match(problemWith("#room"), /"#" is not an ASCII letter/);
  assert.match(problemWith("a/b"), /"\/"/);
  assert.match(problemWith("k\u00fcche"), /U\+00FC/);
  assert.match(problemWith("\u{1f600}"), /U\+1F600/);
  assert.match(problemWith("a" + label63), /64 characters, at most 63/);
  assert.match(problemWith(longest + "a"), /254 characters, at most 253/);
  assert.match(problemWith("-a"), /starts or ends with "-"/);
  assert.match(problemWith("a-.b"), /starts or ends with "-"/);
  assert.match(problemWith("12345"), /number/);
  assert.match(problemWith("a.123"), /number/);
  assert.match(problemWith("a.123."), /number/);
  assert.match(problemWith("127.0.0.1"), /IP address/);
  assert.match(problemWith("::1"), /IP address/);
});

Deno.test("the trailing dot counts for the length of a name", () => {
  assert.match(problemWith(longest + "."), /254 characters/);
  assert.equal(parseRoomName(longest.slice(1) + ".").ok, true);
});

Deno.test("an accepted name is accepted again, unchanged", () => {
  const character = fc.constantFrom(..."aAzZ09-_.. #\u00e9");
  fc.assert(
    fc.property(fc.string({ unit: character, maxLength: 70 }), (text) => {
      const result = parseRoomName(text);
      if (result.ok) assert.deepEqual(parseRoomName(result.name), result);
      else assert.notEqual(result.problem, "");
    }),
    { numRuns: 10_000 },
  );
});

Deno.test("a missing server name and an IP address mean the default room", () => {
  for (const name of [null, undefined, "", "127.0.0.1", "::1"]) {
    assert.equal(roomOfServerName(name), DEFAULT_ROOM);
  }
  assert.equal(roomOfServerName("Kitchen."), "kitchen");
  assert.equal(roomOfServerName("two words"), null);
});

Deno.test("a call room is named after its call", () => {
  assert.equal(callRoomName("18a5f2c3d4e5f607"), "call-18a5f2c3d4e5f607");
  assert.equal(callIdOf("call-18a5f2c3d4e5f607"), "18a5f2c3d4e5f607");
  assert.equal(isCallRoom("call-"), true);
  assert.equal(callIdOf("general"), null);
});

Deno.test("a call id that would change or break in a server name gives no room", () => {
  for (const id of ["", "ABC", "a.b", "a b", "a-", "\u00e9", "a".repeat(59), "a\n"]) {
    assert.equal(callRoomName(id), null, JSON.stringify(id));
  }
});

Deno.test("every call room is a name that survives TLS unchanged", () => {
  const character = fc.constantFrom(..."abz019-_A.");
  fc.assert(fc.property(fc.string({ unit: character, maxLength: 64 }), (id) => {
    const room = callRoomName(id);
    if (room === null) return;
    assert.deepEqual(parseRoomName(room), { ok: true, name: room });
    assert.equal(callIdOf(room), id);
  }));
});
