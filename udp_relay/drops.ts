/** Why a packet was not forwarded. Each one is counted once, under one of these. */

export const DROP_REASONS = [
  /** No WireGuard message. */
  "malformed",
  /** The address is blocked. */
  "blocked",
  /** More than its source may send, more handshakes than may be looked at, or more than its receiver should get. */
  "rate",
  /** A handshake for no key of the groups, or for one that its sender has nothing to do with. */
  "no_group",
  /** Nobody has shown up who could have the key that the handshake is for. */
  "no_endpoint",
  /** Of no session and no handshake that is known. */
  "unknown_index",
  /** The session is known, but this is neither an end of it nor the new address of one. */
  "unknown_source",
  /** There are as many peers as there may be. */
  "peers_full",
  /** Its receiver has not proven its address and has sent less than it would have got. */
  "amplification",
  /** The operating system did not take it. */
  "send_failed",
] as const;

export type DropReason = typeof DROP_REASONS[number];
