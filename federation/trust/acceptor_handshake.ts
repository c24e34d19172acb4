/** The accepting side of the federation challenge as a state machine: a message in, the next step out. */
import { formatTlsFingerprint } from "../../proto/certificate.ts";
import { WireError } from "../../proto/errors.ts";
import {
  certificateMatches,
  FEDERATION_NONCE_BYTES,
  type FederationExchange,
  verifyFederationProof,
} from "../../proto/federation_proof.ts";
import { hasCapability, type Signal, type SignalOf } from "../../proto/signal/mod.ts";
import type { RelayKey } from "../link.ts";
import { relayKeyOf } from "../relay_key.ts";
import type { OwnRelay } from "./own_relay.ts";
import type { ProvenNonces } from "./proven_nonces.ts";
import type { ProvenRelay } from "./proven_relay.ts";
import { nameOf, type Refusal } from "./refusal.ts";

/** Relays' own have 289 bytes at most; others may have longer names in theirs. */
const MAX_SHOWN_CERTIFICATE_BYTES = 1_024;

export interface AcceptorParts {
  readonly own: OwnRelay;
  readonly proven: ProvenNonces;
  /** What stands against a relay with this certificate; null lets it in. Asked again once it has proven itself. */
  readonly judge: (relay: RelayKey) => Refusal | null;
  /** Whether a relay that is not known may prove itself all the same, so that the operator learns its fingerprint. */
  readonly mayAskStranger: () => boolean;
}

export type AcceptorStep =
  | { readonly then: "challenge"; readonly message: SignalOf<"FederationChallenge"> }
  | { readonly then: "accept"; readonly relay: ProvenRelay }
  /** No relay of ours; `hello` is what it claims. Nothing is proven. */
  | { readonly then: "original"; readonly hello: string }
  /** `relay` is set when it has proven that it is that one. */
  | {
    readonly then: "refuse";
    readonly refusal: Refusal;
    readonly detail: string;
    readonly relay: RelayKey | null;
  };

/** What is remembered between challenge and proof. */
interface Asked {
  readonly certificate: Uint8Array;
  readonly exchange: FederationExchange;
  readonly ext: NonNullable<SignalOf<"FederationHello">["ext"]>;
}

export class AcceptorHandshake {
  readonly #parts: AcceptorParts;
  #asked: Asked | null = null;
  #over = false;

  constructor(parts: AcceptorParts) {
    this.#parts = parts;
  }

  /** Ends with anything but a challenge; what comes after the end is refused. */
  receive(message: Signal | WireError): AcceptorStep {
    if (this.#over) return refuse("unexpected_message", "the handshake was over");
    const step = this.#asked === null
      ? this.#onFirst(message)
      : this.#onProof(message, this.#asked);
    if (step.then !== "challenge") this.#over = true;
    return step;
  }

  #onFirst(message: Signal | WireError): AcceptorStep {
    if (message instanceof WireError) return refuse("bad_hello", message.message);
    if (message.type !== "FederationHello") return unexpected(message, "bad_hello");
    const { tls_fingerprint, ext } = message;
    if (ext === null || !hasCapability(ext, "prove")) {
      return { then: "original", hello: tls_fingerprint };
    }
    const { own, proven, judge, mayAskStranger } = this.#parts;
    const { crypto } = own;
    const { cert, nonce } = ext;
    if (cert === null || nonce === null) {
      return refuse("bad_hello", "the hello has no certificate or no nonce");
    }
    if (cert.length > MAX_SHOWN_CERTIFICATE_BYTES) {
      return refuse("bad_hello", `a certificate of ${cert.length} bytes`);
    }
    const key = relayKeyOf(tls_fingerprint);
    if (key === null) return refuse("bad_hello", "the hello has no fingerprint");
    const fingerprint = Uint8Array.fromHex(key);
    if (!certificateMatches(crypto, cert, fingerprint)) {
      return refuse(
        "fingerprint_mismatch",
        `it says ${formatTlsFingerprint(fingerprint)} and shows another certificate`,
      );
    }
    if (crypto.equal(fingerprint, own.certificate.fingerprintBytes)) {
      return refuse("own_certificate", "it shows the certificate of this relay");
    }
    if (proven.has(nonce)) return refuse("replay", "a hello that was used before");
    const objection = judge(key);
    if (objection !== null && !mayAskStranger()) {
      return refuse(objection, "nobody has proven anything");
    }
    const acceptorNonce = crypto.random(FEDERATION_NONCE_BYTES);
    this.#asked = {
      certificate: cert,
      ext,
      exchange: {
        diallerFingerprint: fingerprint,
        acceptorFingerprint: own.certificate.fingerprintBytes,
        diallerNonce: nonce,
        acceptorNonce,
      },
    };
    return {
      then: "challenge",
      message: { type: "FederationChallenge", nonce: acceptorNonce, ext: own.ext() },
    };
  }

  #onProof(message: Signal | WireError, { certificate, exchange, ext }: Asked): AcceptorStep {
    if (message instanceof WireError) return refuse("unexpected_message", message.message);
    if (message.type !== "FederationProof") return unexpected(message, "unexpected_message");
    const { own, proven, judge } = this.#parts;
    if (!verifyFederationProof(own.crypto, certificate, exchange, message.signature)) {
      return refuse("bad_proof", "the signature does not fit");
    }
    const fingerprint = exchange.diallerFingerprint;
    const key = fingerprint.toHex();
    const objection = judge(key);
    if (objection !== null) return refuse(objection, "it has proven who it is", key);
    proven.add(exchange.diallerNonce);
    return { then: "accept", relay: { key, fingerprint, ext } };
  }
}

function unexpected(message: Signal, otherwise: Refusal): AcceptorStep {
  const swapped = message.type === "FederationChallenge" || message.type === "FederationReady";
  return refuse(swapped ? "wrong_role" : otherwise, `it sent ${nameOf(message)}`);
}

function refuse(refusal: Refusal, detail: string, relay: RelayKey | null = null): AcceptorStep {
  return { then: "refuse", refusal, detail, relay };
}
