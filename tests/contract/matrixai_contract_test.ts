/** The contract of the transport port, for all pairs with the matrixai adapter on one side or both. */
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
  { name: "matrixai to matrixai", client: matrixai, server: matrixai, loopbackOnly: true },
  { name: "deno to matrixai", client: deno, server: matrixai, loopbackOnly: true },
  { name: "matrixai to deno", client: matrixai, server: deno },
];

for (const pair of pairs) {
  handshakeContract(pair);
  datagramContract(pair);
  streamContract(pair);
  closingContract(pair);
  endpointContract(pair);
}
