/** Relays for tests of the registry: what they send, signed with keys of their own. */
import { RelayCertificate } from "../proto/certificate.ts";
import { nodeCrypto } from "../proto/node_crypto.ts";
import {
  farewellTranscript,
  recordTranscript,
  type RelayAnnouncement,
  type RelayStatement,
} from "../proto/registry_record.ts";

export class TestRelay {
  readonly certificate: RelayCertificate;
  readonly fingerprint: string;
  readonly #announcement: RelayAnnouncement;
  #nonce = 0;

  /** The same number gives the same relay. */
  constructor(number: number, announcement: Partial<RelayAnnouncement> = {}) {
    const seed = new Uint8Array(32);
    new DataView(seed.buffer).setUint32(0, number);
    this.certificate = new RelayCertificate(nodeCrypto, seed);
    this.fingerprint = this.certificate.fingerprintBytes.toHex();
    this.#announcement = {
      name: `relay-${number}`,
      addr: `192.0.2.1:${1 + number % 65_535}`,
      region: "eu",
      capacity: 100,
      load: 1,
      draining: false,
      tls_fingerprint: this.fingerprint,
      udp_port: null,
      ...announcement,
    };
  }

  /** The body of a registration. */
  registration(issuedAt: number, change: Partial<RelayAnnouncement> = {}) {
    const statement: RelayStatement = {
      ...this.#announcement,
      ...change,
      issued_at: issuedAt,
      nonce: (this.#nonce++).toString(16).padStart(32, "0"),
    };
    return {
      ...statement,
      public_key: this.certificate.publicKey.toHex(),
      signature: this.certificate.sign(recordTranscript(statement)).toHex(),
      cert: this.certificate.der.toBase64(),
    };
  }

  /** The body of a farewell. */
  farewell(issuedAt: number) {
    const farewell = {
      tls_fingerprint: this.fingerprint,
      issued_at: issuedAt,
      nonce: (this.#nonce++).toString(16).padStart(32, "0"),
    };
    const signature = this.certificate.sign(farewellTranscript(farewell)).toHex();
    return { ...farewell, signature };
  }
}

/** What a peer sends to join; the same number gives the same key. */
export function testPeer(number: number, change: Readonly<Record<string, unknown>> = {}) {
  const key = new Uint8Array(32);
  new DataView(key.buffer).setUint32(0, number);
  return {
    name: `peer-${number}`,
    public_key: key.toBase64(),
    endpoints: ["198.51.100.7:51820"],
    nat_type: "cone",
    rtts: { "192.0.2.1:4433": 12.5 },
    ...change,
  };
}
