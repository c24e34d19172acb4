/** What federation writes into the event log, packet by packet. Where there is no event log there is none of these. */

/** Every method returns at once and never throws. */
export interface FederationEvents {
  /** A datagram of a link that holds no media packet; `length` is that of the whole datagram. */
  malformed(length: number): void;
  /** A valid packet from a link: it reaches from `at` to the end of `bytes`, which are not kept. */
  ingress(bytes: Uint8Array, at: number, peer: string): void;
  duplicate(seq: number, peer: string): void;
  roomNotFound(seq: number, peer: string): void;
  rateLimited(room: string, seq: number): void;
  deliverError(room: string, seq: number, reason: string): void;
  delivered(room: string, seq: number, receivers: number): void;
}
