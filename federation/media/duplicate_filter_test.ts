import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeLegacyLink } from "../../proto/legacy_link_datagram.ts";
import { encodeLinkMedia, setHopsLeft } from "../../proto/link_datagram.ts";
import { encodeMedia } from "../../proto/media_packet.ts";
import { DuplicateFilter, UNKNOWN_SENDER } from "./duplicate_filter.ts";

const crypto = { random: (length: number) => Uint8Array.from({ length }, (_, i) => i * 7) };
const general = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const other = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 9);
const origin = (last: number) => Uint8Array.of(9, 9, 9, 9, 9, 9, 9, last);

/** One byte of noise, the same of everybody. */
function noise(seq: number, timestamp = seq * 20): Uint8Array {
  return encodeMedia({ codec: "ComfortNoise", seq, timestamp, payload: Uint8Array.of(50) });
}

function named(packet: Uint8Array, from: number, sender: number, roomHash = general): Uint8Array {
  return encodeLinkMedia({ hopsLeft: 8, roomHash, origin: origin(from), sender, packet });
}

function tagged(packet: Uint8Array, roomHash = general): Uint8Array {
  return encodeLegacyLink({ roomHash, packet });
}

Deno.test("a copy is a duplicate for two seconds from the first, however many hops it has", () => {
  const filter = new DuplicateFilter(crypto);
  const datagram = named(noise(1), 1, 1);
  assert.equal(filter.isNew(datagram, 1_000), true);
  setHopsLeft(datagram, 3);
  assert.equal(filter.isNew(datagram, 1_000), false);
  assert.equal(filter.isNew(datagram, 2_999), false);
  assert.equal(filter.isNew(datagram, 3_000), true);
  assert.equal(filter.isNew(datagram, 4_999), false);
  assert.equal(filter.isNewLegacy(tagged(noise(2)), 0), true);
  assert.equal(filter.isNewLegacy(tagged(noise(2)), 1_999), false);
  assert.equal(filter.isNewLegacy(tagged(noise(2)), 2_000), true);
  // A copy that gives the first one its name does not make it younger.
  assert.equal(filter.isNew(named(noise(2), 1, 1), 3_900), false);
  assert.equal(filter.isNew(named(noise(2), 1, 1), 4_000), true);
});

Deno.test("equal noise of two senders, of two origins, in two rooms is not a duplicate", () => {
  const filter = new DuplicateFilter(crypto);
  for (const from of [1, 2]) {
    for (const sender of [1, 2]) {
      for (const room of [general, other]) {
        assert.equal(filter.isNew(named(noise(7), from, sender, room), 0), true);
      }
    }
  }
  for (const from of [1, 2]) {
    for (const sender of [1, 2]) {
      assert.equal(filter.isNew(named(noise(7), from, sender), 100), false);
    }
  }
  assert.equal(filter.isNewLegacy(tagged(noise(7)), 100), false);
});

Deno.test("sequence number and timestamp make a packet another one", () => {
  const filter = new DuplicateFilter(crypto);
  assert.equal(filter.isNew(named(noise(7, 140), 1, 1), 0), true);
  assert.equal(filter.isNew(named(noise(8, 140), 1, 1), 0), true);
  assert.equal(filter.isNew(named(noise(7, 160), 1, 1), 0), true);
});

Deno.test("whatever copies come, in whatever order, each sender's packet is new once", () => {
  // 0 came over a legacy link, 1 entered the mesh over one, the others name their sender.
  const copies = fc.array(fc.nat(5), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(copies, (kinds) => {
      const filter = new DuplicateFilter(crypto);
      let fresh = 0;
      for (const kind of kinds) {
        const isNew = kind === 0
          ? filter.isNewLegacy(tagged(noise(1)), 0)
          : filter.isNew(named(noise(1), kind, kind === 1 ? UNKNOWN_SENDER : kind), 0);
        if (isNew) fresh += 1;
      }
      const senders = new Set(kinds.filter((kind) => kind > 1)).size;
      assert.equal(fresh, Math.max(1, senders));
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("what this relay sent itself is known when it comes back in either form", () => {
  const filter = new DuplicateFilter(crypto);
  filter.own(general, noise(1), origin(1), 4, 0);
  assert.equal(filter.isNewLegacy(tagged(noise(1)), 10), false);
  assert.equal(filter.isNew(named(noise(1), 2, UNKNOWN_SENDER), 10), false);
  assert.equal(filter.isNew(named(noise(1), 1, 4), 10), false);
  assert.equal(filter.isNew(named(noise(1), 1, 5), 10), true);
});

Deno.test("memory is bounded: a full filter forgets its oldest entries first", () => {
  const places = 16;
  const filter = new DuplicateFilter(crypto, places);
  const count = places * 16 * 4;
  for (let seq = 0; seq < count; seq++) filter.isNew(named(noise(seq), 1, 1), seq / 1_000);
  let known = 0;
  for (let seq = count - places; seq < count; seq++) {
    if (!filter.isNew(named(noise(seq), 1, 1), 1)) known += 1;
  }
  assert.equal(known, places);
  let forgotten = 0;
  for (let seq = 0; seq < count / 4; seq++) {
    if (filter.isNew(named(noise(seq), 1, 1), 1)) forgotten += 1;
  }
  assert.equal(forgotten, count / 4);
});

Deno.test("at 20,000 packets/s every copy that is up to a second late is found", () => {
  const filter = new DuplicateFilter(crypto);
  const packet = (i: number) => named(noise(i & 0xffff, i), 1, i % 97 + 1);
  for (let i = 0; i < 80_000; i++) {
    assert.equal(filter.isNew(packet(i), i / 20), true);
    if (i >= 20_000) assert.equal(filter.isNew(packet(i - 20_000), i / 20), false, `packet ${i}`);
  }
});
