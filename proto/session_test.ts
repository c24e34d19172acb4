import assert from "node:assert/strict";
import fc from "fast-check";
import { nodeCrypto as crypto } from "./node_crypto.ts";
import {
  EphemeralKey,
  rekeyedSessionKey,
  Session,
  sessionId,
  sessionKey,
  sessionNonce,
  sessionSas,
} from "./session.ts";

const key = (byte: number) => new EphemeralKey(crypto, new Uint8Array(32).fill(byte));
const ascii = (text: string) => new TextEncoder().encode(text);

function pair(): [Session, Session] {
  const client = key(1);
  const relay = key(2);
  const ends = [
    Session.agree(crypto, client, relay.publicKey),
    Session.agree(crypto, relay, client.publicKey),
  ];
  assert(ends[0] && ends[1]);
  return [ends[0], ends[1]];
}

Deno.test("the known handshake gives the known keys, session id, code and nonce", () => {
  assert.equal(
    key(1).publicKey.toHex(),
    "a4e09292b651c278b9772c569f5fa9bb13d906b46ab68c9df9dc2b4409f8a209",
  );
  assert.equal(
    key(2).publicKey.toHex(),
    "ce8d3ad1ccb633ec7b70c17814a5c76ecd029685050d344745ba05870e587d59",
  );
  const shared = key(1).agree(key(2).publicKey);
  assert(shared);
  assert.equal(
    shared.toHex(),
    "2ed76ab549b1e73c031eb49c9448f0798aea81b698279a0c3dc3e49fbfc4b953",
  );
  const secret = sessionKey(crypto, shared);
  assert.equal(
    secret.toHex(),
    "92eaaffae7c421e9a926f9c0cea20c20d0d61c3b46f8a4d26f8b91ed7b16281f",
  );
  assert.equal(sessionId(crypto, secret).toHex(), "1e613c37");
  assert.equal(sessionSas(crypto, shared), "2374");
  assert.equal(sessionNonce(sessionId(crypto, secret), 0).toHex(), "1e613c370000000000000000");
  assert.equal(
    sessionNonce(sessionId(crypto, secret), 0x01020304).toHex(),
    "1e613c370102030400000000",
  );
});

Deno.test("the known session seals the known bytes, and a rekey gives the known key", () => {
  const [client] = pair();
  assert.equal(client.sas, "2374");
  assert.equal(
    client.seal(ascii("test-header"), ascii("hello warzone")).toHex(),
    "b281fbf73b2ad18cda874d3e73e074abc606c2b267197a0c7483b5edd1",
  );
  const shared = key(3).agree(key(4).publicKey);
  assert(shared);
  assert.equal(
    shared.toHex(),
    "40e47a3f525bdcac491d418978d7db5af623ac7afe7623c6d78a5d4fce9d0f63",
  );
  const oldKey = Uint8Array.fromHex(
    "92eaaffae7c421e9a926f9c0cea20c20d0d61c3b46f8a4d26f8b91ed7b16281f",
  );
  const newKey = rekeyedSessionKey(crypto, oldKey, shared);
  assert.equal(
    newKey.toHex(),
    "80a50ffa447479bb72967a3b611d3dc9310abf9ca4e10eabecc18807c919b5de",
  );
  // A rekeyed session uses that key from counter 0.
  assert(client.rekey(key(3), key(4).publicKey));
  const nonce = sessionNonce(sessionId(crypto, newKey), 0);
  assert.deepEqual(
    client.seal(ascii("h"), ascii("p")),
    crypto.seal(newKey, nonce, ascii("h"), ascii("p")),
  );
});

Deno.test("packets open in the order they were sealed, each once, before and after a rekey", () => {
  const packet = fc.record({ aad: fc.uint8Array(), plain: fc.uint8Array() });
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 20 }), fc.nat(20), (packets, rekeyAt) => {
      const [client, relay] = pair();
      for (const [i, { aad, plain }] of packets.entries()) {
        if (i === rekeyAt) {
          assert(client.rekey(key(3), key(4).publicKey));
          assert(relay.rekey(key(4), key(3).publicKey));
        }
        const sealed = client.seal(aad, plain);
        assert.deepEqual(relay.open(aad, sealed), plain);
        assert.equal(relay.open(aad, sealed), null);
      }
    }),
    { numRuns: 50 },
  );
});

Deno.test("a forged packet does not move the counter, a lost one puts the ends out of step until a rekey", () => {
  const [client, relay] = pair();
  const first = client.seal(ascii("a"), ascii("one"));
  assert.equal(relay.open(ascii("b"), first), null);
  assert.equal(relay.open(ascii("a"), new Uint8Array(40)), null);
  assert.deepEqual(relay.open(ascii("a"), first), ascii("one"));
  client.seal(ascii("a"), ascii("lost"));
  assert.equal(relay.open(ascii("a"), client.seal(ascii("a"), ascii("three"))), null);
  assert(client.rekey(key(3), key(4).publicKey) && relay.rekey(key(4), key(3).publicKey));
  assert.deepEqual(relay.open(ascii("a"), client.seal(ascii("a"), ascii("four"))), ascii("four"));
});

Deno.test("each direction counts on its own", () => {
  const [client, relay] = pair();
  client.seal(ascii("a"), ascii("not delivered"));
  assert.deepEqual(client.open(ascii("r"), relay.seal(ascii("r"), ascii("back"))), ascii("back"));
});

Deno.test("a peer key that cannot be used gives no session and leaves an existing one as it is", () => {
  const lowOrder = new Uint8Array(32);
  assert.equal(Session.agree(crypto, key(1), lowOrder), null);
  assert.equal(Session.agree(crypto, key(1), new Uint8Array(31)), null);
  const [client, relay] = pair();
  assert.equal(client.rekey(key(3), lowOrder), false);
  assert.deepEqual(relay.open(ascii("a"), client.seal(ascii("a"), ascii("b"))), ascii("b"));
});

Deno.test("fresh ephemeral keys differ, and codes always have four digits", () => {
  assert.notDeepEqual(new EphemeralKey(crypto).publicKey, new EphemeralKey(crypto).publicKey);
  fc.assert(fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (shared) => {
    const code = sessionSas(crypto, shared);
    assert.match(code, /^\d{4}$/);
    const bytes = crypto.hkdf(shared, new Uint8Array(0), "warzone-sas-code", 4);
    assert.equal(Number(code), Number(BigInt(`0x${bytes.toHex()}`) % 10_000n));
  }));
});

Deno.test("neither a session nor an ephemeral key shows a secret when printed or turned into JSON", () => {
  const [client] = pair();
  const ephemeral = key(1);
  const printed = Deno.inspect([client, ephemeral], {
    depth: 10,
    iterableLimit: 1000,
    showHidden: true,
  });
  const text = (printed + JSON.stringify([client, ephemeral])).replace(/\s+/g, "");
  const shared = key(1).agree(key(2).publicKey);
  assert(shared);
  assert(text.includes(ephemeral.publicKey.slice(0, 6).join(",")));
  for (const secret of [new Uint8Array(32).fill(1), shared, sessionKey(crypto, shared)]) {
    assert(!text.includes(secret.slice(0, 6).join(",")));
  }
});
