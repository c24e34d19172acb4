import assert from "node:assert/strict";
import fc from "fast-check";
import { Identity } from "./identity.ts";
import { nodeCrypto as crypto } from "./node_crypto.ts";
import {
  PRESENCE_VALIDITY_MS,
  presenceTranscript,
  PresenceVerifier,
  signPresence,
} from "./presence_signature.ts";

const NOW = 1_800_000_000_000;
const ALICE = new Identity(crypto, new Uint8Array(32).fill(1));
const BOB = new Identity(crypto, new Uint8Array(32).fill(2));
const RELAY = new Uint8Array(32).fill(0xaa);
const OTHER_RELAY = new Uint8Array(32).fill(0xbb);

const verifier = (capacity?: number) => new PresenceVerifier(crypto, RELAY, capacity);

Deno.test("the signed bytes are label, relay, identity, time and nonce in that order", () => {
  const claim = {
    identityPublic: new Uint8Array(32).fill(0x11),
    issuedAt: 0x0102_0304_0506,
    nonce: new Uint8Array(16).fill(0x22),
  };
  const label = "777a702d70726573656e63652f31"; // "wzp-presence/1"
  const rest = "11".repeat(32) + "0000010203040506" + "22".repeat(16);
  assert.equal(presenceTranscript(claim, RELAY).toHex(), label + "aa".repeat(32) + rest);
  assert.equal(presenceTranscript(claim, null).toHex(), label + "00".repeat(32) + rest);
});

Deno.test("a registration is valid for the relay it was signed for, or for any when signed for none", () => {
  for (const relay of [RELAY, null]) {
    const { claim, signature } = signPresence(crypto, ALICE, relay, NOW);
    assert.equal(verifier().refusal(claim, signature, NOW), null);
  }
  const { claim, signature } = signPresence(crypto, ALICE, OTHER_RELAY, NOW);
  assert.equal(verifier().refusal(claim, signature, NOW), "presence_forged");
});

Deno.test("no changed claim or signature is valid", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(7), (where, bit) => {
      const changed = (bytes: Uint8Array) =>
        bytes.map((byte, i) => i === where % bytes.length ? byte ^ (1 << bit) : byte);
      const { claim, signature } = signPresence(crypto, ALICE, RELAY, NOW);
      const relay = verifier();
      const attempts: [typeof claim, Uint8Array][] = [
        [claim, changed(signature)],
        [{ ...claim, nonce: changed(claim.nonce) }, signature],
        [{ ...claim, issuedAt: claim.issuedAt + 1 + where % 1000 }, signature],
        [{ ...claim, identityPublic: changed(claim.identityPublic) }, signature],
        [{ ...claim, identityPublic: BOB.publicKey }, signature],
      ];
      for (const [attempt, attemptSignature] of attempts) {
        assert.equal(relay.refusal(attempt, attemptSignature, NOW), "presence_forged");
      }
      assert.equal(relay.remembered, 0);
      assert.equal(relay.refusal(claim, signature, NOW), null);
    }),
    { numRuns: 100 },
  );
});

Deno.test("a registration is valid within 120 s of the relay's clock on either side", () => {
  const { claim, signature } = signPresence(crypto, ALICE, RELAY, NOW);
  for (const distance of [-PRESENCE_VALIDITY_MS, 0, PRESENCE_VALIDITY_MS]) {
    assert.equal(verifier().refusal(claim, signature, NOW + distance), null);
  }
  for (const distance of [-PRESENCE_VALIDITY_MS - 1, PRESENCE_VALIDITY_MS + 1, Infinity, NaN]) {
    assert.equal(verifier().refusal(claim, signature, NOW + distance), "presence_expired");
  }
});

Deno.test("a nonce is good once per identity", () => {
  const relay = verifier();
  const { claim, signature } = signPresence(crypto, ALICE, RELAY, NOW);
  assert.equal(relay.refusal(claim, signature, NOW), null);
  assert.equal(relay.refusal(claim, signature, NOW + 1), "presence_replayed");
  const bobs = { ...claim, identityPublic: BOB.publicKey };
  assert.equal(relay.refusal(bobs, BOB.sign(presenceTranscript(bobs, RELAY)), NOW), null);
});

Deno.test("nothing accepted once is ever accepted again, whatever the order and pace of registrations", () => {
  const event = fc.record({
    advance: fc.oneof(fc.nat(1000), fc.nat(130_000), fc.nat(600_000)),
    skew: fc.integer({ min: -PRESENCE_VALIDITY_MS, max: PRESENCE_VALIDITY_MS }),
    replays: fc.array(fc.nat(), { maxLength: 5 }),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 30 }), (events) => {
      const relay = verifier();
      const sent: ReturnType<typeof signPresence>[] = [];
      let now = NOW;
      for (const { advance, skew, replays } of events) {
        now += advance;
        const fresh = signPresence(crypto, ALICE, RELAY, now + skew);
        assert.equal(relay.refusal(fresh.claim, fresh.signature, now), null);
        sent.push(fresh);
        for (const index of replays) {
          const old = sent[index % sent.length];
          assert(old);
          assert.notEqual(relay.refusal(old.claim, old.signature, now), null);
        }
      }
    }),
    { numRuns: 60 },
  );
});

Deno.test("the nonce store stays within its capacity, refuses while full and empties with time", () => {
  const relay = verifier(10);
  const register = (now: number) => {
    const { claim, signature } = signPresence(crypto, ALICE, RELAY, now);
    return relay.refusal(claim, signature, now);
  };
  for (let i = 0; i < 10; i++) assert.equal(register(NOW + i), null);
  for (let i = 0; i < 5; i++) assert.equal(register(NOW + 10 + i), "presence_busy");
  assert.equal(relay.remembered, 10);
  assert.equal(register(NOW + 4 * PRESENCE_VALIDITY_MS + 1), null);
  assert.equal(relay.remembered, 1);
  // Steady registrations inside the capacity are never refused.
  for (let i = 0; i < 200; i++) {
    assert.equal(register(NOW + 10 * PRESENCE_VALIDITY_MS + i * PRESENCE_VALIDITY_MS), null);
    assert(relay.remembered <= 10);
  }
});

Deno.test("a claim of any shape is refused without throwing, and signing for an impossible relay is wrong use", () => {
  const bytes = fc.uint8Array({ maxLength: 40 });
  const times = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(NOW, -1, 2 ** 53, NaN));
  fc.assert(
    fc.property(bytes, bytes, bytes, times, (identityPublic, nonce, signature, issuedAt) => {
      const refusal = verifier().refusal({ identityPublic, nonce, issuedAt }, signature, NOW);
      assert(refusal === "presence_forged" || refusal === "presence_expired");
    }),
  );
  assert.throws(() => signPresence(crypto, ALICE, new Uint8Array(31), NOW), RangeError);
  assert.throws(() => new PresenceVerifier(crypto, new Uint8Array(31)), RangeError);
});
