/** Who the configuration knows, and under which label. */
import type { Crypto } from "../../proto/crypto_port.ts";
import type { FederationSettings, TrustedRelay } from "../../relay/ports/federation.ts";
import type { RelayKey } from "../link.ts";
import { relayKeyOf } from "../relay_key.ts";
import type { Refusal } from "./refusal.ts";

export interface KnownRelay {
  readonly label: string;
  readonly allowLegacy: boolean;
}

/** What becomes of a relay that proves nothing. */
export type OriginalVerdict =
  | { readonly label: string; readonly key: RelayKey }
  | { readonly refusal: Refusal };

export class TrustedRelays {
  readonly #settings: FederationSettings;
  readonly #own: RelayKey;
  readonly #sha256: Crypto["sha256"];
  readonly #known = new Map<RelayKey, KnownRelay>();
  readonly #byLabel = new Map<string, KnownRelay>();

  constructor(settings: FederationSettings, own: RelayKey, crypto: Pick<Crypto, "sha256">) {
    this.#settings = settings;
    this.#own = own;
    this.#sha256 = crypto.sha256;
    for (const entry of [...settings.peers, ...settings.trusted]) this.#add(entry);
  }

  find(relay: RelayKey): KnownRelay | null {
    return this.#known.get(relay) ?? null;
  }

  /** By the label, which one entry of peers and one of trusted may share. */
  named(label: string): KnownRelay | null {
    return this.#byLabel.get(label) ?? null;
  }

  labels(): Iterable<string> {
    return this.#byLabel.keys();
  }

  /**
   * Judges what an original claims in its hello, as the protocol has it: by where it comes from, or by the fingerprint
   * it names. Where that fingerprint is configured, only its own entry counts: nobody gets the name of a relay that
   * has to prove itself. `addressesOf` tells where the hosts of peers were found last.
   */
  judgeOriginal(
    hello: string,
    ip: string,
    addressesOf: (host: string) => readonly string[],
  ): OriginalVerdict {
    const claimed = relayKeyOf(hello);
    if (claimed === this.#own) return { refusal: "own_certificate" };
    const known = claimed === null ? null : this.find(claimed);
    if (known !== null) {
      return known.allowLegacy
        ? { label: known.label, key: claimed! }
        : { refusal: "legacy_not_allowed" };
    }
    const there = this.#settings.peers.filter(({ host }) =>
      host === ip || addressesOf(host).includes(ip)
    );
    const allowed = there.find(({ label }) => this.named(label)?.allowLegacy);
    if (allowed !== undefined) {
      return { label: allowed.label, key: claimed ?? this.#keyFor(allowed.label) };
    }
    return { refusal: there.length > 0 ? "legacy_not_allowed" : "unknown_relay" };
  }

  #add({ fingerprints, label, allowLegacy }: TrustedRelay): void {
    const before = this.#byLabel.get(label);
    const entry = { label, allowLegacy: allowLegacy || (before?.allowLegacy ?? false) };
    this.#byLabel.set(label, entry);
    for (const fingerprint of fingerprints) this.#known.set(fingerprint, entry);
    for (const [key, { label: other }] of this.#known) {
      if (other === label) this.#known.set(key, entry);
    }
  }

  /** A key of its own for a relay that names no fingerprint. */
  #keyFor(label: string): RelayKey {
    return this.#sha256(new TextEncoder().encode(`wzp-original-relay/1 ${label}`)).toHex();
  }
}
