/** The contract of the transport port, for every pair of adapters that must understand each other. */
import { denoTransport } from "../../quic/deno/transport.ts";
import { peekCertificate } from "../../quic/peek_certificate.ts";
import { closingContract } from "./closing.ts";
import { datagramContract } from "./datagrams.ts";
import { endpointContract } from "./endpoints.ts";
import { handshakeContract } from "./handshakes.ts";
import type { Pair } from "./rig.ts";
import { streamContract } from "./streams.ts";

const deno = denoTransport({ peek: peekCertificate });

const pairs: readonly Pair[] = [
  { name: "deno to deno", client: deno, server: deno },
];

for (const pair of pairs) {
  handshakeContract(pair);
  datagramContract(pair);
  streamContract(pair);
  closingContract(pair);
  endpointContract(pair);
}
