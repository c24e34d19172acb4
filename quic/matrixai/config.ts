/** Transport parameters and TLS settings of this adapter, as far as quiche lets us choose them. */
import type { ListenOptions, TransportOptions } from "../port.ts";
import { ALPN } from "../port.ts";
import type { Binding, NativeConfig } from "./binding.ts";

export const DEFAULT_IDLE_TIMEOUT_MS = 30_000;
export const DEFAULT_KEEP_ALIVE_MS = 5_000;
export const DEFAULT_HANDSHAKE_TIMEOUT_MS = 10_000;
/**
 * Datagrams waiting for the congestion window. A quarter of a second of ten voices (50 packets/s each);
 * more would be stale sound.
 */
export const DEFAULT_MAX_PENDING_DATAGRAMS = 128;

/** Datagrams not yet delivered; the oldest goes first. Holds at least what one batch of packets brings. */
const RECEIVE_QUEUE_DATAGRAMS = 512;
const CONNECTION_WINDOW_BYTES = 262_144;
const STREAM_WINDOW_BYTES = 65_536;
const MAX_STREAMS = 100;
const ACTIVE_CONNECTION_IDS = 5;
/** What we accept: quinn finds the path's size by probing and then sends up to 1452. */
const MAX_RECEIVED_UDP_PAYLOAD = 1472;
/**
 * What we send. quiche 0.18 does not probe the path, it takes this size at its word: a larger one is
 * lost without a trace wherever a tunnel is on the way. 1200 is what QUIC demands of every path.
 */
const MAX_SENT_UDP_PAYLOAD = 1200;

/** What the original's clients offer, as far as BoringSSL knows it. */
const SIGNATURE_ALGORITHMS = [
  "ecdsa_secp256r1_sha256",
  "ecdsa_secp384r1_sha384",
  "ed25519",
  "rsa_pss_rsae_sha256",
  "rsa_pss_rsae_sha384",
  "rsa_pss_rsae_sha512",
  "rsa_pkcs1_sha256",
  "rsa_pkcs1_sha384",
  "rsa_pkcs1_sha512",
].join(":");

/** For dialling: accepts any certificate, so that the caller of `connect` pins it afterwards. */
export function clientConfig(binding: Binding, options: TransportOptions): NativeConfig {
  const allowAnyCertificate = true;
  return configure(
    binding,
    binding.Config.withBoringSslCtx(
      true,
      allowAnyCertificate,
      null,
      null,
      null,
      SIGNATURE_ALGORITHMS,
    ),
    options,
  );
}

/** For listening with one self-signed certificate and no client certificates. */
export function serverConfig(binding: Binding, options: ListenOptions): NativeConfig {
  const key = pem("PRIVATE KEY", options.privateKey);
  const certificate = pem("CERTIFICATE", options.certificate);
  return configure(
    binding,
    binding.Config.withBoringSslCtx(
      false,
      false,
      null,
      [key],
      [certificate],
      SIGNATURE_ALGORITHMS,
    ),
    options,
  );
}

function configure(
  binding: Binding,
  config: NativeConfig,
  options: TransportOptions,
): NativeConfig {
  config.setApplicationProtos([...options.alpn ?? [ALPN]]);
  config.setMaxIdleTimeout(options.idleTimeoutMs ?? DEFAULT_IDLE_TIMEOUT_MS);
  config.setMaxRecvUdpPayloadSize(MAX_RECEIVED_UDP_PAYLOAD);
  config.setMaxSendUdpPayloadSize(MAX_SENT_UDP_PAYLOAD);
  config.setInitialMaxData(CONNECTION_WINDOW_BYTES);
  config.setMaxConnectionWindow(CONNECTION_WINDOW_BYTES);
  config.setInitialMaxStreamDataBidiLocal(STREAM_WINDOW_BYTES);
  config.setInitialMaxStreamDataBidiRemote(STREAM_WINDOW_BYTES);
  config.setInitialMaxStreamDataUni(STREAM_WINDOW_BYTES);
  config.setMaxStreamWindow(STREAM_WINDOW_BYTES);
  config.setInitialMaxStreamsBidi(options.maxBidiStreams ?? MAX_STREAMS);
  config.setInitialMaxStreamsUni(options.maxUniStreams ?? MAX_STREAMS);
  config.setActiveConnectionIdLimit(ACTIVE_CONNECTION_IDS);
  config.setDisableActiveMigration(false);
  config.setCcAlgorithm(binding.CongestionControlAlgorithm.CUBIC);
  // Pacing only puts a time on each packet, which nobody here would keep.
  config.enablePacing(false);
  config.grease(false);
  config.enableDgram(
    true,
    RECEIVE_QUEUE_DATAGRAMS,
    options.maxPendingDatagrams ?? DEFAULT_MAX_PENDING_DATAGRAMS,
  );
  return config;
}

/** The addon takes PEM only. */
export function pem(label: string, der: Uint8Array): Uint8Array {
  const base64 = btoa(String.fromCharCode(...der)).replace(/.{64}(?=.)/g, "$&\n");
  return new TextEncoder().encode(`-----BEGIN ${label}-----\n${base64}\n-----END ${label}-----\n`);
}
