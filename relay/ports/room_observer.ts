/**
 * What others can watch of rooms: debug tap, event log, statistics and federation hang off the media path here. Methods
 * are called in the middle of it: they must not throw, wait, or keep `bytes`.
 */

/** A participant as observers see it. The same object for the whole stay, so it can be a key. */
export interface ParticipantView {
  /** Counted from 1 over the life of the process. */
  readonly id: number;
  /** Name of the connection in log, API, metrics and event log. */
  readonly session: string;
  readonly room: string;
  readonly fingerprint: string;
  readonly alias: string | null;
  /** Canonical `ip:port`. */
  readonly address: string;
}

/** Why one receiver did not get a packet, or a packet was not forwarded to anybody. */
export type DropReason =
  | "malformed"
  | "too_large"
  | "rate_limited"
  | "no_receiver"
  | "slow_receiver"
  | "stale_receiver"
  | "closed";

export interface RoomObserver {
  joined?(participant: ParticipantView): void;
  /** `forwarded`: packets of this participant that reached somebody; `roomClosed`: it was the last. */
  left?(participant: ParticipantView, forwarded: number, roomClosed: boolean): void;
  /** A valid packet before it is forwarded to `fanOut` others. */
  packet?(from: ParticipantView, bytes: Uint8Array, fanOut: number): void;
  /** How many receivers elsewhere the packet of the last call of `packet` was for; asked when there is none here. */
  beyond?(from: ParticipantView): number;
  /** The packet of the last call of `packet` was handed to everybody; for who measures how long that took. */
  forwarded?(from: ParticipantView): void;
  /** Once per packet and receiver; `to` is null when the packet was for nobody. */
  dropped?(from: ParticipantView | null, to: ParticipantView | null, reason: DropReason): void;
  /** A RoomUpdate was sent to everybody in the room; aliases in list order. */
  roomUpdate?(room: string, aliases: readonly (string | null)[]): void;
  directive?(room: string, codec: string, reason: string): void;
}
