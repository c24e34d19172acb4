/** Peers and probe targets come from the configuration, which nobody writes longer than this. */
export const MAX_PEERS = 1_000;
