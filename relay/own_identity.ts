/** Who this relay is: its seed from the identity file, held against a second relay, and what follows from it. */
import { RelayCertificate } from "../proto/certificate.ts";
import type { Crypto } from "../proto/crypto_port.ts";
import { Identity } from "../proto/identity.ts";
import { loadOrCreateIdentity, lockIdentity } from "./identity_file.ts";

export interface OwnIdentity {
  readonly identity: Identity;
  readonly certificate: RelayCertificate;
  /** The file did not exist before. */
  readonly created: boolean;
  /** Sentences for the operator. */
  readonly warnings: readonly string[];
  /** Lets another relay use the file. */
  release(): void;
}

/** Throws `StartError`. */
export function openIdentity(path: string, crypto: Crypto): OwnIdentity {
  const { seed, created, warnings } = loadOrCreateIdentity(path, () => crypto.random(32));
  return {
    identity: new Identity(crypto, seed),
    certificate: new RelayCertificate(crypto, seed),
    created,
    warnings,
    release: lockIdentity(path),
  };
}
