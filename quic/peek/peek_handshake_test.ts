import assert from "node:assert/strict";
import fc from "fast-check";
import { QuicError } from "../errors.ts";
import { ByteReader } from "./byte_reader.ts";
import { CryptoStream } from "./crypto_stream.ts";
import { readLongHeader } from "./long_header.ts";
import { initialKeys, protect, unprotect } from "./packet_keys.ts";
import { PeekHandshake } from "./peek_handshake.ts";

const hex = (bytes: Uint8Array) =>
  bytes.reduce((text, b) => text + b.toString(16).padStart(2, "0"), "");
const bytes = (text: string) => Uint8Array.from(text.match(/../g)!, (pair) => parseInt(pair, 16));

Deno.test("Initial keys are those of RFC 9001, appendix A.1", () => {
  const { client, server } = initialKeys(bytes("8394c8f03e515708"));
  assert.equal(hex(client.key), "1f369613dd76d5467730efcbe3b1a22d");
  assert.equal(hex(client.iv), "fa044b2f42a3fd3b46fb255c");
  assert.equal(hex(client.headerKey), "9f50449e04a0e810283a1e9933adedd2");
  assert.equal(hex(server.key), "cf3a5331653c364c88f0f379b6067e37");
  assert.equal(hex(server.iv), "0ac1493ca1905853b0bba03e");
  assert.equal(hex(server.headerKey), "c206b8d9b9f0f37644430b490eeaa314");
});

Deno.test("a protected packet opens with the same keys and with no others", () => {
  const { client, server } = initialKeys(bytes("8394c8f03e515708"));
  const header = bytes("c10000000108f067a5502a4262b5000041170001");
  const payload = new Uint8Array(40).fill(7);
  const packet = protect(client, header, 1, 2, payload);
  const numberAt = header.length - 2;
  assert.deepEqual(unprotect(client, packet, numberAt), payload);
  assert.equal(unprotect(server, packet, numberAt), null);
  packet[30]! ^= 1;
  assert.equal(unprotect(client, packet, numberAt), null);
});

Deno.test("the request is one Initial datagram of 1,200 bytes that carries the server name", () => {
  const request = new PeekHandshake({ serverName: "general", alpn: "wzp" }).request();
  assert.equal(request.length, 1200);
  const packet = readLongHeader(request)!;
  assert.equal(packet.bytes.length, 1200);
  const payload = unprotect(initialKeys(packet.dcid).client, packet.bytes, packet.numberAt)!;
  const text = new TextDecoder("latin1").decode(payload);
  assert.match(text, /general/);
  assert.ok(text.includes("wzp"));
});

Deno.test("a repeated request has a packet number of its own", () => {
  const handshake = new PeekHandshake({ serverName: "a", alpn: "wzp" });
  assert.notDeepEqual(handshake.request(), handshake.request());
});

Deno.test("a refusal by the server is explained", () => {
  const handshake = new PeekHandshake({ serverName: "general", alpn: "wzp" });
  const answer = serverInitial(handshake, [0x1c, 0x41, 0x78, 0, 0]);
  assert.throws(
    () => handshake.receive(answer),
    (error: unknown) => error instanceof QuicError && /ALPN/.test(error.message),
  );
});

Deno.test("another QUIC version and a Retry are explained", () => {
  const handshake = new PeekHandshake({ serverName: "general", alpn: "wzp" });
  const { scid, dcid } = readLongHeader(handshake.request())!;
  const ids = [scid.length, ...scid, dcid.length, ...dcid];
  const negotiation = Uint8Array.from([0x80, 0, 0, 0, 0, ...ids, 0, 0, 0, 2]);
  assert.throws(() => handshake.receive(negotiation), /version 1/);
  const retry = Uint8Array.from([0xf0, 0, 0, 0, 1, ...ids, 1, 2, 3]);
  assert.throws(() => handshake.receive(retry), /Retry/);
});

Deno.test("datagrams that are not for this attempt are ignored, whatever they hold", () => {
  const handshake = new PeekHandshake({ serverName: "general", alpn: "wzp" });
  fc.assert(fc.property(fc.uint8Array({ maxLength: 1400 }), (noise) => {
    assert.equal(handshake.receive(noise), null);
  }));
});

Deno.test("authenticated nonsense from the server is refused as QuicError", () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 4, maxLength: 200 }), (frames) => {
    const handshake = new PeekHandshake({ serverName: "general", alpn: "wzp" });
    try {
      assert.equal(handshake.receive(serverInitial(handshake, [...frames])), null);
    } catch (error) {
      assert.ok(error instanceof QuicError, String(error));
    }
  }));
});

Deno.test("a TLS stream is put together from pieces in any order", () => {
  fc.assert(fc.property(
    fc.uint8Array({ minLength: 1, maxLength: 300 }).chain((whole) =>
      fc.tuple(
        fc.constant(whole),
        fc.shuffledSubarray([...whole.keys()], { minLength: whole.length }),
      )
    ),
    ([whole, order]) => {
      const stream = new CryptoStream();
      const size = Math.ceil(whole.length / 32);
      for (const i of order.filter((i) => i % size === 0)) stream.add(i, whole.slice(i, i + size));
      assert.deepEqual(stream.ready, whole);
    },
  ));
});

Deno.test("variable-length integers read as in RFC 9000, appendix A.1", () => {
  assert.equal(new ByteReader(bytes("9d7f3e7d")).varint(), 494878333);
  assert.equal(new ByteReader(bytes("7bbd")).varint(), 15293);
  assert.equal(new ByteReader(bytes("25")).varint(), 37);
  assert.throws(() => new ByteReader(bytes("7b")).varint(), QuicError);
});

/** An Initial packet as the server of `handshake` would protect it. */
function serverInitial(handshake: PeekHandshake, frames: number[]): Uint8Array {
  const { dcid, scid } = readLongHeader(handshake.request())!;
  const payload = Uint8Array.from([...frames, ...new Array(20).fill(0)]);
  const length = 1 + payload.length + 16;
  const header = Uint8Array.from([
    0xc0,
    0,
    0,
    0,
    1,
    scid.length,
    ...scid,
    4,
    1,
    2,
    3,
    4,
    0,
    0x40 | length >> 8,
    length & 0xff,
    0,
  ]);
  return protect(initialKeys(dcid).server, header, 0, 1, payload);
}
