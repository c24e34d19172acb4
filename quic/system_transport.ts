/** The transport the executable uses: Deno's QUIC, with certificates learned where none is pinned. */
import { denoTransport } from "./deno/transport.ts";
import { peekCertificate } from "./peek_certificate.ts";
import type { Transport } from "./port.ts";

export const systemTransport: Transport = denoTransport({ peek: peekCertificate });
