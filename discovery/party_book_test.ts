import assert from "node:assert/strict";
import fc from "fast-check";
import { nodeCrypto } from "../proto/node_crypto.ts";
import type { PartyPeer, RegistryAnswer } from "../relay/ports/registry.ts";
import { PartyBook } from "./party_book.ts";
import { readPeer, readPeerChanges } from "./party_forms.ts";
import { testPeer } from "./testing_relays.ts";

const NOW = 1_775_000_000_000;
const FIVE_MINUTES = 300_000;

function newBook(maxParties = 100): PartyBook {
  return new PartyBook(nodeCrypto, () => maxParties);
}

function bodyOf(answer: RegistryAnswer): Record<string, string> & { peers: PartyPeer[] } {
  assert(answer.ok, JSON.stringify(answer));
  return answer.body as Record<string, string> & { peers: PartyPeer[] };
}

function problemOf(answer: RegistryAnswer): string | null {
  return answer.ok ? null : answer.problem;
}

function newParty(book: PartyBook, now = NOW) {
  const { party, token } = bodyOf(book.create({ name: "friends" }, "s", now));
  return { party: party!, token: token! };
}

Deno.test("peers of a party find each other, and nobody without a token finds anything", () => {
  const book = newBook();
  const { party, token } = newParty(book);
  const first = bodyOf(book.join(party, token, testPeer(1), NOW));
  const second = bodyOf(book.join(party, token, testPeer(2), NOW + 5));
  assert.deepEqual(second.peers, [
    { peer: first.peer, ...testPeer(1), age_ms: 5 },
    { peer: second.peer, ...testPeer(2), age_ms: 0 },
  ]);
  for (const shown of [token, first.token!, second.token!]) {
    assert.equal(bodyOf(book.peersOf(party, shown, NOW)).peers.length, 2);
  }
  for (const wrong of ["", token.slice(1), `${token}0`, "\ud800", "x".repeat(100_000)]) {
    assert.equal(problemOf(book.peersOf(party, wrong, NOW)), "wrong_token");
    assert.equal(problemOf(book.join(party, wrong, testPeer(3), NOW)), "wrong_token");
    assert.equal(problemOf(book.beat(party, first.peer!, wrong, {}, NOW)), "wrong_token");
    assert.equal(problemOf(book.leave(party, first.peer!, wrong, NOW)), "wrong_token");
    assert.equal(problemOf(book.removeParty(party, wrong)), "wrong_token");
  }
  // The token of a peer is good for that peer only, and that of the party for none.
  assert.equal(problemOf(book.leave(party, first.peer!, second.token!, NOW)), "wrong_token");
  assert.equal(problemOf(book.beat(party, first.peer!, token, {}, NOW)), "wrong_token");
  assert.equal(problemOf(book.join(party, first.token!, testPeer(3), NOW)), "wrong_token");
  assert.equal(problemOf(book.removeParty(party, first.token!)), "wrong_token");
  assert.equal(problemOf(book.peersOf("nowhere", token, NOW)), "not_found");
  assert.equal(problemOf(book.beat(party, "nobody", token, {}, NOW)), "not_found");
});

Deno.test("tokens are kept as hashes only", () => {
  const book = newBook();
  const { party, token } = newParty(book);
  const { token: peerToken } = bodyOf(book.join(party, token, testPeer(1), NOW));
  const kept = JSON.stringify([...book.parties.values(), ...book.peers.values()]);
  assert(!kept.includes(token) && !kept.includes(peerToken!));
  assert.match(kept, new RegExp(nodeCrypto.sha256(new TextEncoder().encode(token)).toHex()));
});

Deno.test("a key that is there already is replaced only by who shows its token, and keeps its place", () => {
  const book = newBook();
  const { party, token } = newParty(book);
  const first = bodyOf(book.join(party, token, testPeer(1), NOW));
  assert.equal(problemOf(book.join(party, token, testPeer(1), NOW)), "wrong_token");
  const again = testPeer(1, { name: "new", peer_token: first.token });
  const second = bodyOf(book.join(party, token, again, NOW));
  assert.equal(second.peer, first.peer);
  assert.deepEqual(second.peers.map(({ name }) => name), ["new"]);
  assert.equal(problemOf(book.leave(party, first.peer!, first.token!, NOW)), "wrong_token");
  assert.equal(problemOf(book.leave(party, first.peer!, second.token!, NOW)), null);
});

Deno.test("a heart-beat changes what it names and nothing else", () => {
  const book = newBook();
  const { party, token } = newParty(book);
  const { peer, token: own } = bodyOf(book.join(party, token, testPeer(1), NOW));
  const change = { endpoints: ["[2001:db8::1]:9"], name: "ignored", peer_token: "ignored" };
  const { peers } = bodyOf(book.beat(party, peer!, own!, change, NOW + 9));
  const expected = { peer, ...testPeer(1), endpoints: ["[2001:db8::1]:9"], age_ms: 0 };
  assert.deepEqual(peers, [expected]);
  assert.equal(problemOf(book.beat(party, peer!, own!, { rtts: 1 }, NOW)), "invalid");
});

Deno.test("a party lasts as long as somebody in it gives signs of life, and five minutes more", () => {
  const book = newBook();
  const { party, token } = newParty(book);
  const { peer, token: own } = bodyOf(book.join(party, token, testPeer(1), NOW));
  let now = NOW;
  for (let beat = 0; beat < 5; beat++) {
    now += FIVE_MINUTES - 1;
    book.sweep(now);
    bodyOf(book.beat(party, peer!, own!, {}, now));
  }
  for (const [wait, peers] of [[FIVE_MINUTES, 0], [FIVE_MINUTES - 1, 0], [1, null]] as const) {
    now += wait;
    book.sweep(now);
    assert.equal(book.list("", 1, now)[0]?.peers ?? null, peers);
  }
});

Deno.test("parties and their peers have bounds, and one source makes half of the parties", () => {
  const book = newBook(4);
  const made = ["a", "a", "a", "b", "b", "c"].map((source) => book.create({}, source, NOW));
  assert.deepEqual(made.map(problemOf), [null, null, "too_many", null, null, "full"]);
  const { party, token } = bodyOf(made[0]!);
  const joined = Array.from(
    { length: 65 },
    (_, number) => problemOf(book.join(party!, token!, testPeer(number), NOW)),
  );
  assert.deepEqual(joined, [...Array(64).fill(null), "full"]);
});

Deno.test("what no peer would send is refused, whatever it is, and what is taken is within bounds", () => {
  const addresses = Array.from({ length: 40 }, (_, number) => `192.0.2.${number}:1`);
  const odd = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom<unknown>(
      undefined,
      NaN,
      -1,
      "",
      "\u202e",
      "192.0.2.1:0",
      "192.0.2.01:4",
      "AAAA",
      addresses,
      addresses.slice(0, 16),
      ["192.0.2.1:1", "192.0.2.1:1"],
      ["[::ffff:192.0.2.1]:1"],
      Object.fromEntries(addresses.map((addr) => [addr, 1])),
      { "192.0.2.1:1": Infinity },
      { "192.0.2.1:1": -1 },
      JSON.parse('{"__proto__": 1}'),
      `${testPeer(1).public_key} `,
      testPeer(1).public_key.replace("=", ""),
    ),
  );
  const fields = fc.constantFrom("name", "public_key", "endpoints", "nat_type", "rtts");
  let taken = 0;
  fc.assert(
    fc.property(fields, odd, (field, value) => {
      const form = readPeer(testPeer(1, { [field]: value }));
      if (typeof form === "string") {
        assert.match(form, new RegExp(`^${field === "public_key" ? "public_key" : field}`));
        return;
      }
      taken += 1;
      assert(form.name.length >= 1 && form.name.length <= 64);
      assert.equal(Uint8Array.fromBase64(form.public_key).length, 32);
      assert(form.endpoints.length <= 16 && Object.keys(form.rtts).length <= 32);
      assert.deepEqual(readPeer(form), form, "what is kept can be read again");
    }),
    { numRuns: 2_000 },
  );
  assert(taken > 0);
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    const changes = readPeerChanges(value);
    if (typeof changes !== "string") assert(typeof value === "object");
  }));
});

/** What has to hold, said as simply as possible. */
interface ModelParty {
  token: string;
  id: string;
  emptySince: number | null;
  peers: Map<number, { id: string; token: string; heard: number }>;
}

const step = fc.record({
  what: fc.constantFrom(
    "create",
    "join",
    "join",
    "beat",
    "leave",
    "drop",
    "wait",
    "fail",
    "restart",
  ),
  party: fc.nat(2),
  peer: fc.nat(2),
  wait: fc.constantFrom(1, 299_999, FIVE_MINUTES),
});

Deno.test("through restarts and failed writes, parties and peers come and go as a simple model says", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      let now = NOW;
      let book = newBook();
      const model: ModelParty[] = [];
      for (const { what, party: at, peer: number, wait } of steps) {
        const party = model[at];
        const peer = party?.peers.get(number);
        if (what === "create") {
          const { party: id, token } = bodyOf(book.create({}, "s", now));
          model.push({ id: id!, token: token!, emptySince: now, peers: new Map() });
        } else if (what === "fail" && party !== undefined) {
          book.removeParty(party.id, party.token);
          book.create({}, "s", now);
          book.undo();
        } else if (what === "join" && party !== undefined) {
          const body = testPeer(number, { peer_token: peer?.token ?? null });
          const { peer: id, token } = bodyOf(book.join(party.id, party.token, body, now));
          party.peers.set(number, { id: id!, token: token!, heard: now });
          party.emptySince = null;
        } else if (what === "beat" && peer !== undefined) {
          bodyOf(book.beat(party!.id, peer.id, peer.token, {}, now));
          peer.heard = now;
        } else if (what === "leave" && peer !== undefined) {
          bodyOf(book.leave(party!.id, peer.id, peer.token, now));
          party!.peers.delete(number);
          if (party!.peers.size === 0) party!.emptySince = now;
        } else if (what === "drop" && party !== undefined) {
          bodyOf(book.removeParty(party.id, party.token));
          model.splice(at, 1);
        } else if (what === "restart") {
          const again = newBook();
          for (const [key, row] of book.parties.entries()) again.parties.set(key, row);
          for (const [key, row] of book.peers.entries()) again.peers.set(key, row);
          book = again;
        }
        book.keep();
        if (what === "wait") now += wait;
        book.sweep(now);
        book.keep();
        for (const [index, each] of [...model.entries()].reverse()) {
          for (const [key, { heard }] of each.peers) {
            if (now - heard < FIVE_MINUTES) continue;
            each.peers.delete(key);
            if (each.peers.size === 0) each.emptySince = now;
          }
          if (each.emptySince !== null && now - each.emptySince >= FIVE_MINUTES) {
            model.splice(index, 1);
          }
        }
        assert.deepEqual(
          book.list("", 100, now).map(({ party: id, peers }) => [id, peers]),
          model.map(({ id, peers }) => [id, peers.size]).sort(),
        );
        for (const { id, token, peers } of model) {
          const ids = bodyOf(book.peersOf(id, token, now)).peers.map((each) => each.peer);
          assert.deepEqual(ids.sort(), [...peers.values()].map((each) => each.id).sort());
        }
        assert.deepEqual(
          book.groups().map(({ name, keys }) => [name, [...keys].sort()]),
          model.filter(({ peers }) => peers.size > 1).map(({ id, peers }) => [
            id,
            [...peers.keys()].map((each) => testPeer(each).public_key).sort(),
          ]).sort(),
        );
      }
    }),
    { numRuns: 200 },
  );
});
