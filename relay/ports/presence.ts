/** Where the services tell who is here; reading it is the business of routes, gossip and the API. */
export interface PresenceSink {
  /**
   * Somebody registered on `_signal` (room null) or joined a room. Call the answer once when that ends. The same
   * fingerprint may be here several times over; it is present until the last of them ends.
   */
  enter(fingerprint: string, alias: string | null, room: string | null): () => void;
}
