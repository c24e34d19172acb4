import assert from "node:assert/strict";
import fc from "fast-check";
import { RelayCertificate } from "./certificate.ts";
import {
  certificateMatches,
  type FederationExchange,
  federationTranscript,
  signFederationProof,
  verifyFederationProof,
} from "./federation_proof.ts";
import { nodeCrypto as crypto } from "./node_crypto.ts";

const DIALLER = new RelayCertificate(crypto, new Uint8Array(32).fill(1));
const ACCEPTOR = new RelayCertificate(crypto, new Uint8Array(32).fill(2));

const EXCHANGE: FederationExchange = {
  diallerFingerprint: DIALLER.fingerprintBytes,
  acceptorFingerprint: ACCEPTOR.fingerprintBytes,
  diallerNonce: new Uint8Array(16).fill(0x33),
  acceptorNonce: new Uint8Array(16).fill(0x44),
};

Deno.test("the signed hash is over label, fingerprints, nonces and role in that order", () => {
  const exchange = {
    diallerFingerprint: new Uint8Array(32).fill(0x11),
    acceptorFingerprint: new Uint8Array(32).fill(0x22),
    diallerNonce: new Uint8Array(16).fill(0x33),
    acceptorNonce: new Uint8Array(16).fill(0x44),
  };
  const transcript = "777a702d66656465726174696f6e2f31" + // "wzp-federation/1"
    "11".repeat(32) + "22".repeat(32) + "33".repeat(16) + "44".repeat(16) + "44";
  assert.deepEqual(
    federationTranscript(crypto, exchange),
    crypto.sha256(Uint8Array.fromHex(transcript)),
  );
});

Deno.test("the dialler's proof is accepted, and by no other acceptor, nonce or certificate", () => {
  const proof = signFederationProof(crypto, DIALLER, EXCHANGE);
  assert(verifyFederationProof(crypto, DIALLER.der, EXCHANGE, proof));
  const third = new RelayCertificate(crypto, new Uint8Array(32).fill(3));
  // A middleman that the dialler connected to passes the proof on to the acceptor.
  const atMiddleman = { ...EXCHANGE, acceptorFingerprint: third.fingerprintBytes };
  assert(
    !verifyFederationProof(
      crypto,
      DIALLER.der,
      EXCHANGE,
      signFederationProof(crypto, DIALLER, atMiddleman),
    ),
  );
  // Another relay signs with its own key and shows the dialler's certificate, or its own.
  const stolen = signFederationProof(crypto, third, EXCHANGE);
  assert(!verifyFederationProof(crypto, DIALLER.der, EXCHANGE, stolen));
  assert(!verifyFederationProof(crypto, third.der, EXCHANGE, stolen));
});

Deno.test("the acceptor's own words sent back to it are no proof", () => {
  const reflected: FederationExchange = {
    diallerFingerprint: EXCHANGE.acceptorFingerprint,
    acceptorFingerprint: EXCHANGE.diallerFingerprint,
    diallerNonce: EXCHANGE.acceptorNonce,
    acceptorNonce: EXCHANGE.diallerNonce,
  };
  const proof = signFederationProof(crypto, ACCEPTOR, reflected);
  assert(!verifyFederationProof(crypto, ACCEPTOR.der, EXCHANGE, proof));
  assert(!verifyFederationProof(crypto, DIALLER.der, EXCHANGE, proof));
});

Deno.test("no changed field, certificate or signature is accepted", () => {
  const fields = Object.keys(EXCHANGE) as (keyof FederationExchange)[];
  const proof = signFederationProof(crypto, DIALLER, EXCHANGE);
  fc.assert(
    fc.property(fc.constantFrom(...fields), fc.nat(), fc.nat(7), (field, where, bit) => {
      const changed = (bytes: Uint8Array) =>
        bytes.map((byte, i) => i === where % bytes.length ? byte ^ (1 << bit) : byte);
      const other = { ...EXCHANGE, [field]: changed(EXCHANGE[field]) };
      assert(!verifyFederationProof(crypto, DIALLER.der, other, proof));
      assert(!verifyFederationProof(crypto, changed(DIALLER.der), EXCHANGE, proof));
      assert(!verifyFederationProof(crypto, DIALLER.der, EXCHANGE, changed(proof)));
    }),
    { numRuns: 200 },
  );
});

Deno.test("a certificate that hashes right but cannot be read is no proof", () => {
  const certificate = new TextEncoder().encode("not a certificate");
  const exchange = { ...EXCHANGE, diallerFingerprint: crypto.sha256(certificate) };
  const proof = signFederationProof(crypto, DIALLER, exchange);
  assert(certificateMatches(crypto, certificate, exchange.diallerFingerprint));
  assert(!verifyFederationProof(crypto, certificate, exchange, proof));
});

Deno.test("a certificate matches the SHA-256 of itself and nothing else", () => {
  assert(certificateMatches(crypto, DIALLER.der, DIALLER.fingerprintBytes));
  assert(!certificateMatches(crypto, DIALLER.der, ACCEPTOR.fingerprintBytes));
  assert(!certificateMatches(crypto, DIALLER.der, DIALLER.fingerprintBytes.subarray(0, 31)));
  assert(!certificateMatches(crypto, DIALLER.der, new Uint8Array(0)));
});

Deno.test("an exchange of any shape is refused without throwing, and signing one is wrong use", () => {
  const bytes = fc.uint8Array({ maxLength: 40 });
  const shape = fc.record({
    diallerFingerprint: fc.oneof(fc.constant(EXCHANGE.diallerFingerprint), bytes),
    acceptorFingerprint: bytes,
    diallerNonce: bytes,
    acceptorNonce: bytes,
  });
  fc.assert(fc.property(shape, bytes, (exchange, signature) => {
    assert(!verifyFederationProof(crypto, DIALLER.der, exchange, signature));
  }));
  assert.throws(
    () => signFederationProof(crypto, DIALLER, { ...EXCHANGE, diallerNonce: new Uint8Array(15) }),
    RangeError,
  );
});
