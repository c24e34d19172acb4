import assert from "node:assert/strict";
import fc from "fast-check";
import { signAnswer, signOffer, verifyAnswer, verifyOffer } from "./handshake.ts";
import { Identity } from "./identity.ts";
import { nodeCrypto as crypto } from "./node_crypto.ts";

const CLIENT = new Identity(crypto, new Uint8Array(32).fill(0x42));
const RELAY = new Identity(crypto, new Uint8Array(32));
const key32 = fc.uint8Array({ minLength: 32, maxLength: 32 });

Deno.test("offer and answer of the known handshake have the known signatures", () => {
  const clientKey = crypto.x25519Public(new Uint8Array(32).fill(1));
  const relayKey = crypto.x25519Public(new Uint8Array(32).fill(2));
  const offer = signOffer(CLIENT, clientKey);
  const answer = signAnswer(RELAY, relayKey);
  assert.equal(
    offer.toHex(),
    "aad2148622760be9662b0347ec01364e0a0ef0b127b0491e70692ec15a0ada84" +
      "f5a651731e6cdcb4827c83132e3c542c94abc0a5610d610bd1672c33d4a0a800",
  );
  assert.equal(
    answer.toHex(),
    "f84e03ad32cbd83bbfc6cf7f75ca2d391f7428d015d75f32ead38cc00ca26aa1" +
      "9f3a297ae17761b470cfb44cf23dea1ef55003c271e1c8fe44809ae9b435300a",
  );
  assert(verifyOffer(crypto, CLIENT.publicKey, clientKey, offer));
  assert(verifyAnswer(crypto, RELAY.publicKey, relayKey, answer));
});

Deno.test("a signature holds for its own identity, key and message kind only", () => {
  fc.assert(
    fc.property(key32, fc.nat(), fc.nat(7), (ephemeral, where, bit) => {
      const changed = (bytes: Uint8Array) =>
        bytes.map((byte, i) => i === where % bytes.length ? byte ^ (1 << bit) : byte);
      const offer = signOffer(CLIENT, ephemeral);
      const answer = signAnswer(CLIENT, ephemeral);
      assert(verifyOffer(crypto, CLIENT.publicKey, ephemeral, offer));
      assert(verifyAnswer(crypto, CLIENT.publicKey, ephemeral, answer));
      assert(!verifyAnswer(crypto, CLIENT.publicKey, ephemeral, offer));
      assert(!verifyOffer(crypto, CLIENT.publicKey, ephemeral, answer));
      assert(!verifyOffer(crypto, RELAY.publicKey, ephemeral, offer));
      assert(!verifyOffer(crypto, CLIENT.publicKey, changed(ephemeral), offer));
      assert(!verifyOffer(crypto, CLIENT.publicKey, ephemeral, changed(offer)));
    }),
    { numRuns: 100 },
  );
});

Deno.test("verifying anything of any length gives false and never throws", () => {
  const any = fc.uint8Array({ maxLength: 70 });
  fc.assert(fc.property(any, any, any, (identity, ephemeral, signature) => {
    assert(!verifyOffer(crypto, identity, ephemeral, signature));
    assert(!verifyAnswer(crypto, identity, ephemeral, signature));
  }));
  // A key one byte short and a label one byte long would otherwise sign the same bytes as another message.
  const signature = CLIENT.sign(new TextEncoder().encode("x".repeat(31) + "call-offer"));
  assert(!verifyOffer(crypto, CLIENT.publicKey, new Uint8Array(31).fill(0x78), signature));
  assert.throws(() => signOffer(CLIENT, new Uint8Array(31)), RangeError);
});
