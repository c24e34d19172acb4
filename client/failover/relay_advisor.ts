/** Who says which relay a client should use next: asked when a relay dies or drains, and speaking up when another one is better. */
import type { PathQuality } from "../../proto/quality_report.ts";

/** A relay the client may go to. */
export interface Alternative {
  /** Where it is reached: `host:port`. */
  readonly addr: string;
  /** SHA-256 of the certificate it must show, or null when nobody told it. */
  readonly pin: Uint8Array | null;
}

/** A relay that would serve better than the present one. */
export interface BetterRelay {
  readonly addr: string;
  /** One clause for people: "nearer: 12 ms instead of 40 ms". */
  readonly reason: string;
}

/** What failover asks, and what it tells. Nothing here waits. */
export interface RelayAdvisor {
  /** Relays to try, best first, of those that `allowed` lets through. */
  alternatives(allowed: (addr: string) => boolean): readonly Alternative[];
  /** A relay that should be used instead of `current` by the rules of choice, or null to stay. */
  better(current: string): BetterRelay | null;
  /** A sign of life of this relay was seen just now. */
  heard(addr: string): void;
  /** This relay could not be joined, or died. */
  failed(addr: string): void;
  /** What the session measured on its way to a relay, every 500 ms. */
  report?(addr: string, quality: PathQuality): void;
  /** It said that it stops. */
  draining?(addr: string): void;
  /** Calls `listener` when what `better` answers may have changed. Gives back how to stop that. */
  onChange(listener: () => void): () => void;
}
