/** A random self-signed Ed25519 certificate, as DER, for tests of this adapter. */
import { createHash, generateKeyPairSync, sign } from "node:crypto";

export interface TestCertificate {
  readonly certificate: Uint8Array;
  readonly privateKey: Uint8Array;
  /** SHA-256 of the certificate. */
  readonly pin: Uint8Array;
}

const ED25519 = [0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70];

/** The layout of protocol section 1.3, with a fixed serial. */
export function makeCertificate(): TestCertificate {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const spki = publicKey.export({ type: "spki", format: "der" });
  const commonName = der(0x0c, ascii("rcgen self signed cert"));
  const name = der(0x30, der(0x31, der(0x30, [0x06, 0x03, 0x55, 0x04, 0x03], commonName)));
  const validity = der(
    0x30,
    der(0x17, ascii("750101000000Z")),
    der(0x18, ascii("40960101000000Z")),
  );
  const names = der(0x04, der(0x30, der(0x82, ascii("localhost"))));
  const extension = der(0x30, [0x06, 0x03, 0x55, 0x1d, 0x11], names);
  const signed = der(
    0x30,
    der(0xa0, [0x02, 0x01, 0x02]),
    [0x02, 0x01, 0x01],
    ED25519,
    name,
    validity,
    name,
    spki,
    der(0xa3, der(0x30, extension)),
  );
  const signature = sign(null, Uint8Array.from(signed), privateKey);
  const certificate = Uint8Array.from(der(0x30, signed, ED25519, der(0x03, [0], signature)));
  return {
    certificate,
    pin: new Uint8Array(createHash("sha256").update(certificate).digest()),
    privateKey: new Uint8Array(privateKey.export({ type: "pkcs8", format: "der" })),
  };
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function der(tag: number, ...parts: Iterable<number>[]): number[] {
  const content = parts.flatMap((part) => [...part]);
  const length = content.length;
  const prefix = length < 0x80
    ? [length]
    : length < 0x100
    ? [0x81, length]
    : [0x82, length >> 8, length & 0xff];
  return [tag, ...prefix, ...content];
}
