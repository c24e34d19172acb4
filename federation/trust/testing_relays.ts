/** Relays for tests of trust and links: each with a certificate of its own, on one clock, in memory. */
import { RelayCertificate } from "../../proto/certificate.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import type { SocketAddress } from "../../proto/socket_address.ts";
import type { FederationSettings } from "../../relay/ports/federation.ts";
import { OwnRelay } from "./own_relay.ts";

export const NO_FEDERATION: FederationSettings = {
  peers: [],
  trusted: [],
  globalRooms: [],
  name: null,
  region: null,
  maxDirectoryEntries: 100,
};

const certificates = new Map<number, RelayCertificate>();

/** The certificate of the relay with this number, 0 to 255. */
export function testCertificate(number: number): RelayCertificate {
  let certificate = certificates.get(number);
  if (certificate === undefined) {
    certificate = new RelayCertificate(nodeCrypto, new Uint8Array(32).fill(number));
    certificates.set(number, certificate);
  }
  return certificate;
}

/** What the relay with this number shows of itself. */
export function testRelay(number: number, name: string | null = null): OwnRelay {
  return new OwnRelay({
    crypto: nodeCrypto,
    certificate: testCertificate(number),
    build: "test",
    settings: () => ({ ...NO_FEDERATION, name, region: "lab" }),
    advertised: testAddress(number),
    load: () => 0.5,
    draining: () => false,
    udpPort: () => null,
  });
}

/** Where the relay with this number is reached. */
export function testAddress(number: number): SocketAddress {
  return { ip: `192.0.2.${number}`, port: 4433 };
}
