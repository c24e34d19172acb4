/** Measures how long a relay's QUIC handshake takes, as the original desktop client does (SNI `ping`). */
import type { Crypto } from "../proto/crypto_port.ts";
import type { SocketAddress } from "../proto/socket_address.ts";
import type { Clock, Timer } from "../quic/clock.ts";
import { peekCertificate } from "../quic/peek_certificate.ts";
import { ALPN, type Connection, type Endpoint } from "../quic/port.ts";
import { QUESTION_TIMEOUT_MS } from "./question_timeout.ts";

export interface PingOptions {
  readonly endpoint: Endpoint;
  readonly address: SocketAddress;
  readonly clock: Clock;
  readonly crypto: Crypto;
  /** SHA-256 of the certificate that the relay must present. Unknown: any, learned first. */
  readonly pin?: Uint8Array;
  /** For each handshake. Default: as long as all commands that ask one thing wait. */
  readonly timeoutMs?: number;
  /** Wait so long for the relay's own close, which tells whether it drains. Default: not at all. */
  readonly farewellMs?: number;
}

export interface PingResult {
  /** From the first packet to the completed handshake. */
  readonly rttMs: number;
  /** SHA-256 of the relay's certificate. */
  readonly certificateHash: Uint8Array;
  /** It said that it takes nobody. */
  readonly draining: boolean;
}

/** One handshake, measured. Rejects with `QuicError`. */
export async function ping(options: PingOptions): Promise<PingResult> {
  const { endpoint, address, clock, crypto, timeoutMs = QUESTION_TIMEOUT_MS } = options;
  const serverName = "ping";
  const certificateHash = options.pin ?? crypto.sha256(
    await peekCertificate(address, {
      serverName,
      alpn: ALPN,
      timeoutMs,
      clock,
    }),
  );
  const started = clock.now();
  const connection = await endpoint.dial({
    address,
    serverName,
    pin: certificateHash,
    timeoutMs,
  });
  const rttMs = clock.now() - started;
  const draining = await saysDraining(connection, clock, options.farewellMs ?? 0);
  connection.close(0, "ping");
  return { rttMs, certificateHash, draining };
}

async function saysDraining({ closed }: Connection, clock: Clock, ms: number): Promise<boolean> {
  if (ms <= 0) return false;
  let timer: Timer | undefined;
  const silence = new Promise<null>((resolve) => timer = clock.after(ms, () => resolve(null)));
  const info = await Promise.race([closed, silence]);
  timer?.cancel();
  return info?.kind === "peer" && info.reason === "draining";
}
