/** The reference for `forward`: the smallest fan-out there can be on Deno's QUIC. Serves until it is stopped. */
import { RelayCertificate } from "../proto/certificate.ts";
import { nodeCrypto } from "../proto/node_crypto.ts";
import { toPem } from "../quic/deno/pem.ts";

/*
 * No rooms, no validation, no counters, no limits, and none of our code between this loop and Deno's QUIC: every datagram
 * goes to all others that asked for the same name. Clients send no CallOffer.
 */
const certificate = new RelayCertificate(nodeCrypto, nodeCrypto.random(32));
const groups = new Map<string, Deno.QuicConn[]>();
const endpoint = new Deno.QuicEndpoint({ hostname: "127.0.0.1", port: 0 });
const listener = endpoint.listen({
  alpnProtocols: ["wzp"],
  cert: toPem("CERTIFICATE", certificate.der),
  key: toPem("PRIVATE KEY", certificate.privateKeyDer()),
  maxIdleTimeout: 30_000,
  keepAliveInterval: 5_000,
});
// A send fails when its connection is gone, whose own loop then ends. A handler per send would be a promise more.
globalThis.addEventListener("unhandledrejection", (event) => event.preventDefault());
console.log(`listening ${endpoint.addr.port} ${certificate.fingerprint}`);
for (;;) {
  forward(await (await listener.incoming()).accept());
}

async function forward(from: Deno.QuicConn): Promise<void> {
  const name = from.serverName ?? "";
  const members = groups.get(name) ?? [];
  groups.set(name, members);
  members.push(from);
  try {
    for (;;) {
      const bytes = await from.readDatagram();
      for (const to of members) if (to !== from) to.sendDatagram(bytes);
    }
  } catch {
    members.splice(members.indexOf(from), 1);
  }
}
