/** What is known of one probed relay. */

/** Metrics, table and API show the same. */
export interface MeshRow {
  /** As configured, and as the metrics are labelled. */
  readonly target: string;
  readonly up: boolean;
  readonly rttMs: number;
  readonly lossPct: number;
  readonly jitterMs: number;
}
