import assert from "node:assert/strict";
import fc from "fast-check";
import { WireError } from "../../proto/errors.ts";
import { concatBytes } from "../../proto/concat_bytes.ts";
import { type FederationExchange, signFederationProof } from "../../proto/federation_proof.ts";
import { nodeCrypto as crypto } from "../../proto/node_crypto.ts";
import type { Signal, SignalOf } from "../../proto/signal/mod.ts";
import { AcceptorHandshake, type AcceptorParts, type AcceptorStep } from "./acceptor_handshake.ts";
import { DiallerHandshake } from "./dialler_handshake.ts";
import { ProvenNonces } from "./proven_nonces.ts";
import { testCertificate, testRelay } from "./testing_relays.ts";

const DIALLER = testRelay(1, "dialler");
const ACCEPTOR = testRelay(2, "acceptor");
const STRANGER = testRelay(3);

function parts(more: Partial<AcceptorParts> = {}): AcceptorParts {
  return {
    own: ACCEPTOR,
    proven: new ProvenNonces(),
    judge: (relay) => relay === DIALLER.key ? null : "unknown_relay",
    mayAskStranger: () => true,
    ...more,
  };
}

function begin(more: Partial<AcceptorParts> = {}, own = DIALLER) {
  const acceptor = new AcceptorHandshake(parts(more));
  const dialler = new DiallerHandshake(own, ACCEPTOR.certificate.fingerprintBytes);
  return { acceptor, dialler };
}

function challengeOf(step: AcceptorStep): SignalOf<"FederationChallenge"> {
  assert.equal(step.then, "challenge", JSON.stringify(step));
  return (step as Extract<AcceptorStep, { then: "challenge" }>).message;
}

function refusalOf(step: AcceptorStep): string {
  assert.equal(step.then, "refuse", JSON.stringify(step));
  return (step as Extract<AcceptorStep, { then: "refuse" }>).refusal;
}

type HelloExt = NonNullable<SignalOf<"FederationHello">["ext"]>;

function hello(dialler: DiallerHandshake, change: Partial<HelloExt>): SignalOf<"FederationHello"> {
  return { ...dialler.hello, ext: { ...dialler.hello.ext!, ...change } };
}

/** The proof for a challenge, after a change to what is signed. */
function proof(
  dialler: DiallerHandshake,
  challenge: SignalOf<"FederationChallenge">,
  change: (exchange: FederationExchange) => FederationExchange,
  signer = testCertificate(1),
): SignalOf<"FederationProof"> {
  const exchange = change({
    diallerFingerprint: DIALLER.certificate.fingerprintBytes,
    acceptorFingerprint: ACCEPTOR.certificate.fingerprintBytes,
    diallerNonce: dialler.hello.ext!.nonce!,
    acceptorNonce: challenge.nonce,
  });
  return { type: "FederationProof", signature: signFederationProof(crypto, signer, exchange) };
}

Deno.test("a relay that proves its key is accepted, with what it said of itself", () => {
  const { acceptor, dialler } = begin();
  const challenge = challengeOf(acceptor.receive(dialler.hello));
  assert.equal(challenge.ext!.name, "acceptor");
  assert.deepEqual(challenge.ext!.caps, [
    "prove",
    "media2",
    "directory",
    "topology",
    "rooms",
    "drain",
    "carry",
    "place",
    "parties",
  ]);
  const step = dialler.receive(challenge);
  assert.equal(step.then, "prove");
  const accepted = acceptor.receive((step as { message: Signal }).message);
  assert.equal(accepted.then, "accept");
  const { relay } = accepted as Extract<AcceptorStep, { then: "accept" }>;
  assert.equal(relay.key, DIALLER.key);
  assert.equal(relay.ext!.name, "dialler");
  assert.equal(relay.ext!.instance, DIALLER.instance);
});

Deno.test("a proof for an earlier challenge is worth nothing", () => {
  const first = begin();
  const old = challengeOf(first.acceptor.receive(first.dialler.hello));
  const recorded = proof(first.dialler, old, (exchange) => exchange);
  const again = new AcceptorHandshake(parts());
  challengeOf(again.receive(first.dialler.hello));
  assert.equal(refusalOf(again.receive(recorded)), "bad_proof");
});

Deno.test("a hello that a proof was given for is known when it comes again", () => {
  const proven = new ProvenNonces();
  const { acceptor, dialler } = begin({ proven });
  const challenge = challengeOf(acceptor.receive(dialler.hello));
  assert.equal(acceptor.receive(proof(dialler, challenge, (exchange) => exchange)).then, "accept");
  const again = new AcceptorHandshake(parts({ proven }));
  assert.equal(refusalOf(again.receive(dialler.hello)), "replay");
});

Deno.test("only so many nonces are remembered, the newest", () => {
  const nonces = new ProvenNonces(2);
  const [a, b, c] = [1, 2, 3].map((byte) => new Uint8Array(16).fill(byte));
  for (const nonce of [a, b, c]) nonces.add(nonce!);
  assert.deepEqual([a, b, c].map((nonce) => nonces.has(nonce!)), [false, true, true]);
});

Deno.test("no two challenges have the same nonce", () => {
  const nonces = Array.from({ length: 50 }, () => {
    const { acceptor, dialler } = begin();
    return challengeOf(acceptor.receive(dialler.hello)).nonce.toHex();
  });
  assert.equal(new Set(nonces).size, 50);
});

Deno.test("a proof with swapped fingerprints, another key, another acceptor or another role is refused", () => {
  const swap = (exchange: FederationExchange) => ({
    ...exchange,
    diallerFingerprint: exchange.acceptorFingerprint,
    acceptorFingerprint: exchange.diallerFingerprint,
  });
  const elsewhere = (exchange: FederationExchange) => ({
    ...exchange,
    acceptorFingerprint: STRANGER.certificate.fingerprintBytes,
  });
  const cases: [string, (d: DiallerHandshake, c: SignalOf<"FederationChallenge">) => Signal][] = [
    ["swapped", (dialler, challenge) => proof(dialler, challenge, swap)],
    ["wrong key", (d, challenge) => proof(d, challenge, (e) => e, testCertificate(3))],
    ["middleman", (dialler, challenge) => proof(dialler, challenge, elsewhere)],
    ["acceptor's role", (dialler, challenge) => ({
      type: "FederationProof",
      signature: testCertificate(1).sign(crypto.sha256(concatBytes(
        new TextEncoder().encode("wzp-federation/1"),
        DIALLER.certificate.fingerprintBytes,
        ACCEPTOR.certificate.fingerprintBytes,
        dialler.hello.ext!.nonce!,
        challenge.nonce,
        Uint8Array.of(0x41),
      ))),
    })],
    ["empty", () => ({ type: "FederationProof", signature: new Uint8Array(0) })],
  ];
  for (const [name, forge] of cases) {
    const { acceptor, dialler } = begin();
    const challenge = challengeOf(acceptor.receive(dialler.hello));
    assert.equal(refusalOf(acceptor.receive(forge(dialler, challenge))), "bad_proof", name);
  }
});

Deno.test("a dialler that plays the acceptor is in the wrong role", () => {
  const challenge: Signal = { type: "FederationChallenge", nonce: new Uint8Array(16), ext: null };
  for (const message of [challenge, { type: "FederationReady" } as const]) {
    assert.equal(refusalOf(begin().acceptor.receive(message)), "wrong_role");
    const { acceptor, dialler } = begin();
    acceptor.receive(dialler.hello);
    assert.equal(refusalOf(acceptor.receive(message)), "wrong_role");
  }
});

Deno.test("a certificate that does not fit, is missing, too large or this relay's own is refused", () => {
  const first = (change: Partial<HelloExt>, fingerprint?: string) => {
    const { acceptor, dialler } = begin({ judge: () => null });
    const message = hello(dialler, change);
    return acceptor.receive(
      fingerprint === undefined ? message : { ...message, tls_fingerprint: fingerprint },
    );
  };
  const own = ACCEPTOR.certificate;
  assert.equal(refusalOf(first({ cert: testCertificate(3).der })), "fingerprint_mismatch");
  assert.equal(refusalOf(first({}, own.fingerprint)), "fingerprint_mismatch");
  assert.equal(refusalOf(first({ cert: own.der }, own.fingerprint)), "own_certificate");
  assert.equal(refusalOf(first({ cert: null })), "bad_hello");
  assert.equal(refusalOf(first({ nonce: null })), "bad_hello");
  assert.equal(refusalOf(first({}, "no fingerprint")), "bad_hello");
  const large = new Uint8Array(1025);
  assert.equal(
    refusalOf(first({ cert: large }, crypto.sha256(large).toHex())),
    "bad_hello",
  );
  // Of the right size and hash, but no certificate: nobody can have signed for it.
  const junk = new Uint8Array(1024);
  const { acceptor, dialler } = begin({ judge: () => null });
  const message = hello(dialler, { cert: junk });
  const challenge = challengeOf(
    acceptor.receive({ ...message, tls_fingerprint: crypto.sha256(junk).toHex() }),
  );
  assert.equal(refusalOf(acceptor.receive(proof(dialler, challenge, (e) => e))), "bad_proof");
});

Deno.test("a hello without ext or without prove is an original's, whatever it claims", () => {
  const { acceptor, dialler } = begin();
  const claim = { type: "FederationHello", tls_fingerprint: "anything", ext: null } as const;
  assert.deepEqual(acceptor.receive(claim), { then: "original", hello: "anything" });
  const other = new AcceptorHandshake(parts());
  assert.equal(other.receive(hello(dialler, { caps: ["media2"] })).then, "original");
});

Deno.test("a stranger proves itself and is refused all the same, when there is time for it", () => {
  const { acceptor, dialler } = begin({}, STRANGER);
  const challenge = challengeOf(acceptor.receive(dialler.hello));
  const step = dialler.receive(challenge);
  const end = acceptor.receive((step as { message: Signal }).message);
  assert.equal(refusalOf(end), "unknown_relay");
  assert.equal((end as { relay: string | null }).relay, STRANGER.key);

  const busy = begin({ mayAskStranger: () => false }, STRANGER);
  const refused = busy.acceptor.receive(busy.dialler.hello);
  assert.equal(refusalOf(refused), "unknown_relay");
  assert.equal((refused as { relay: string | null }).relay, null);
});

Deno.test("a relay that is taken out of the configuration meanwhile is not accepted", () => {
  let known = true;
  const { acceptor, dialler } = begin({ judge: () => known ? null : "unknown_relay" });
  const challenge = challengeOf(acceptor.receive(dialler.hello));
  known = false;
  assert.equal(refusalOf(acceptor.receive(proof(dialler, challenge, (e) => e))), "unknown_relay");
});

Deno.test("whatever is sent in whatever order, only the fresh proof of a trusted key is accepted", () => {
  const recorded = begin();
  const old = challengeOf(recorded.acceptor.receive(recorded.dialler.hello));
  const oldProof = proof(recorded.dialler, old, (exchange) => exchange);
  const pieces = [
    "hello",
    "proof",
    "forged",
    "recorded hello",
    "recorded proof",
    "stranger",
    "ready",
    "ping",
    "unreadable",
    "unknown",
  ] as const;
  fc.assert(fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 6 }), (order) => {
    const { acceptor, dialler } = begin();
    let challenge: SignalOf<"FederationChallenge"> | null = null;
    const sent: string[] = [];
    for (const piece of order) {
      const asked = challenge ?? old;
      const message: Signal | WireError = {
        "hello": () => dialler.hello,
        "proof": () => proof(dialler, asked, (exchange) => exchange),
        "forged": () => proof(dialler, asked, (exchange) => exchange, testCertificate(3)),
        "recorded hello": () => recorded.dialler.hello,
        "recorded proof": () => oldProof,
        "stranger": () =>
          new DiallerHandshake(STRANGER, ACCEPTOR.certificate.der.slice(0, 32)).hello,
        "ready": () => ({ type: "FederationReady" } as const),
        "ping": () => ({ type: "Ping", timestamp_ms: 1 } as const),
        "unreadable": () => new WireError("not_json", "x"),
        "unknown": () => ({ type: "unknown", variant: "X" } as const),
      }[piece]();
      const step = acceptor.receive(message);
      sent.push(piece);
      if (step.then === "challenge") challenge = step.message;
      if (step.then === "accept") assert.deepEqual(sent, ["hello", "proof"]);
      if (step.then !== "challenge") {
        assert.equal(acceptor.receive(dialler.hello).then, "refuse");
        return;
      }
    }
  }));
});
