/** What becomes of each kind of message: of peers that are honest, that move, and that are none. */
import assert from "node:assert/strict";
import {
  cookieReply,
  initiation,
  keyOf,
  response,
  TestRelay,
  transport,
} from "./testing_wireguard.ts";

const [A, B, C, D] = [keyOf(1), keyOf(2), keyOf(3), keyOf(4)];
const PAIR = [{ name: "pair", keys: [A, B] }];
const THREE = [{ name: "three", keys: [A, B, C] }];
const ann = { at: "192.0.2.1:1000", key: A, index: 0xa0000001 };
const ben = { at: "192.0.2.2:2000", key: B, index: 0xb0000001 };
const cem = { at: "192.0.2.3:3000", key: C, index: 0xc0000001 };
const eve = "198.51.100.66:6666";

/** Ann and Ben have a session. */
function talking(): TestRelay {
  const relay = new TestRelay(PAIR);
  relay.send(ben.at, initiation(A, 1));
  assert.deepEqual(relay.handshake(ann, ben), [ben.at, ann.at, ben.at]);
  return relay;
}

Deno.test("two peers find each other by their first handshakes, and are proven when the session is used", () => {
  const relay = new TestRelay(PAIR);
  assert.equal(relay.send(ben.at, initiation(A, 1)), "no_endpoint");
  assert.equal(relay.send(ann.at, initiation(B, ann.index)), ben.at);
  assert.equal(relay.peer(ben.at)?.verified, false);
  assert.equal(relay.send(ben.at, response(A, ben.index, ann.index)), ann.at);
  assert.equal(relay.peer(ann.at)?.verified, false);
  assert.equal(relay.send(ann.at, transport(ben.index, 0)), ben.at);
  assert.equal(relay.send(ben.at, transport(ann.index, 0)), ann.at);
  assert.equal(relay.peer(ann.at)?.verified, true);
  assert.equal(relay.peer(ben.at)?.verified, true);
  assert.deepEqual(relay.view().peers.map(({ key }) => key), [B.slice(0, 8), A.slice(0, 8)]);
});

Deno.test("of handshakes that cross each other one comes through", () => {
  const relay = new TestRelay(PAIR);
  relay.send(ann.at, initiation(B, 5));
  assert.equal(relay.send(ben.at, initiation(A, ben.index)), ann.at);
  assert.equal(relay.send(ann.at, initiation(B, ann.index)), ben.at);
  // Ben has been sent what he may be sent; what he sends himself makes room again.
  assert.equal(relay.send(ann.at, response(B, 6, ben.index)), "amplification");
  assert.equal(relay.send(ben.at, response(A, 7, ann.index)), ann.at);
  assert.equal(relay.send(ann.at, transport(7, 0)), ben.at);
});

Deno.test("the responder cannot send before the initiator has used the session", () => {
  const relay = new TestRelay(PAIR);
  relay.send(ben.at, initiation(A, 1));
  relay.send(ann.at, initiation(B, ann.index));
  relay.send(ben.at, response(A, ben.index, ann.index));
  assert.equal(relay.send(ben.at, transport(ann.index, 0)), "unknown_index");
});

Deno.test("an answer counts from where the handshake was sent, once, with the right index and for the right key", () => {
  const relay = new TestRelay(PAIR);
  relay.send(ben.at, initiation(A, 1));
  relay.send(ann.at, initiation(B, ann.index));
  assert.equal(relay.send(eve, response(A, 9, ann.index)), "unknown_index");
  assert.equal(relay.send(ann.at, response(A, 9, ann.index)), "unknown_index");
  assert.equal(relay.send(ben.at, response(A, 9, ann.index + 1)), "unknown_index");
  assert.equal(relay.send(ben.at, response(B, 9, ann.index)), "unknown_index");
  assert.equal(relay.send(ben.at, response(A, ben.index, ann.index)), ann.at);
  assert.equal(relay.send(ben.at, response(A, ben.index, ann.index)), "unknown_index");
});

Deno.test("an answer that takes longer than WireGuard waits is none", () => {
  const relay = new TestRelay(PAIR);
  relay.send(ben.at, initiation(A, 1));
  relay.send(ann.at, initiation(B, ann.index));
  relay.pass(6_000);
  assert.equal(relay.send(ben.at, response(A, ben.index, ann.index)), "unknown_index");
});

Deno.test("a cookie reply goes to whom it is for, in answer to either message of a handshake", () => {
  const relay = new TestRelay(PAIR);
  relay.send(ben.at, initiation(A, 1));
  relay.send(ann.at, initiation(B, ann.index));
  assert.equal(relay.send(eve, cookieReply(ann.index)), "unknown_index");
  assert.equal(relay.send(ben.at, cookieReply(ann.index)), ann.at);
  relay.send(ann.at, initiation(B, ann.index));
  assert.equal(relay.send(ben.at, response(A, ben.index, ann.index)), ann.at);
  assert.equal(relay.send(ann.at, cookieReply(ben.index)), ben.at);
  assert.equal(relay.send(ann.at, cookieReply(77)), "unknown_index");
});

Deno.test("groups do not reach each other", () => {
  const relay = new TestRelay([...PAIR, { name: "other", keys: [C, D] }]);
  relay.send(ann.at, initiation(B, 1));
  relay.send(cem.at, initiation(D, 2));
  assert.equal(relay.peer(cem.at)?.group, "other");
  const { packetsForwarded } = relay.view();
  assert.equal(packetsForwarded, 0);
  relay.handshake(ann, ben);
  relay.send(ben.at, initiation(A, 3));
  relay.handshake(ann, ben);
  assert.equal(relay.send(ann.at, initiation(C, 3)), "no_group");
});

Deno.test("a handshake for a key of no group goes nowhere, and neither does one of a key alone in its group", () => {
  const relay = new TestRelay([...PAIR, { name: "alone", keys: [C] }]);
  assert.equal(relay.send(eve, initiation(D, 1)), "no_group");
  assert.equal(relay.send(eve, initiation(C, 1)), "no_group");
  assert.equal(relay.view().peersTotal, 0);
});

Deno.test("a member of a larger group is known by whom it addresses, or when it is answered", () => {
  const relay = new TestRelay(THREE);
  relay.send(ann.at, initiation(B, 1));
  assert.equal(relay.peer(ann.at)?.key, null);
  relay.send(ann.at, initiation(C, 2));
  assert.equal(relay.peer(ann.at)?.key, A.slice(0, 8));
  // Ben has not been heard of as such, but may be who addresses Ann.
  assert.deepEqual(relay.handshake(ben, ann), [ann.at, ben.at, ann.at]);
  assert.equal(relay.peer(ben.at)?.key, B.slice(0, 8));
  assert.deepEqual(relay.handshake(cem, ann), [ann.at, cem.at, ann.at]);
  assert.deepEqual(
    relay.handshake({ ...cem, index: 8 }, { ...ben, index: 9 }),
    [ben.at, cem.at, ben.at],
  );
});

Deno.test("where several may have a key, who tries again is sent to the next of them", () => {
  const relay = new TestRelay(THREE);
  relay.send(ben.at, initiation(A, 1));
  relay.send(cem.at, initiation(A, 2));
  const tried = [3, 4, 5].map((index) => relay.send(ann.at, initiation(B, index)));
  assert.deepEqual(tried.slice(0, 2).sort(), [ben.at, cem.at]);
  assert.equal(tried[2], "amplification");
});

Deno.test("a key that is in two groups is the same peer in both", () => {
  const relay = new TestRelay([...PAIR, { name: "second", keys: [A, C] }]);
  relay.send(ben.at, initiation(A, 1));
  relay.send(cem.at, initiation(A, 1));
  const tried = [relay.send(ann.at, initiation(B, 2)), relay.send(ann.at, initiation(C, 3))];
  assert.deepEqual(tried.sort(), [ben.at, cem.at]);
  assert.equal(relay.peer(ann.at)?.key, A.slice(0, 8));
});

Deno.test("a new address counts when it goes on where the old one was, and answers go there", () => {
  const relay = talking();
  relay.send(ann.at, transport(ben.index, 7));
  const moved = "203.0.113.9:1234";
  assert.equal(relay.send(moved, transport(ben.index, 7)), "unknown_source");
  assert.equal(relay.send(moved, transport(ben.index, 8)), ben.at);
  assert.equal(relay.send(ben.at, transport(ann.index, 1)), moved);
  assert.equal(relay.peer(moved)?.verified, false);
});

Deno.test("a new address gets no more than it has sent, until the old one has been silent for 12 s", () => {
  const relay = talking();
  const moved = "203.0.113.9:1234";
  relay.send(moved, transport(ben.index, 8, 128));
  assert.equal(relay.send(ben.at, transport(ann.index, 1, 128)), moved);
  assert.equal(relay.send(ben.at, transport(ann.index, 2, 32)), "amplification");
  relay.pass(11_000);
  relay.send(moved, transport(ben.index, 9, 32));
  relay.pass(2_000);
  relay.send(moved, transport(ben.index, 10, 32));
  assert.equal(relay.peer(moved)?.verified, true);
  assert.equal(relay.send(ben.at, transport(ann.index, 3, 1024)), moved);
  // The handshakes of others find it too.
  assert.equal(relay.send(ben.at, initiation(A, 99)), moved);
});

Deno.test("whoever pretends to be at a new address loses to the old one as soon as that is heard", () => {
  const relay = talking();
  relay.send(eve, transport(ben.index, 2 ** 40));
  assert.equal(relay.send(ben.at, transport(ann.index, 1)), eve);
  assert.equal(relay.send(ann.at, transport(ben.index, 2)), ben.at);
  assert.equal(relay.send(ben.at, transport(ann.index, 2)), ann.at);
  relay.pass(15_000);
  relay.send(ann.at, transport(ben.index, 3));
  assert.equal(relay.send(ben.at, transport(ann.index, 3)), ann.at);
});

Deno.test("a peer that came back with another address is reached there after its handshake", () => {
  const relay = talking();
  const again = { at: "203.0.113.9:1234", key: A, index: 70 };
  assert.deepEqual(relay.handshake(again, { ...ben, index: 71 }), [ben.at, again.at, ben.at]);
  assert.equal(relay.send(ben.at, initiation(A, 72)), again.at);
});

Deno.test("who knows the public keys alone takes nobody's place", () => {
  const relay = talking();
  for (let i = 0; i < 20; i++) relay.send(`198.51.100.${i}:1`, initiation(B, i));
  assert.equal(relay.send(ben.at, initiation(A, 500)), ann.at);
  assert.equal(relay.send(ben.at, transport(ann.index, 2)), ann.at);
});

Deno.test("two who play both ends of a handshake are not where those who have met find each other", () => {
  const relay = talking();
  const [x, y] = ["198.51.100.1:1", "198.51.100.2:2"];
  relay.send(y, initiation(B, 1));
  // The first try of an address goes to the one that is proven.
  assert.equal(relay.send(x, initiation(A, 2)), ann.at);
  relay.send(x, initiation(A, 3));
  relay.send(y, response(B, 4, 3));
  relay.send(x, transport(4, 0));
  assert.ok(relay.peer(x)?.verified && relay.peer(y)?.verified);
  assert.equal(relay.send(ann.at, initiation(B, 5)), ben.at);
  assert.equal(relay.send(ben.at, initiation(A, 6)), ann.at);
});

Deno.test("two who were there first and play both ends keep nobody from finding the genuine end", () => {
  const relay = new TestRelay(PAIR);
  const [x, y] = ["198.51.100.1:1", "198.51.100.2:2"];
  relay.send(y, initiation(B, 1));
  relay.handshake({ at: x, key: B, index: 2 }, { at: y, key: A, index: 3 });
  assert.ok(relay.peer(x)?.verified && relay.peer(y)?.verified);
  let index = 100;
  for (let tries = 0; relay.send(ann.at, initiation(B, ++index)) !== ben.at; tries++) {
    assert.ok(tries < 4);
    relay.send(ben.at, initiation(A, ++index));
    relay.pass(5_000);
  }
  relay.send(ben.at, response(A, 99, index));
  assert.equal(relay.send(ann.at, transport(99, 0)), ben.at);
  // From then on they know each other, whatever others claim.
  assert.equal(relay.send(ann.at, initiation(B, 50)), ben.at);
  assert.equal(relay.send(ben.at, initiation(A, 51)), ann.at);
});

Deno.test("a newcomer is sent to who is proven before it is sent to who came later", () => {
  const relay = new TestRelay(THREE);
  relay.send(ben.at, initiation(A, 1));
  relay.handshake(ann, ben);
  // By whom it addresses, it would be Ann.
  relay.send(eve, initiation(B, 2));
  relay.send(eve, initiation(C, 3));
  assert.equal(relay.peer(eve)?.key, A.slice(0, 8));
  assert.equal(relay.send(cem.at, initiation(A, 4)), ann.at);
});

Deno.test("who was crowded out by claims of others is the newest again when it tries again", () => {
  const relay = new TestRelay(PAIR);
  relay.send(ann.at, initiation(B, 1));
  for (let i = 0; i < 10; i++) relay.send(`198.51.100.${i}:1`, initiation(B, i));
  relay.send(ann.at, initiation(B, 2));
  assert.equal(relay.send(ben.at, initiation(A, 3)), ann.at);
});

Deno.test("a session whose new address was forgotten is where it was before", () => {
  const relay = new TestRelay(PAIR, { maxPeers: 3 });
  relay.send(ben.at, initiation(A, 1));
  relay.handshake(ann, ben);
  relay.send(eve, transport(ben.index, 50));
  relay.pass(1_000);
  relay.send("203.0.113.1:1", initiation(A, 2));
  assert.equal(relay.peer(eve), undefined);
  assert.equal(relay.send(ben.at, transport(ann.index, 1)), ann.at);
});

Deno.test("nobody is sent more than it has sent before it is proven", () => {
  const relay = new TestRelay(PAIR);
  const victim = "203.0.113.200:9";
  relay.send(victim, initiation(A, 1));
  assert.equal(relay.send(ann.at, initiation(B, 2)), victim);
  assert.equal(relay.send(ann.at, initiation(B, 3)), "amplification");
});

Deno.test("sessions end after 200 s, peers after 5 minutes of silence", () => {
  const relay = talking();
  relay.pass(199_000);
  assert.equal(relay.send(ann.at, transport(ben.index, 5)), ben.at);
  relay.pass(1_000);
  assert.equal(relay.send(ann.at, transport(ben.index, 6)), "unknown_index");
  assert.equal(relay.view().sessions, 0);
  relay.pass(299_000 - 1_000);
  assert.equal(relay.peer(ann.at)?.verified, true);
  relay.pass(1_000);
  assert.equal(relay.view().peersTotal, 0);
});

Deno.test("groups come and go; what is still in order stays", () => {
  const relay = talking();
  relay.forwarder.groups("party", [{ name: "party", keys: [C, D] }], relay.now);
  assert.equal(relay.send(ann.at, transport(ben.index, 1)), ben.at);
  relay.forwarder.groups("own", THREE, relay.now);
  assert.equal(relay.send(ann.at, transport(ben.index, 2)), ben.at);
  assert.equal(relay.view().groups, 2);
  assert.equal(relay.view().keys, 4);
  relay.forwarder.groups("own", [{ name: "new", keys: [A, C] }], relay.now);
  assert.equal(relay.send(ann.at, transport(ben.index, 3)), "unknown_index");
  assert.equal(relay.peer(ann.at)?.group, "new");
  assert.equal(relay.peer(ben.at), undefined);
  relay.forwarder.groups("own", [], relay.now);
  assert.equal(relay.view().peersTotal, 0);
  assert.equal(relay.view().groups, 1);
});

Deno.test("a packet that could not be sent is a drop after all", () => {
  const relay = talking();
  const { packetsForwarded, bytesForwarded } = relay.view();
  relay.send(ann.at, transport(ben.index, 1, 64));
  relay.forwarder.sendFailed(64);
  assert.equal(relay.view().packetsForwarded, packetsForwarded);
  assert.equal(relay.view().bytesForwarded, bytesForwarded);
  assert.equal(relay.view().drops["send_failed"], 1);
});
