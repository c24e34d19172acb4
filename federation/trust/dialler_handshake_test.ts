import assert from "node:assert/strict";
import fc from "fast-check";
import { WireError } from "../../proto/errors.ts";
import { verifyFederationProof } from "../../proto/federation_proof.ts";
import { nodeCrypto as crypto } from "../../proto/node_crypto.ts";
import { decodeSignal, encodeSignal, type Signal, type SignalOf } from "../../proto/signal/mod.ts";
import { DiallerHandshake, type DiallerStep } from "./dialler_handshake.ts";
import { testCertificate, testRelay } from "./testing_relays.ts";

const OWN = testRelay(1, "me");
const PINNED = testCertificate(2).fingerprintBytes;
const CHALLENGE: SignalOf<"FederationChallenge"> = {
  type: "FederationChallenge",
  nonce: new Uint8Array(16).fill(7),
  ext: testRelay(2, "you").ext(),
};
const READY = { type: "FederationReady" } as const;
const ANNOUNCEMENT = { type: "GlobalRoomActive", room: "general", participants: [] } as const;

const begin = () => new DiallerHandshake(OWN, PINNED);

function refusalOf(step: DiallerStep): string {
  assert.equal(step.then, "refuse", JSON.stringify(step));
  return (step as Extract<DiallerStep, { then: "refuse" }>).refusal;
}

Deno.test("the hello shows certificate, fingerprint in colon form and a fresh nonce, and fits on the wire", () => {
  const { hello } = begin();
  assert.equal(hello.tls_fingerprint, OWN.certificate.fingerprint);
  assert.deepEqual(hello.ext!.cert, OWN.certificate.der);
  assert.equal(hello.ext!.advertised_addr, "192.0.2.1:4433");
  assert.deepEqual(decodeSignal(encodeSignal(hello)), hello);
  assert.notDeepEqual(begin().hello.ext!.nonce, hello.ext!.nonce);
});

Deno.test("the proof is for the acceptor that was pinned, and Ready makes the link", () => {
  const handshake = begin();
  const step = handshake.receive(CHALLENGE) as Extract<DiallerStep, { then: "prove" }>;
  assert.equal(step.then, "prove");
  const exchange = {
    diallerFingerprint: OWN.certificate.fingerprintBytes,
    acceptorFingerprint: PINNED,
    diallerNonce: handshake.hello.ext!.nonce!,
    acceptorNonce: CHALLENGE.nonce,
  };
  assert(verifyFederationProof(crypto, OWN.certificate.der, exchange, step.message.signature));
  const end = handshake.receive(READY) as Extract<DiallerStep, { then: "accept" }>;
  assert.equal(end.then, "accept");
  assert.equal(end.relay.key, PINNED.toHex());
  assert.equal(end.relay.ext!.name, "you");
  assert.equal(handshake.receive(READY).then, "refuse");
});

Deno.test("a relay that begins with announcements, or with nothing, is an original", () => {
  assert.deepEqual(begin().receive(ANNOUNCEMENT), { then: "original", first: ANNOUNCEMENT });
  assert.deepEqual(begin().expire(), { then: "original", first: null });
});

Deno.test("once it has asked for a proof it is none any more", () => {
  const silent = begin();
  silent.receive(CHALLENGE);
  assert.equal(refusalOf(silent.expire()), "timeout");
  for (const message of [ANNOUNCEMENT, CHALLENGE]) {
    const handshake = begin();
    handshake.receive(CHALLENGE);
    assert.equal(refusalOf(handshake.receive(message)), "unexpected_message");
  }
});

Deno.test("an acceptor in the dialler's role, and a link that nobody asked to prove, are refused", () => {
  assert.equal(refusalOf(begin().receive(begin().hello)), "wrong_role");
  assert.equal(
    refusalOf(begin().receive({ type: "FederationProof", signature: new Uint8Array(64) })),
    "wrong_role",
  );
  assert.equal(refusalOf(begin().receive(READY)), "unexpected_message");
});

Deno.test("the link is there after challenge and Ready in this order, and never otherwise", () => {
  const messages: readonly (Signal | WireError)[] = [
    CHALLENGE,
    READY,
    ANNOUNCEMENT,
    { type: "unknown", variant: "X" },
    new WireError("not_json", "x"),
    { type: "Ping", timestamp_ms: 1 },
  ];
  fc.assert(fc.property(fc.array(fc.constantFrom(...messages), { maxLength: 6 }), (order) => {
    const handshake = begin();
    const seen: (Signal | WireError)[] = [];
    for (const message of order) {
      const step = handshake.receive(message);
      if (!(message instanceof WireError) && message.type !== "unknown") seen.push(message);
      if (step.then === "accept") assert.deepEqual(seen, [CHALLENGE, READY]);
      if (step.then === "original") assert.equal(seen.length, 1);
      if (step.then !== "wait" && step.then !== "prove") return;
    }
  }));
});
