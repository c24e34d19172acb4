import assert from "node:assert/strict";
import { looseLink } from "../testing_mesh_link.ts";
import { CallMedia } from "./call_media.ts";
import { SessionsRig, settled } from "./testing_sessions.ts";

const HUB = "ab".repeat(32);
const OTHER = "cd".repeat(32);

Deno.test("media goes over the hub at once, over the session link as soon as it is up, and back when it is gone", async () => {
  const rig = await SessionsRig.start(1, 2);
  const [a, b] = [rig.relay(1), rig.relay(2)];
  const hub = looseLink(HUB);
  for (const relay of [a, b]) {
    relay.links.set(HUB, hub);
    relay.media.up(hub);
  }
  const changes: string[] = [];
  a.media.onChange((callId) => changes.push(callId));
  a.begin("c1", "caller", b, [HUB]);
  b.begin("c1", "callee", a, [HUB]);
  await settled();
  // Nobody has anything to send: nothing is dialled.
  assert.equal(rig.dials.length, 0);
  assert.deepEqual(b.media.targets("c1"), [hub]);
  assert.deepEqual(a.media.targets("c1"), [hub]);
  await settled();
  assert.equal(rig.dials.length, 1);
  assert.deepEqual(a.media.targets("c1"), [a.sessions.link("c1")]);
  assert.deepEqual(b.media.targets("c1"), [b.sessions.link("c1")]);
  assert.notEqual(a.media.targets("c1")[0], null);
  assert.equal(a.media.targets("c1"), a.media.targets("c1"));
  b.accepted[0]!.close(0, "gone");
  await settled();
  assert.deepEqual(a.media.targets("c1"), [hub]);
  assert.deepEqual(b.media.targets("c1"), [hub]);
  assert.deepEqual(changes, ["c1", "c1", "c1"]);
  a.end("c1");
  assert.deepEqual(a.media.targets("c1"), []);
  assert.equal(changes.length, 4);
});

Deno.test("a link with the other party's relay comes before everything else, whenever it comes up", async () => {
  const [rig, a, b] = await SessionsRig.talking();
  a.media.targets("c1");
  await settled();
  assert.deepEqual(a.media.targets("c1"), [a.sessions.link("c1")]);
  const direct = looseLink(b.key);
  a.links.set(b.key, direct);
  a.media.up(direct);
  assert.deepEqual(a.media.targets("c1"), [direct]);
  assert.equal(a.sessions.link("c1"), null);
  a.links.delete(b.key);
  a.media.down(direct);
  await settled();
  assert.deepEqual(a.media.targets("c1"), [a.sessions.link("c1")]);
  assert.equal(rig.dials.length, 1);
});

Deno.test("in between media goes from one neighbour to the other, and no session is made", async () => {
  const rig = await SessionsRig.start(1, 2);
  const [a, b] = [rig.relay(1), rig.relay(2)];
  const [left, right] = [looseLink(HUB), looseLink(OTHER)];
  for (const link of [left, right]) a.links.set(link.relay, link);
  a.media.changed({
    callId: "c1",
    caller: null,
    callee: null,
    here: null,
    peer: null,
    neighbours: [HUB, OTHER],
  });
  assert.deepEqual(a.media.targets("c1"), [left, right]);
  a.links.delete(OTHER);
  a.media.down(right);
  assert.deepEqual(a.media.targets("c1"), [left]);
  assert.equal(a.media.accepts("c1", HUB), true);
  assert.equal(a.media.accepts("c1", b.key), false);
  assert.equal(a.media.hasCallWith(b.key), false);
  await settled();
  assert.equal(rig.dials.length, 0);
});

Deno.test("who keeps what it was told hears of a way that moves, though media goes where it went", async () => {
  const rig = await SessionsRig.start(1, 2);
  const [a, b] = [rig.relay(1), rig.relay(2)];
  const direct = looseLink(b.key);
  a.links.set(b.key, direct);
  const told: string[] = [];
  a.media.onChange((callId) => told.push(callId));
  a.begin("c1", "caller", b, [HUB]);
  const targets = a.media.targets("c1");
  assert.deepEqual([targets, a.media.accepts("c1", OTHER)], [[direct], false]);
  told.length = 0;
  a.begin("c1", "caller", b, [OTHER]);
  assert.deepEqual(told, ["c1"]);
  assert.equal(a.media.targets("c1"), targets);
  assert.equal(a.media.accepts("c1", OTHER), true);
});

Deno.test("media of a call is taken from its way and from the other party's relay, and only while it lasts", async () => {
  const [, a, b] = await SessionsRig.talking();
  assert.equal(a.media.accepts("c1", "hub"), true);
  assert.equal(a.media.accepts("c1", b.key), true);
  assert.equal(a.media.accepts("c1", OTHER), false);
  assert.equal(a.media.accepts("c2", "hub"), false);
  assert.equal(a.media.hasCallWith(b.key), true);
  a.end("c1");
  assert.equal(a.media.accepts("c1", "hub"), false);
  assert.equal(a.media.hasCallWith(b.key), false);
});

Deno.test("where the parties meet elsewhere, media keeps to the way, with the relay beside it, and needs no session", () => {
  const [hub, beside, peer] = [HUB, OTHER, "ef".repeat(32)].map((key) => looseLink(key));
  const links = new Map([hub!, beside!].map((link) => [link.relay, link]));
  const registered: string[] = [];
  const media = new CallMedia({
    find: (relay) => links.get(relay) ?? null,
    sessions: {
      register: (callId) => registered.push(callId),
      unregister: () => {},
      // Another call of the two relays has made one.
      link: () => looseLink(peer!.relay),
    },
  });
  const route = {
    callId: "c1",
    caller: "a",
    callee: "b",
    here: "caller",
    peer: peer!.relay,
    neighbours: [HUB],
    meetsElsewhere: true,
  } as const;
  media.changed(route);
  assert.deepEqual(media.targets("c1"), [hub]);
  assert.deepEqual(registered, []);
  media.changed({ ...route, here: "callee", aside: OTHER });
  assert.deepEqual(media.targets("c1"), [hub, beside]);
  assert.ok(media.accepts("c1", OTHER));
  links.set(peer!.relay, peer!);
  media.up(peer!);
  assert.deepEqual(media.targets("c1"), [peer, beside]);
  links.delete(OTHER);
  media.down(beside!);
  assert.deepEqual(media.targets("c1"), [peer]);
  // The neighbour beside it may be on the way as well.
  links.delete(peer!.relay);
  media.down(peer!);
  media.changed({ ...route, here: "callee", aside: HUB });
  assert.deepEqual(media.targets("c1"), [hub]);
});
