/** The adapter of the transport port on Deno's built-in QUIC (quinn). */
import type { SocketAddress } from "../../proto/socket_address.ts";
import type { Endpoint, Transport } from "../port.ts";
import { DenoEndpoint, type PeekCertificate } from "./endpoint.ts";

export type { PeekCertificate } from "./endpoint.ts";

/** Without `peek`, dials must carry a pin. */
export function denoTransport(options: { readonly peek?: PeekCertificate } = {}): Transport {
  const peek = options.peek ?? null;
  return {
    name: "deno",
    // deno-lint-ignore require-await -- a failure to bind must reject, not throw
    async open(local: SocketAddress): Promise<Endpoint> {
      return new DenoEndpoint(local, peek);
    },
  };
}
