import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeLegacyLink } from "../../proto/legacy_link_datagram.ts";
import { encodeLinkMedia } from "../../proto/link_datagram.ts";
import { encodeMedia } from "../../proto/media_packet.ts";
import { CLOSED, QUEUE_FULL, type SendResult, SENT, TOO_LARGE } from "../../quic/port.ts";
import { type Log, silentLog } from "../../relay/ports/log.ts";
import { forwarded, type TestLink, TestNet, type TestRelay } from "./testing_relays.ts";

const RESULTS: readonly SendResult[] = [SENT, SENT, SENT, TOO_LARGE, QUEUE_FULL, CLOSED];

/** What the counters of a relay say of packets, in all. */
function totals({ counters, links, bridge }: TestRelay) {
  const figures = links.map((link) => bridge.figures(link));
  const family = counters.federationPacketsDropped;
  const peers = [...counters.federationPacketsForwarded.entries()];
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  return {
    figures,
    in: sum(peers.filter(([labels]) => labels[1] === "in").map(([, n]) => n)),
    out: sum(peers.filter(([labels]) => labels[1] === "out").map(([, n]) => n)),
    dropped: sum(family.values.map((value) => family.get(value))),
    ofLinks: sum(figures.flatMap(({ dropped }) => Object.values(dropped))),
    targets: sum(figures.map(({ targets }) => targets)),
    refused: counters.federationPacketsDeduped + counters.federationPacketsRateLimited +
      family.get("own") + family.get("room_not_found") + family.get("no_receiver"),
  };
}

Deno.test("for every link, packets for it are those sent plus those dropped, each for one reason", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(5), fc.nat(1), fc.boolean()), { maxLength: 60 }),
      fc.array(fc.nat(RESULTS.length - 1), { minLength: 1, maxLength: 30 }),
      (steps, outcomes) => {
        const net = new TestNet();
        const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => net.relay(name)) as [
          TestRelay,
          TestRelay,
          TestRelay,
          TestRelay,
        ];
        net.connect(a, b);
        net.connect(a, c);
        net.connect(a, d, true);
        const [speaker] = [a.join(), b.join(), c.join()];
        let step = 0;
        const given = new Map<TestLink, SendResult[]>(a.links.map((link) => [link, []]));
        for (const link of a.links) {
          link.outcome = () => {
            const result = RESULTS[outcomes[step++ % outcomes.length]!]!;
            given.get(link)!.push(result);
            return result;
          };
        }
        let own = 0;
        let came = 0;
        const roomHash = a.shared.get("general")!.hash;
        for (const [kind, which, stale] of steps) {
          a.links[which]!.stale = stale;
          const packet = encodeMedia({
            codec: "Opus24k",
            seq: step,
            timestamp: which,
            payload: Uint8Array.of(kind % 2),
          });
          if (kind === 0) {
            speaker.send(packet);
            own += 1;
          } else if (kind === 1) {
            a.bridge.receive(a.link(d), encodeLegacyLink({ roomHash, packet }));
            came += 1;
          } else {
            const origin = (kind === 5 ? a : kind === 4 ? d : b).fingerprint.slice(0, 8);
            const media = { hopsLeft: kind % 3, roomHash, origin, sender: 3, packet };
            a.bridge.receive(a.link(b), encodeLinkMedia(media));
            came += 1;
          }
        }
        const { figures, ...all } = totals(a);
        for (const [i, link] of a.links.entries()) {
          const results = given.get(link)!;
          const { targets, sent, dropped } = figures[i]!;
          const count = (result: SendResult) => results.filter((one) => one === result).length;
          assert.equal(sent, count(SENT));
          assert.equal(dropped.too_large, count(TOO_LARGE));
          assert.equal(dropped.slow_receiver, count(QUEUE_FULL));
          assert.equal(dropped.closed, count(CLOSED));
          assert.equal(targets, sent + Object.values(dropped).reduce((sum, n) => sum + n, 0));
          assert.equal(link.sent.length, sent);
        }
        assert.equal(all.out, figures.reduce((sum, { sent }) => sum + sent, 0));
        assert.equal(all.in, came);
        assert.equal(all.targets, all.out + all.ofLinks);
        // Everything that came was refused for one reason, or went to the two other links and to the speaker.
        assert.equal(speaker.heard.length, came - all.refused);
        assert.ok(all.targets >= 3 * own);
        assert.equal(all.dropped - all.ofLinks + a.counters.federationPacketsDeduped, all.refused);
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("a link that takes nothing costs the others nothing", () => {
  const net = new TestNet();
  const [a, b, c] = ["a", "b", "c"].map((name) => net.relay(name));
  net.connect(a!, b!).outcome = () => QUEUE_FULL;
  net.connect(a!, c!);
  const [alice, bob, carol] = [a!, b!, c!].map((relay) => relay.join());
  for (let seq = 0; seq < 100; seq++) alice!.speak(seq);
  net.run();
  assert.deepEqual([bob!.heard.length, carol!.heard.length], [0, 100]);
  assert.equal(a!.counters.federationPacketsDropped.get("slow_receiver"), 100);
});

Deno.test("a link whose queue is old gets nothing new until it is young again", () => {
  const net = new TestNet();
  const [a, b] = [net.relay("a"), net.relay("b")];
  const link = net.connect(a, b);
  const [alice, bob] = [a.join(), b.join()];
  for (let seq = 0; seq < 10; seq++) {
    link.stale = seq >= 3 && seq < 7;
    alice.speak(seq);
  }
  net.run();
  assert.deepEqual(bob.seqs, [0, 1, 2, 7, 8, 9]);
  assert.deepEqual(a.bridge.figures(link), {
    received: 0,
    targets: 10,
    sent: 6,
    dropped: { hops: 0, too_large: 0, slow_receiver: 0, stale_receiver: 4, closed: 0 },
  });
});

Deno.test("what goes over links that are not of the configuration is counted under one name", () => {
  const net = new TestNet();
  const [a, b, c] = [net.relay("a"), net.relay("b"), net.relay("c")];
  for (const peer of [b, c]) net.connect(a, peer, false, "(session links)");
  const [alice] = [a, b, c].map((relay) => relay.join());
  alice!.speak(1);
  net.run();
  assert.deepEqual(forwarded(a), { "(session links),in": 0, "(session links),out": 2 });
});

Deno.test("a packet that is too large for a link is told as a warning, not every time", () => {
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  const log: Log = { ...silentLog, warn };
  const net = new TestNet();
  const [a, b] = [net.relay("a", { log }), net.relay("b")];
  net.connect(a, b).outcome = () => TOO_LARGE;
  const [alice] = [a.join(), b.join()];
  for (let seq = 0; seq < 249; seq++) alice.speak(seq);
  assert.deepEqual(warnings, ["packet is too large for a link"]);
  alice.speak(250);
  assert.equal(warnings.length, 2);
});

/** Sends so many different packets at once over a link; how many were delivered. */
function flood(relay: TestRelay, via: TestLink, from: TestRelay | null, count: number): number {
  const listener = relay.speakers[0]!;
  const before = listener.heard.length;
  const roomHash = relay.shared.get("general")!.hash;
  for (let i = 0; i < count; i++) {
    const payload = crypto.getRandomValues(new Uint8Array(8));
    const packet = encodeMedia({ codec: "Opus24k", seq: i & 0xffff, timestamp: i, payload });
    const datagram = from === null ? encodeLegacyLink({ roomHash, packet }) : encodeLinkMedia({
      hopsLeft: 8,
      roomHash,
      origin: from.fingerprint.slice(0, 8),
      sender: 1,
      packet,
    });
    relay.bridge.receive(via, datagram);
  }
  return listener.heard.length - before;
}

Deno.test("a source may send 500 packets per second, more when it announced more people", () => {
  const net = new TestNet();
  const [a, b, c] = ["a", "b", "c"].map((name) => net.relay(name));
  net.connect(a!, b!);
  net.connect(b!, c!);
  a!.join();
  b!.join();
  for (let i = 0; i < 6; i++) c!.join();
  const via = a!.link(b!);
  assert.equal(flood(a!, via, b!, 2_000), 500);
  // Another relay behind the same link has its own limit, by its own people.
  assert.equal(flood(a!, via, c!, 2_000), 1_200);
  assert.equal(flood(a!, via, b!, 10), 0);
  net.clock.advance(100);
  assert.equal(flood(a!, via, b!, 2_000), 50);
  assert.equal(flood(a!, via, c!, 2_000), 120);
  assert.equal(a!.counters.federationPacketsRateLimited, 8_010 - 1_870);
});

Deno.test("people who come and go do not fill the bucket of their relay again", () => {
  const net = new TestNet();
  const [a, b] = [net.relay("a"), net.relay("b")];
  net.connect(a, b);
  const people = [a.join(), b.join()];
  assert.equal(flood(a, a.link(b), b, 1_000), 500);
  for (let i = 0; i < 5; i++) {
    b.leave(people[1]!);
    flood(a, a.link(b), a, 1);
    flood(a, a.link(b), b, 1);
    net.clock.advance(1);
    people[1] = b.join();
    assert.ok(flood(a, a.link(b), b, 100) <= 1);
  }
});

Deno.test("who joins raises the limit of its relay at once, over links to originals too", () => {
  for (const legacy of [false, true]) {
    const net = new TestNet();
    const [a, b] = [net.relay("a"), net.relay("b")];
    net.connect(a, b, legacy);
    a.join();
    b.join();
    assert.equal(flood(a, a.link(b), legacy ? null : b, 600), 500);
    for (let i = 0; i < 9; i++) b.join();
    net.clock.advance(100);
    assert.equal(flood(a, a.link(b), legacy ? null : b, 600), 200);
  }
});

Deno.test("a relay that takes another one's name uses up nothing that is its share", () => {
  const net = new TestNet();
  const [a, b, c] = ["a", "b", "c"].map((name) => net.relay(name));
  net.connect(a!, b!);
  net.connect(a!, c!);
  a!.join();
  b!.join();
  assert.equal(flood(a!, a!.link(c!), b!, 2_000), 500);
  assert.equal(flood(a!, a!.link(b!), b!, 2_000), 500);
});

Deno.test("each room has its own limit", () => {
  const net = new TestNet();
  const [a, b] = [net.relay("a"), net.relay("b")];
  net.connect(a, b);
  for (const relay of [a, b]) relay.share("attic");
  a.join();
  const listener = a.join("attic");
  b.join();
  assert.equal(flood(a, a.link(b), b, 600), 500);
  const speaker = b.join("attic");
  for (let seq = 0; seq < 100; seq++) speaker.speak(seq);
  net.run();
  assert.equal(listener.heard.length, 100);
});

Deno.test("origins that announced nobody share the limit of the link they come over", () => {
  const net = new TestNet();
  const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => net.relay(name));
  net.connect(a!, b!);
  net.connect(a!, c!);
  net.connect(a!, d!, true);
  a!.join();
  let heard = 0;
  for (let i = 0; i < 50; i++) {
    const made = { fingerprint: crypto.getRandomValues(new Uint8Array(32)) } as TestRelay;
    heard += flood(a!, a!.link(b!), made, 20);
  }
  assert.equal(heard, 500);
  assert.equal(flood(a!, a!.link(c!), d!, 600), 500);
  assert.equal(flood(a!, a!.link(d!), null, 600), 500);
});

Deno.test("whatever bytes come over a link, nothing throws and each is counted once", () => {
  const hostile = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    fc.tuple(fc.nat(3), fc.nat(12), fc.uint8Array({ maxLength: 60 })).map(([kind, hops, rest]) =>
      Uint8Array.of(kind, hops, ...rest)
    ),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(hostile, fc.boolean()), { maxLength: 20 }), (datagrams) => {
      const net = new TestNet();
      const [a, b, c] = ["a", "b", "c"].map((name) => net.relay(name));
      net.connect(a!, b!);
      net.connect(a!, c!, true);
      a!.join();
      const general = a!.shared.get("general")!.hash;
      for (const [bytes, legacy] of datagrams) {
        // Half of them are for a room that is here.
        if (bytes.length > 20 && bytes[bytes.length - 1]! & 1) bytes.set(general, legacy ? 0 : 2);
        a!.bridge.receive(a!.links[legacy ? 1 : 0]!, bytes);
      }
      const { refused, in: came } = totals(a!);
      const malformed = a!.counters.federationPacketsDropped.get("malformed");
      assert.equal(malformed + refused + a!.speakers[0]!.heard.length, datagrams.length);
      assert.equal(came + malformed, datagrams.length);
    }),
    { numRuns: 1_000 },
  );
});
