import assert from "node:assert/strict";
import { encodeLegacyLink } from "../../proto/legacy_link_datagram.ts";
import { decodeLinkMedia, encodeLinkMedia } from "../../proto/link_datagram.ts";
import type { FederationEvents } from "../../relay/ports/federation_events.ts";
import { type Log, silentLog } from "../../relay/ports/log.ts";
import { chain, drops, forwarded, packet, TestNet } from "./testing_relays.ts";

Deno.test("a packet reaches the people of the other relay as it is, and says where it began", () => {
  const net = new TestNet();
  const [a, b] = chain(net, "a", "b");
  a!.join();
  const alice = a!.join();
  const bob = b!.join();
  const bert = b!.join();
  const sent = [1, 2, 3].map((seq) => alice.speak(seq));
  net.run();
  assert.deepEqual([bob.heard, bert.heard, alice.heard], [sent, sent, []]);
  const first = decodeLinkMedia(a!.link(b!).sent[0]!);
  assert.deepEqual(
    [first.hopsLeft, first.sender, first.origin, first.roomHash, first.packet],
    [8, 2, a!.fingerprint.slice(0, 8), a!.shared.get("general")!.hash, sent[0]],
  );
  assert.deepEqual([forwarded(a!), forwarded(b!)], [{ "b,in": 0, "b,out": 3 }, {
    "a,in": 3,
    "a,out": 0,
  }]);
  assert.deepEqual([drops(a!), drops(b!)], [{}, {}]);
});

Deno.test("a link of the original kind gets the room hash in front and nothing else", () => {
  const net = new TestNet();
  const [a, b] = [net.relay("a"), net.relay("b")];
  const link = net.connect(a, b, true);
  const alice = a.join();
  const sent = alice.speak(1);
  assert.deepEqual(link.sent, [
    encodeLegacyLink({ roomHash: a.shared.get("general")!.hash, packet: sent }),
  ]);
});

Deno.test("rooms that are not shared stay here, and begin to be heard when they become so", () => {
  const net = new TestNet();
  const [a, b] = chain(net, "a", "b");
  const [alice, bob] = [a!.join("attic"), b!.join("attic")];
  alice.speak(1);
  for (const relay of [a!, b!]) relay.share("attic");
  net.route();
  alice.speak(2);
  net.run();
  assert.deepEqual(bob.seqs, [2]);
  a!.unshare("attic");
  alice.speak(3);
  net.run();
  assert.deepEqual(bob.seqs, [2]);
  b!.unshare("attic");
  a!.share("attic");
  net.route();
  b!.link(a!).sendDatagram(a!.link(b!).sent[0]!);
  net.run();
});

Deno.test("who was there before the room was shared hears its first packet", () => {
  const net = new TestNet();
  const [a, b] = chain(net, "a", "b");
  const bob = b!.join("attic");
  for (const relay of [a!, b!]) relay.share("attic");
  const alice = a!.join("attic");
  alice.speak(1);
  net.run();
  assert.deepEqual(bob.seqs, [1]);
});

Deno.test("who left sends nothing on, and is not delivered to", () => {
  const net = new TestNet();
  const [a, b] = chain(net, "a", "b");
  const [alice, bob, bert] = [a!.join(), b!.join(), b!.join()];
  b!.leave(bob);
  alice.speak(1);
  net.run();
  assert.deepEqual([bob.seqs, bert.seqs], [[], [1]]);
  a!.leave(alice);
  alice.speak(2);
  net.run();
  assert.deepEqual(bert.seqs, [1]);
});

Deno.test("a closed bridge sends and watches nothing", () => {
  const net = new TestNet();
  const [a, b] = chain(net, "a", "b");
  const [alice, bob] = [a!.join(), b!.join()];
  a!.bridge.close();
  alice.speak(1);
  net.run();
  assert.deepEqual(bob.seqs, []);
  assert.equal(a!.observers.length, 0);
  b!.bridge.close();
  assert.equal(net.clock.pending, 0);
});

Deno.test("how many listeners there are elsewhere can be asked for", () => {
  const net = new TestNet();
  const [a, b, c] = chain(net, "a", "b", "c");
  const alice = a!.join();
  const beyond = () => a!.observers[0]!.observer.beyond!(alice);
  assert.equal(beyond(), 0);
  c!.join();
  assert.equal(beyond(), 1);
  b!.join();
  assert.equal(beyond(), 1);
  assert.equal(a!.observers[0]!.observer.beyond!(a!.join("attic")), 0);
});

/** Every event as a line. */
function recorder(): { readonly lines: string[]; readonly events: FederationEvents } {
  const lines: string[] = [];
  const write = (name: string) => (...values: unknown[]) =>
    void lines.push([name, ...values.filter((value) => !(value instanceof Uint8Array))].join(" "));
  return {
    lines,
    events: {
      malformed: write("malformed"),
      ingress: write("ingress"),
      duplicate: write("duplicate"),
      roomNotFound: write("roomNotFound"),
      rateLimited: write("rateLimited"),
      deliverError: write("deliverError"),
      delivered: write("delivered"),
    },
  };
}

Deno.test("each check has its event and its counter, in the order of the protocol", () => {
  for (const legacy of [false, true]) {
    const net = new TestNet();
    const { lines, events } = recorder();
    const [a, b] = [net.relay("a", { events }), net.relay("b")];
    const from = net.connect(a, b, legacy);
    a.join();
    const general = a.shared.get("general")!.hash;
    const origin = b.fingerprint.slice(0, 8);
    const datagram = (seq: number, roomHash = general, text = "x") =>
      legacy
        ? encodeLegacyLink({ roomHash, packet: packet(seq, text) })
        : encodeLinkMedia({ hopsLeft: 8, roomHash, origin, sender: 1, packet: packet(seq, text) });
    const receive = (bytes: Uint8Array) => a.bridge.receive(from, bytes);
    const nowhere = new Uint8Array(8).fill(7);

    receive(datagram(1));
    receive(datagram(1));
    receive(datagram(2, nowhere));
    receive(datagram(2, nowhere));
    receive(new Uint8Array(11));
    receive(datagram(3).fill(0xff, legacy ? 8 : 22));
    const ingress = "ingress " + (legacy ? 8 : 22) + " b";
    assert.deepEqual(lines.splice(0), [
      ingress,
      "delivered general 1 1",
      ingress,
      "duplicate 1 b",
      ingress,
      "roomNotFound 2 b",
      ingress,
      "duplicate 2 b",
      `malformed ${datagram(3).length}`,
    ]);
    assert.deepEqual(drops(a), { malformed: 2, room_not_found: 1 });
    assert.equal(a.counters.federationPacketsDeduped, 2);

    for (let i = 1; i < 502; i++) receive(datagram(10, general, `another ${i}`));
    assert.deepEqual(lines.slice(-4), [
      ingress,
      "rateLimited general 10",
      ingress,
      "rateLimited general 10",
    ]);
    assert.equal(a.counters.federationPacketsRateLimited, 2);
    assert.equal(lines.filter((line) => line.startsWith("delivered")).length, 499);
    assert.equal(forwarded(a)["b,in"], 4 + 501);
  }
});

Deno.test("a packet that says it began here is dropped, whatever is in it", () => {
  const net = new TestNet();
  const [a, b] = [net.relay("a"), net.relay("b")];
  const from = net.connect(a, b);
  const alice = a.join();
  const roomHash = a.shared.get("general")!.hash;
  const origin = a.fingerprint.slice(0, 8);
  const forged = { hopsLeft: 8, roomHash, origin, sender: 77, packet: packet(1) };
  a.bridge.receive(from, encodeLinkMedia(forged));
  assert.deepEqual(alice.seqs, []);
  assert.deepEqual(drops(a), { own: 1 });
});

Deno.test("what nobody here nor behind wants is counted as such", () => {
  const net = new TestNet();
  const [a, b] = [net.relay("a"), net.relay("b")];
  net.connect(a, b, true);
  a.join().speak(1);
  net.run();
  assert.deepEqual(drops(b), { no_receiver: 1 });
});

Deno.test("what a client here does not take of a link's packet is an event", () => {
  const net = new TestNet();
  const { lines, events } = recorder();
  const [a, b] = [net.relay("a", { events }), net.relay("b")];
  net.connect(a, b);
  const [alice, bob] = [a.join(), b.join()];
  const { observer } = a.observers[0]!;
  const heard = alice.heard;
  heard.push = () => {
    observer.dropped!(null, alice, "slow_receiver");
    return 0;
  };
  bob.speak(4);
  net.run();
  observer.dropped!(null, alice, "too_large");
  assert.deepEqual(lines.filter((line) => line.startsWith("deliverError")), [
    "deliverError general 4 slow_receiver",
  ]);
});

Deno.test("the first and every 250th datagram of a link is told at debug level", () => {
  const told: string[] = [];
  const log: Log = {
    ...silentLog,
    enabled: () => true,
    debug: (message, fields) => told.push(`${message} ${JSON.stringify(fields)}`),
    warn: (message, fields) => told.push(`${message} ${JSON.stringify(fields)}`),
  };
  const net = new TestNet();
  const [a, b] = [net.relay("a", { log }), net.relay("b")];
  net.connect(a, b);
  const [alice, bob] = [a.join(), b.join()];
  for (let seq = 1; seq <= 500; seq++) {
    alice.speak(seq, "x");
    bob.speak(seq, "y");
    net.clock.advance(20);
  }
  net.run();
  const line = (direction: string, count: number) =>
    `federation datagram {"peer":"b","direction":"${direction}","count":${count},"length":35}`;
  assert.deepEqual(told, [
    line("out", 1),
    line("out", 250),
    line("out", 500),
    line("in", 1),
    line("in", 250),
    line("in", 500),
  ]);
});
