import assert from "node:assert/strict";
import { decodeLinkMedia, encodeLinkMedia } from "../../proto/link_datagram.ts";
import { chain, drops, forwarded, packet, TestNet } from "./testing_relays.ts";

Deno.test("a hub without people passes on, and only to where somebody listens", () => {
  const net = new TestNet();
  const hub = net.relay("hub");
  const [a, b, c] = ["a", "b", "c"].map((name) => net.relay(name));
  for (const relay of [a, b, c]) net.connect(hub, relay!);
  const [alice, bob] = [a!.join(), b!.join()];
  alice.speak(1);
  net.run();
  assert.deepEqual(bob.seqs, [1]);
  assert.equal(hub.link(c!).sent.length, 0);
  assert.equal(hub.link(a!).sent.length, 0);
  assert.equal(decodeLinkMedia(hub.link(b!).sent[0]!).hopsLeft, 7);
  assert.deepEqual(drops(hub), {});
});

Deno.test("a packet goes as far as its hops reach, and is counted where it ends", () => {
  const net = new TestNet();
  const relays = chain(net, ..."abcdefghijkl");
  const speakers = relays.map((relay) => relay.join());
  speakers[0]!.speak(1);
  net.run();
  assert.deepEqual(
    speakers.map(({ heard }) => heard.length),
    [0, ...Array<number>(9).fill(1), 0, 0],
  );
  const ninth = relays[9]!;
  assert.deepEqual(drops(ninth), { hops: 1 });
  assert.deepEqual(ninth.bridge.figures(ninth.link(relays[10]!)).dropped.hops, 1);
});

Deno.test("nothing goes to the origin, nor to relays that have a link of their own to it", () => {
  const net = new TestNet();
  const [a, b, c] = ["a", "b", "c"].map((name) => net.relay(name));
  net.connect(a!, b!);
  net.connect(b!, c!);
  net.connect(c!, a!);
  const [alice, bob, carol] = [a!, b!, c!].map((relay) => relay.join());
  alice!.speak(1);
  net.run();
  assert.deepEqual([alice!.seqs, bob!.seqs, carol!.seqs], [[], [1], [1]]);
  assert.equal(b!.link(c!).sent.length + c!.link(b!).sent.length, 0);
  // When that link ends, the packets go on over the other relay at once.
  for (const [from, to] of [[a!, c!], [c!, a!]]) {
    from!.links.splice(from!.links.indexOf(from!.link(to!)), 1);
  }
  net.route();
  alice!.speak(2);
  net.run();
  assert.deepEqual([alice!.seqs, bob!.seqs, carol!.seqs], [[], [1, 2], [1, 2]]);
});

Deno.test("an origin that announced nobody yet gets nothing of its own back either", () => {
  const net = new TestNet();
  const [a, b, c] = ["a", "b", "c"].map((name) => net.relay(name));
  for (const peer of [b, c]) net.connect(a!, peer!);
  const [alice] = [a!.join(), c!.join()];
  const room = a!.shared.get("general")!;
  room.targets = a!.links;
  room.announced = new Map();
  room.revision += 1;
  const origin = b!.fingerprint.slice(0, 8);
  const datagram = (seq: number) =>
    encodeLinkMedia({ hopsLeft: 8, roomHash: room.hash, origin, sender: 1, packet: packet(seq) });
  a!.bridge.receive(a!.link(c!), datagram(1));
  a!.bridge.receive(a!.link(b!), datagram(2));
  assert.deepEqual(alice.seqs, [1, 2]);
  assert.deepEqual(a!.links.map(({ sent }) => sent.length), [0, 1]);
});

Deno.test("a change of the mesh alone changes where packets go", () => {
  const net = new TestNet();
  const [a, b, c] = ["a", "b", "c"].map((name) => net.relay(name));
  net.connect(a!, b!);
  net.connect(b!, c!);
  const [alice, carol] = [a!.join(), c!.join()];
  let linked = true;
  net.linked = () => linked;
  net.changed();
  alice.speak(1);
  net.run();
  linked = false;
  alice.speak(2);
  net.run();
  net.changed();
  alice.speak(3);
  net.run();
  assert.deepEqual(carol.seqs, [3]);
});

Deno.test("in the room of a call packets follow its path, whatever links there are beside it", () => {
  const net = new TestNet();
  const [a, b, c, outside] = ["a", "b", "c", "outside"].map((name) => net.relay(name));
  net.connect(a!, b!);
  net.connect(b!, c!);
  net.connect(c!, a!);
  net.connect(outside!, c!);
  const rooms = [a!, b!, c!, outside!].map((relay) => relay.share("call-1"));
  const [alice, carol] = [a!.join("call-1"), c!.join("call-1")];
  const stranger = outside!.join("call-1");
  rooms.forEach((room) => room.scoped = true);
  rooms[0]!.targets = [a!.link(b!)];
  rooms[1]!.targets = [b!.link(a!), b!.link(c!)];
  rooms[2]!.targets = [c!.link(b!)];
  rooms[3]!.targets = [outside!.link(c!)];
  rooms.forEach((room) => room.revision += 1);
  alice.speak(1);
  stranger.speak(9);
  net.run();
  assert.deepEqual([carol.seqs, alice.seqs], [[1], []]);
  assert.deepEqual(drops(c!), { room_not_found: 1 });
});

Deno.test("a target can be anything that takes datagrams, as a link made for a call does", () => {
  const net = new TestNet();
  const [a, b] = ["a", "b"].map((name) => net.relay(name));
  const alice = a!.join();
  const sent: Uint8Array[] = [];
  const { relay, fingerprint } = { relay: b!.key, fingerprint: b!.fingerprint };
  const target = {
    relay,
    fingerprint,
    label: "b (call)",
    can: () => true,
    sendDatagram: (bytes: Uint8Array) => (sent.push(bytes), 0 as const),
  };
  const room = a!.shared.get("general")!;
  room.targets = [target];
  room.revision += 1;
  alice.speak(1);
  assert.equal(sent.length, 1);
  a!.bridge.receive(
    target,
    encodeLinkMedia({
      hopsLeft: 8,
      roomHash: room.hash,
      origin: b!.fingerprint.slice(0, 8),
      sender: 1,
      packet: packet(5),
    }),
  );
  assert.deepEqual(alice.seqs, [5]);
  assert.deepEqual(forwarded(a!), { "b (call),in": 1, "b (call),out": 1 });
});

Deno.test("nothing goes back over a second link to the relay it came from", () => {
  for (const legacy of [false, true]) {
    const net = new TestNet();
    const [a, b] = ["a", "b"].map((name) => net.relay(name));
    const session = net.connect(a!, b!, legacy);
    const link = net.connect(a!, b!, legacy);
    a!.join();
    const bob = b!.join();
    const room = a!.shared.get("general")!;
    room.targets = [session];
    room.revision += 1;
    b!.shared.get("general")!.targets = [link.back];
    b!.shared.get("general")!.revision += 1;
    bob.speak(1);
    net.run();
    assert.equal(a!.speakers[0]!.heard.length, 1);
    assert.deepEqual([session.sent, link.sent], [[], []]);
  }
});

Deno.test("what a room takes and where it goes is asked after a change, not for every packet", () => {
  const net = new TestNet();
  const [a, b] = chain(net, "a", "b");
  const alice = a!.join();
  const room = a!.shared.get("general")!;
  room.scoped = true;
  const asked = { targets: 0, accepts: 0 };
  let accepted = true;
  Object.defineProperties(room, {
    targets: { get: () => (asked.targets += 1, a!.links) },
    accepts: { value: () => (asked.accepts += 1, accepted) },
  });
  room.revision += 1;
  const link = a!.link(b!);
  const datagram = (seq: number) =>
    encodeLinkMedia({
      hopsLeft: 8,
      roomHash: room.hash,
      origin: b!.fingerprint.slice(0, 8),
      sender: 1,
      packet: packet(seq),
    });
  for (let seq = 1; seq <= 3; seq++) {
    alice.speak(seq);
    a!.bridge.receive(link, datagram(seq));
  }
  assert.deepEqual([alice.seqs, asked], [[1, 2, 3], { targets: 1, accepts: 1 }]);
  accepted = false;
  room.revision += 1;
  a!.bridge.receive(link, datagram(4));
  assert.deepEqual([alice.seqs, asked], [[1, 2, 3], { targets: 2, accepts: 2 }]);
  assert.deepEqual(drops(a!), { room_not_found: 1 });
});
