/** Dials another relay, makes sure that it is the one that is meant, and proves to it who this one is. */
import { formatTlsFingerprint } from "../../proto/certificate.ts";
import type { WireError } from "../../proto/errors.ts";
import type { Signal } from "../../proto/signal/mod.ts";
import type { SocketAddress } from "../../proto/socket_address.ts";
import type { Clock } from "../../quic/clock.ts";
import { QuicError } from "../../quic/errors.ts";
import { ALPN, type Connection, type Endpoint } from "../../quic/port.ts";
import { peekCertificate } from "../../quic/peek_certificate.ts";
import { MAX_STREAMS_AHEAD } from "../../quic/signal_intake.ts";
import type { Counters } from "../../relay/ports/counters.ts";
import { DiallerHandshake, type DiallerStep } from "./dialler_handshake.ts";
import type { OwnRelay } from "./own_relay.ts";
import { HANDSHAKE_MS } from "./prove_dialler.ts";
import type { ProvenRelay } from "./proven_relay.ts";
import type { Refused } from "./refusal.ts";
import { type ChannelCounters, RelayChannel } from "./relay_channel.ts";

/** For the QUIC handshake with each certificate that is tried. */
const DIAL_MS = 10_000;
/** The relay has just answered, so its certificate is there at once or not at all. */
const PEEK_MS = 3_000;

export interface DialTarget {
  readonly address: SocketAddress;
  /** Certificates (SHA-256, 32 bytes) that are all the same relay's, the likeliest first. */
  readonly pins: readonly Uint8Array[];
  readonly serverName: "_federation" | "_relay";
  /** Ends the attempt; a connection made in it is closed. */
  readonly signal?: AbortSignal;
}

export interface DialRelayParts {
  readonly clock: Clock;
  readonly own: OwnRelay;
  readonly endpoint: Endpoint;
  readonly counters: ChannelCounters & Pick<Counters, "federationRefusals">;
  /** Default: `peekCertificate`. */
  readonly peek?: typeof peekCertificate;
}

export type Dialled =
  | { readonly is: "proven"; readonly relay: ProvenRelay; readonly channel: RelayChannel }
  /**
   * It is the relay with this certificate, and of the original kind. `first` is its first message, or null when the
   * connection closes before there is one.
   */
  | {
    readonly is: "original";
    readonly fingerprint: Uint8Array;
    readonly first: Promise<Signal | WireError | null>;
    /** It had said nothing until the time was over. */
    readonly silent: boolean;
    readonly channel: RelayChannel;
  }
  /** Counted, and nothing is left open. `shown` is what the relay there really has, where that was wrong. */
  | { readonly is: "refused"; readonly shown: Uint8Array | null } & Refused;

/** For SNI `_federation` and `_relay` alike. Rejects with `QuicError` when there is no connection. */
export async function dialRelay(target: DialTarget, parts: DialRelayParts): Promise<Dialled> {
  const { endpoint, counters } = parts;
  const { address, serverName, signal } = target;
  for (const pin of target.pins) {
    let connection: Connection;
    try {
      connection = await endpoint.dial({
        address,
        serverName,
        pin,
        timeoutMs: DIAL_MS,
        // What it opens towards this side is read so many at a time, as on accepted connections.
        maxBidiStreams: MAX_STREAMS_AHEAD,
        maxUniStreams: 1,
        ...(signal !== undefined && { signal }),
      });
    } catch (error) {
      if (error instanceof QuicError && error.code === "pin_mismatch") continue;
      throw error;
    }
    return await prove(connection, pin, target, parts);
  }
  const shown = await shownCertificate(target, parts);
  counters.federationRefusals.add("fingerprint_mismatch");
  const detail = shown === null
    ? "it has another certificate"
    : `it has the certificate ${formatTlsFingerprint(shown)}`;
  return { is: "refused", refusal: "fingerprint_mismatch", detail, shown };
}

async function prove(
  connection: Connection,
  pin: Uint8Array,
  { signal }: DialTarget,
  { clock, own, counters }: DialRelayParts,
): Promise<Dialled> {
  const channel = new RelayChannel(connection, clock, counters);
  const handshake = new DiallerHandshake(own, pin);
  connection.onDatagram(ignore);
  let expire = () => {};
  const expired = new Promise<"late">((resolve) => expire = () => resolve("late"));
  const limit = clock.after(HANDSHAKE_MS, expire);
  const abort = () => connection.close(0, "shutdown");
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });
  channel.send(handshake.hello);
  try {
    for (;;) {
      const receiving = channel.receive();
      const message = await Promise.race([receiving, expired]);
      const step = message === null
        ? ended(connection)
        : message === "late"
        ? handshake.expire()
        : handshake.receive(message);
      switch (step.then) {
        case "wait":
          break;
        case "prove":
          channel.send(step.message);
          break;
        case "accept":
          channel.trust();
          return { is: "proven", relay: step.relay, channel };
        case "original":
          return {
            is: "original",
            fingerprint: pin,
            first: receiving,
            silent: step.first === null,
            channel,
          };
        case "refuse": {
          const { refusal, detail } = step;
          counters.federationRefusals.add(refusal);
          connection.close(0, refusal);
          return { is: "refused", refusal, detail, shown: null };
        }
      }
    }
  } finally {
    limit.cancel();
    signal?.removeEventListener("abort", abort);
  }
}

function ended({ closeInfo }: Connection): DiallerStep {
  const reason = closeInfo?.reason ?? "";
  return { then: "refuse", refusal: "gone", detail: reason };
}

/** SHA-256 of what the relay shows whoever asks, or null when it could not be learned. */
async function shownCertificate(
  target: DialTarget,
  parts: DialRelayParts,
): Promise<Uint8Array | null> {
  const { own, clock, peek = peekCertificate } = parts;
  const { address, serverName, signal } = target;
  try {
    const certificate = await peek(address, {
      serverName,
      alpn: ALPN,
      timeoutMs: PEEK_MS,
      clock,
      ...(signal !== undefined && { signal }),
    });
    return own.crypto.sha256(certificate);
  } catch (error) {
    if (error instanceof QuicError) return null;
    throw error;
  }
}

function ignore(): void {}
