/** A relay's certificate of a new identity, in the form listeners take it. */
import { RelayCertificate } from "../../proto/certificate.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";

export interface TestCertificate {
  /** DER. */
  readonly certificate: Uint8Array;
  /** PKCS#8 DER. */
  readonly privateKey: Uint8Array;
  /** SHA-256 of the certificate. */
  readonly pin: Uint8Array;
}

export function makeCertificate(): TestCertificate {
  const made = new RelayCertificate(nodeCrypto, nodeCrypto.random(32));
  return {
    certificate: made.der,
    privateKey: made.privateKeyDer(),
    pin: made.fingerprintBytes,
  };
}
