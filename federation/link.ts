/** A proven connection to another relay, as the rest of the federation sees it. */
import type { Capability, KnownSignal } from "../proto/signal/mod.ts";
import type { SocketAddress } from "../proto/socket_address.ts";
import type { SendResult } from "../quic/port.ts";

/** Names a relay: its TLS fingerprint, 64 lower-case hex digits without colons (`normalizeTlsFingerprint`). */
export type RelayKey = string;

/** What a relay said of itself when the link came up; all of it unproven but the key. */
export interface RelayDescription {
  readonly name: string | null;
  readonly region: string | null;
  readonly advertisedAddress: SocketAddress | null;
  readonly build: string | null;
  /** Differs between two lives of one relay; null where it was not told. */
  readonly instance: string | null;
}

/** There is at most one per relay at a time. The same object from `up` to `down`, so it can be a key. */
export interface Link {
  readonly relay: RelayKey;
  /** The same, raw 32 bytes. */
  readonly fingerprint: Uint8Array;
  /** Of the configuration: unique among the links, no `|`. */
  readonly label: string;
  /** What metrics call it that have a label per peer; absent: its label. Those are to be of the configuration. */
  readonly meter?: string;
  /** A relay of the original kind: it proved nothing and knows no extension. */
  readonly legacy: boolean;
  /** Whether this relay dialled the connection that is in use. */
  readonly dialled: boolean;
  readonly remoteAddress: SocketAddress;
  readonly about: RelayDescription;
  /** Clock time. */
  readonly since: number;
  /** Null while nothing was measured. */
  readonly rttMs: number | null;
  /** Of the last 60 probes, in percent; null while nothing was measured, as on every legacy link. */
  readonly lossPct: number | null;
  /**
   * What is queued for it is too old to add to, as its probes show: 300 ms above their ordinary round trip, until it is
   * under 100 ms again. Absent where it cannot be told.
   */
  readonly stale?: boolean;
  /** Largest datagram that can be sent now. */
  readonly maxDatagramSize: number;
  /** Whether both sides announced it. */
  can(capability: Capability): boolean;
  /**
   * Queues a message; of several waiting ones of a `kind` the newest counts. Never waits, never throws. A link that
   * takes no messages any more is closed, since what it missed can only be told again on a new one.
   */
  send(message: KnownSignal, kind?: string): void;
  /** Never waits, never throws. */
  sendDatagram(bytes: Uint8Array): SendResult;
  /** Ends the link; it may come up again. */
  close(reason: string): void;
}

/** Whoever works on links. Nothing of it may wait or throw. */
export interface LinkHandler {
  /** The link may be used from now on; the peer knows nothing yet. */
  up?(link: Link): void;
  /** It goes on over another connection: messages may be lost, so that the peer is to be told everything again. */
  renewed?(link: Link): void;
  /** It is gone, and with it all that was learned over it. */
  down?(link: Link): void;
}
