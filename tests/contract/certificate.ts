/** A self-signed Ed25519 certificate made at run time, in the form relays use. */
import { createHash, createPublicKey, generateKeyPairSync, sign } from "node:crypto";

export interface TestCertificate {
  /** DER. */
  readonly certificate: Uint8Array;
  /** PKCS#8 DER. */
  readonly privateKey: Uint8Array;
  /** SHA-256 of the certificate. */
  readonly pin: Uint8Array;
}

const ED25519 = Uint8Array.of(0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70);
const COMMON_NAME = Uint8Array.of(0x06, 0x03, 0x55, 0x04, 0x03);
const SUBJECT_ALT_NAME = Uint8Array.of(0x06, 0x03, 0x55, 0x1d, 0x11);
const VERSION_3 = Uint8Array.of(0xa0, 0x03, 0x02, 0x01, 0x02);

export function makeCertificate(): TestCertificate {
  const { privateKey } = generateKeyPairSync("ed25519");
  const spki = new Uint8Array(createPublicKey(privateKey).export({ format: "der", type: "spki" }));
  const name = der(0x30, der(0x31, der(0x30, COMMON_NAME, der(0x0c, ascii("test relay")))));
  const validity = der(
    0x30,
    der(0x17, ascii("750101000000Z")),
    der(0x18, ascii("40960101000000Z")),
  );
  const alternatives = der(0x30, der(0x82, ascii("localhost")));
  const extensions = der(0xa3, der(0x30, der(0x30, SUBJECT_ALT_NAME, der(0x04, alternatives))));
  const serial = der(0x02, Uint8Array.of(1));
  const body = der(0x30, VERSION_3, serial, ED25519, name, validity, name, spki, extensions);
  const signature = new Uint8Array(sign(null, body, privateKey));
  const certificate = der(0x30, body, ED25519, der(0x03, Uint8Array.of(0), signature));
  return {
    certificate,
    privateKey: new Uint8Array(privateKey.export({ format: "der", type: "pkcs8" })),
    pin: new Uint8Array(createHash("sha256").update(certificate).digest()),
  };
}

/** One DER element of less than 64 KiB. */
function der(tag: number, ...parts: Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const size = length < 0x80
    ? [length]
    : length < 0x100
    ? [0x81, length]
    : [0x82, length >> 8, length & 0xff];
  const bytes = new Uint8Array(1 + size.length + length);
  bytes.set([tag, ...size]);
  let at = 1 + size.length;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
