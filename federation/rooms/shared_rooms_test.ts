import assert from "node:assert/strict";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { hashRoomName } from "../../proto/room_name.ts";
import { looseLink } from "../testing_mesh_link.ts";
import { SharedRooms } from "./shared_rooms.ts";

const hash = (name: string) => hashRoomName(nodeCrypto, name);
const said = (...rooms: string[]) => ({ type: "SharedRooms", rooms }) as const;
const [B, C] = ["b", "c"].map((digit) => digit.repeat(64)) as [string, string];

Deno.test("neighbours hear the hashes of what is shared here, at the beginning and when that changes", () => {
  const shared = new SharedRooms(nodeCrypto);
  shared.configure(["general"]);
  const link = looseLink(B);
  shared.up(link);
  assert.deepEqual(link.sent.splice(0), [said(hash("general"))]);
  shared.configure(["general"]);
  assert.deepEqual(link.sent, []);
  shared.configure(["general", "news"]);
  shared.renewed(link);
  const both = said(hash("general"), hash("news"));
  assert.deepEqual(link.sent.splice(0), [both, both]);
  shared.down(link);
  shared.configure([]);
  assert.deepEqual(link.sent, []);
});

Deno.test("a room is carried by the neighbours that share it, as long as they are linked and say so", () => {
  const shared = new SharedRooms(nodeCrypto);
  shared.configure(["general", "news"]);
  const [b, c] = [looseLink(B), looseLink(C)];
  for (const link of [b, c]) shared.up(link);
  assert.deepEqual(shared.sharing("general"), []);
  shared.heard(b, said(hash("general"), hash("other")));
  shared.heard(c, said(hash("general"), hash("news")));
  assert.deepEqual(shared.sharing("general"), [b, c]);
  assert.deepEqual(shared.sharing("news"), [c]);
  assert.deepEqual(shared.sharing("other"), [], "it is not shared here");
  shared.heard(c, said(hash("news")));
  assert.deepEqual(shared.sharing("general"), [b]);
  shared.down(b);
  assert.deepEqual(shared.sharing("general"), []);
  shared.heard(b, said(hash("general")));
  assert.deepEqual(shared.sharing("general"), [], "the link is gone");
});

Deno.test("nothing goes to a relay that does not know the message, and floods of it are cut", () => {
  const shared = new SharedRooms(nodeCrypto);
  shared.configure(["general"]);
  const [old, b] = [looseLink(C, { can: (capability) => capability !== "carry" }), looseLink(B)];
  for (const link of [old, b]) shared.up(link);
  shared.heard(old, said(hash("general")));
  assert.deepEqual([old.sent, shared.sharing("general")], [[], []]);
  const flood = Array.from({ length: 4_096 }, (_, at) => hash(`room ${at}`));
  shared.heard(b, said(...flood, hash("general")));
  assert.deepEqual(shared.sharing("general"), []);
  shared.heard(b, said("x".repeat(100_000), hash("general")));
  assert.deepEqual(shared.sharing("general"), [b]);
});
