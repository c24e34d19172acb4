import assert from "node:assert/strict";
import fc from "fast-check";
import { connectionIdKey, destinationKey, splitDatagram, startsConnection } from "./packet.ts";

const ID = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

/** A long header of version 1 with 8-byte ids: 23 bytes without token and length. */
function longHeader(first: number, version = 1): number[] {
  return [first, 0, 0, 0, version, 8, ...ID, 8, ...ID.map((byte) => byte + 100)];
}

function handshakePacket(payload: number): number[] {
  return [...longHeader(0xe3), 0x40, payload, ...new Array<number>(payload).fill(7)];
}

const shortPacket = [0x43, ...ID, 9, 9, 9];

Deno.test("a datagram is addressed to the connection id in its short header", () => {
  assert.equal(destinationKey(Uint8Array.from(shortPacket)), connectionIdKey(ID));
});

Deno.test("a datagram is addressed to the connection id in its long header, of any length", () => {
  assert.equal(destinationKey(Uint8Array.from(longHeader(0xc0))), connectionIdKey(ID));
  const long = Uint8Array.from({ length: 20 }, (_, i) => i);
  assert.equal(
    destinationKey(Uint8Array.of(0xc0, 0, 0, 0, 1, 20, ...long, 0)),
    connectionIdKey(long),
  );
});

Deno.test("different connection ids have different keys", () => {
  const id = fc.uint8Array({ maxLength: 20 });
  fc.assert(fc.property(id, id, (a, b) => {
    assert.equal(connectionIdKey(a) === connectionIdKey(b), a.join() === b.join());
  }));
});

Deno.test("what is too short or has too long an id is addressed to nobody", () => {
  for (const bytes of [[], [0x43], shortPacket.slice(0, 8), longHeader(0xc0).slice(0, 13)]) {
    assert.equal(destinationKey(Uint8Array.from(bytes)), null);
  }
  assert.equal(destinationKey(Uint8Array.of(0xc0, 0, 0, 0, 1, 21, ...new Uint8Array(30))), null);
});

Deno.test("only a full-size Initial of version 1 starts a connection", () => {
  const datagram = (first: number, version: number, length: number) => {
    const bytes = new Uint8Array(length);
    bytes.set(longHeader(first, version));
    return bytes;
  };
  assert.equal(startsConnection(datagram(0xc3, 1, 1_200)), true);
  assert.equal(startsConnection(datagram(0xc3, 1, 1_199)), false);
  assert.equal(startsConnection(datagram(0xe3, 1, 1_200)), false);
  assert.equal(startsConnection(datagram(0x43, 1, 1_200)), false);
  assert.equal(startsConnection(datagram(0xc3, 2, 1_200)), false);
  const shortId = datagram(0xc3, 1, 1_200);
  shortId[5] = 7;
  assert.equal(startsConnection(shortId), false);
});

Deno.test("packets that share a datagram are told apart", () => {
  const initial = [...longHeader(0xc1), 2, 0xaa, 0xbb, 5, 1, 2, 3, 4, 5];
  const handshake = handshakePacket(60);
  const datagram = Uint8Array.from([...initial, ...handshake, ...shortPacket]);
  const packets = splitDatagram(datagram).map((packet) => [...packet]);
  assert.deepEqual(packets, [initial, handshake, shortPacket]);
});

Deno.test("a packet that says it is longer than the datagram, or has no length, takes the rest", () => {
  const cut = handshakePacket(60).slice(0, 50);
  const retry = [...longHeader(0xf0), 1, 2, 3];
  const negotiation = [...longHeader(0xc0, 0), 0, 0, 0, 1];
  for (const bytes of [cut, retry, negotiation, shortPacket, longHeader(0xe0)]) {
    assert.deepEqual(splitDatagram(Uint8Array.from(bytes)).map((each) => [...each]), [bytes]);
  }
});

Deno.test("splitting loses nothing and ends, whatever the bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const packets = splitDatagram(bytes);
      assert.deepEqual(packets.flatMap((packet) => [...packet]), [...bytes]);
      assert.ok(packets.every((packet) => packet.length > 0));
    }),
    { numRuns: 2_000 },
  );
});
