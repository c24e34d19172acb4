import assert from "node:assert/strict";
import { GlobalRooms } from "../../proto/global_rooms.ts";
import { Identity } from "../../proto/identity.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { hashRoomName } from "../../proto/room_name.ts";
import { DEFAULTS, TestRelay } from "./testing_rooms.ts";

const HASHED = hashRoomName(nodeCrypto, "general");
const seeds = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)] as const;
const fingerprints = seeds.map((seed) => new Identity(nodeCrypto, seed).fingerprint);

/** A relay that shares the room `general`. */
function sharing() {
  const globals = new GlobalRooms(nodeCrypto, ["general"]);
  return new TestRelay({ canonical: (room) => globals.canonicalOf(room) ?? room });
}

Deno.test("who joins a shared room by name and who joins by its hash are in one room", async () => {
  const relay = sharing();
  const named = await relay.join("general", { alias: "named" });
  const hashed = await relay.join(HASHED, { alias: "hashed" });
  for (const guest of [named, hashed]) await guest.inRoomOf(2);
  const rooms = [...relay.rooms.list()].map((
    { name, participants },
  ) => [name, participants.length]);
  assert.deepEqual(rooms, [["general", 2]]);
  assert.ok(relay.present.every((entry) => entry.endsWith("@general")));
  const other = await relay.join(hashRoomName(nodeCrypto, "other"));
  await other.inRoomOf(1);
});

const rule = (name: string, allow: readonly string[] | null, max_participants: number | null) => (
  { name, allow, max_participants }
);

Deno.test("rules for a shared room hold for both spellings, and so do rules for its hash", async () => {
  for (const name of ["general", HASHED]) {
    const relay = sharing();
    relay.settings = { ...DEFAULTS, rooms: [rule(name, [fingerprints[0]!], 2)] };
    for (const [at, spelling] of ["general", HASHED].entries()) {
      await assert.rejects(relay.join(spelling, { seed: seeds[1] }), /denied/);
      await (await relay.join(spelling, { seed: seeds[0] })).inRoomOf(at + 1);
    }
    await assert.rejects(relay.join("general", { seed: seeds[0] }), /room full/);
  }
});

Deno.test("where a room and its hash have rules of their own, all of them hold", async () => {
  const relay = sharing();
  const [first, second] = fingerprints as [string, string];
  relay.settings = {
    ...DEFAULTS,
    rooms: [rule("general", [first, second], 5), rule(HASHED, [first], 1)],
  };
  await assert.rejects(relay.join("general", { seed: seeds[1] }), /denied/);
  await relay.join("general", { seed: seeds[0] });
  await assert.rejects(relay.join(HASHED, { seed: seeds[0] }), /room full/);
});

Deno.test("a room that is not shared and its hash are two, with rules of their own", async () => {
  const relay = sharing();
  const hashed = hashRoomName(nodeCrypto, "other");
  relay.settings = { ...DEFAULTS, rooms: [rule("other", [fingerprints[0]!], null)] };
  await assert.rejects(relay.join("other", { seed: seeds[1] }), /denied/);
  await (await relay.join("other", { seed: seeds[0] })).inRoomOf(1);
  await (await relay.join(hashed, { seed: seeds[1] })).inRoomOf(1);
});
