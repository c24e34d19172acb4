/** The contract of the transport port, for every pair of adapters that must understand each other. */
import { denoTransport } from "../../quic/deno/transport.ts";
import { matrixaiTransport } from "../../quic/matrixai/mod.ts";
import { peekCertificate } from "../../quic/peek_certificate.ts";
import { closingContract } from "./closing.ts";
import { datagramContract } from "./datagrams.ts";
import { endpointContract } from "./endpoints.ts";
import { handshakeContract } from "./handshakes.ts";
import type { Pair } from "./rig.ts";
import { streamContract } from "./streams.ts";

const deno = denoTransport({ peek: peekCertificate });
const matrixai = matrixaiTransport;

const pairs: readonly Pair[] = [
  { name: "deno to deno", client: deno, server: deno },
  { name: "matrixai to deno", client: matrixai, server: deno },
  { name: "deno to matrixai", client: deno, server: matrixai, loopbackOnly: true },
  { name: "matrixai to matrixai", client: matrixai, server: matrixai, loopbackOnly: true },
];

for (const pair of pairs) {
  handshakeContract(pair);
  datagramContract(pair);
  streamContract(pair);
  closingContract(pair);
  endpointContract(pair);
}
