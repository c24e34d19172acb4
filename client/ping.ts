/** Measures how long a relay's QUIC handshake takes, as the original desktop client does (SNI `ping`). */
import type { Crypto } from "../proto/crypto_port.ts";
import type { SocketAddress } from "../proto/socket_address.ts";
import type { Clock } from "../quic/clock.ts";
import { peekCertificate } from "../quic/peek_certificate.ts";
import { ALPN, type Endpoint } from "../quic/port.ts";
import { QUESTION_TIMEOUT_MS } from "./question_timeout.ts";

export interface PingOptions {
  readonly endpoint: Endpoint;
  readonly address: SocketAddress;
  readonly clock: Clock;
  readonly crypto: Crypto;
  /** SHA-256 of the certificate that the relay must present. Unknown: any, learned first. */
  readonly pin?: Uint8Array;
}

export interface PingResult {
  /** From the first packet to the completed handshake. */
  readonly rttMs: number;
  /** SHA-256 of the relay's certificate. */
  readonly certificateHash: Uint8Array;
}

/** One handshake, measured. Rejects with `QuicError`. */
export async function ping(options: PingOptions): Promise<PingResult> {
  const { endpoint, address, clock, crypto } = options;
  const serverName = "ping";
  const certificateHash = options.pin ?? crypto.sha256(
    await peekCertificate(address, {
      serverName,
      alpn: ALPN,
      timeoutMs: QUESTION_TIMEOUT_MS,
      clock,
    }),
  );
  const started = clock.now();
  const connection = await endpoint.dial({
    address,
    serverName,
    pin: certificateHash,
    timeoutMs: QUESTION_TIMEOUT_MS,
  });
  const rttMs = clock.now() - started;
  connection.close(0, "ping");
  return { rttMs, certificateHash };
}
