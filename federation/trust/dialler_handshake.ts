/** The dialling side of the federation challenge as a state machine: a message in, the next step out. */
import { WireError } from "../../proto/errors.ts";
import { FEDERATION_NONCE_BYTES, signFederationProof } from "../../proto/federation_proof.ts";
import type { KnownSignal, Signal, SignalOf } from "../../proto/signal/mod.ts";
import type { OwnRelay, RelayExt } from "./own_relay.ts";
import type { ProvenRelay } from "./proven_relay.ts";
import { nameOf, type Refusal } from "./refusal.ts";

export type DiallerStep =
  | { readonly then: "wait" }
  | { readonly then: "prove"; readonly message: SignalOf<"FederationProof"> }
  | { readonly then: "accept"; readonly relay: ProvenRelay }
  /** The relay knows no challenge; `first` is what it began with, null when it has said nothing. */
  | { readonly then: "original"; readonly first: KnownSignal | null }
  | { readonly then: "refuse"; readonly refusal: Refusal; readonly detail: string };

type State = "hello" | "proof" | "over";

export class DiallerHandshake {
  readonly hello: SignalOf<"FederationHello">;
  readonly #own: OwnRelay;
  readonly #acceptor: Uint8Array;
  readonly #nonce: Uint8Array;
  #state: State = "hello";
  #ext: RelayExt | null = null;

  /** `acceptor` is the fingerprint that was pinned in TLS, 32 bytes: what makes a proof useless to a middleman. */
  constructor(own: OwnRelay, acceptor: Uint8Array) {
    this.#own = own;
    this.#acceptor = acceptor;
    this.#nonce = own.crypto.random(FEDERATION_NONCE_BYTES);
    this.hello = {
      type: "FederationHello",
      tls_fingerprint: own.certificate.fingerprint,
      ext: { ...own.ext(), cert: own.certificate.der, nonce: this.#nonce },
    };
  }

  /** Ends with anything but `wait` and `prove`; what comes after the end is refused. */
  receive(message: Signal | WireError): DiallerStep {
    const step = this.#receive(message);
    if (step.then !== "wait" && step.then !== "prove") this.#state = "over";
    return step;
  }

  /** The time is over. */
  expire(): DiallerStep {
    const step: DiallerStep = this.#state === "hello"
      ? { then: "original", first: null }
      : refuse("timeout", "it did not answer the proof");
    this.#state = "over";
    return step;
  }

  #receive(message: Signal | WireError): DiallerStep {
    if (this.#state === "over") return refuse("unexpected_message", "the handshake was over");
    // What cannot be read may be from an original with more to say than is known here.
    if (message instanceof WireError || message.type === "unknown") return { then: "wait" };
    switch (message.type) {
      case "FederationHello":
      case "FederationProof":
        return refuse("wrong_role", `it sent ${nameOf(message)}`);
      case "FederationChallenge":
        return this.#state === "hello" ? this.#prove(message) : this.#unexpected(message);
      case "FederationReady":
        return this.#state === "proof" ? this.#accept() : this.#unexpected(message);
      default:
        return this.#state === "hello"
          ? { then: "original", first: message }
          : this.#unexpected(message);
    }
  }

  #prove({ nonce, ext }: SignalOf<"FederationChallenge">): DiallerStep {
    const { crypto, certificate } = this.#own;
    this.#state = "proof";
    this.#ext = ext;
    const signature = signFederationProof(crypto, certificate, {
      diallerFingerprint: certificate.fingerprintBytes,
      acceptorFingerprint: this.#acceptor,
      diallerNonce: this.#nonce,
      acceptorNonce: nonce,
    });
    return { then: "prove", message: { type: "FederationProof", signature } };
  }

  #accept(): DiallerStep {
    const fingerprint = this.#acceptor;
    return { then: "accept", relay: { key: fingerprint.toHex(), fingerprint, ext: this.#ext } };
  }

  #unexpected(message: Signal): DiallerStep {
    return refuse("unexpected_message", `it sent ${nameOf(message)}`);
  }
}

function refuse(refusal: Refusal, detail: string): DiallerStep {
  return { then: "refuse", refusal, detail };
}
