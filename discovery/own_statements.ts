/** What this relay signs for a registry: that it is there, and that it goes. */
import {
  farewellTranscript,
  recordTranscript,
  type RelayAnnouncement,
  type RelayFarewell,
  type RelayRecord,
  type RelayStatement,
} from "../proto/registry_record.ts";
import type { RegistrationHost } from "../relay/ports/registry.ts";

/** What it announces of itself. */
export type Said = Omit<RelayAnnouncement, "tls_fingerprint">;

export class OwnStatements {
  /** 64 lower-case hex digits. */
  readonly fingerprint: string;
  readonly #host: Pick<RegistrationHost, "clock" | "crypto" | "certificate">;
  #lastIssued = 0;

  constructor(host: Pick<RegistrationHost, "clock" | "crypto" | "certificate">) {
    this.#host = host;
    this.fingerprint = host.certificate.fingerprintBytes.toHex();
  }

  registration(said: Said): RelayRecord & { readonly cert: string } {
    const { certificate } = this.#host;
    const statement: RelayStatement = {
      ...said,
      tls_fingerprint: this.fingerprint,
      ...this.#stamp(),
    };
    return {
      ...statement,
      public_key: certificate.publicKey.toHex(),
      signature: certificate.sign(recordTranscript(statement)).toHex(),
      cert: certificate.der.toBase64(),
    };
  }

  farewell(): RelayFarewell & { readonly signature: string } {
    const farewell = { tls_fingerprint: this.fingerprint, ...this.#stamp() };
    const signature = this.#host.certificate.sign(farewellTranscript(farewell)).toHex();
    return { ...farewell, signature };
  }

  /** Every statement is newer than the one before, whatever the clock does. */
  #stamp(): { readonly issued_at: number; readonly nonce: string } {
    const { clock, crypto } = this.#host;
    this.#lastIssued = Math.max(this.#lastIssued + 1, Math.floor(clock.wall()));
    return { issued_at: this.#lastIssued, nonce: crypto.random(16).toHex() };
  }
}
