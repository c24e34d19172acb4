/** What the metrics say of links: status and round trip by the label of the configuration, in both directions. */
import type { Counters } from "../../relay/ports/counters.ts";

export class LinkMetrics {
  readonly #counters: Pick<Counters, "federationPeerStatus" | "federationPeerRtt">;
  #labels = new Set<string>();

  constructor(counters: Pick<Counters, "federationPeerStatus" | "federationPeerRtt">) {
    this.#counters = counters;
  }

  /** These relays are configured and no others. */
  keep(labels: Iterable<string>): void {
    const { federationPeerStatus, federationPeerRtt } = this.#counters;
    const wanted = new Set(labels);
    for (const label of this.#labels) {
      if (wanted.has(label)) continue;
      federationPeerStatus.remove(label);
      federationPeerRtt.remove(label);
    }
    for (const label of wanted) federationPeerStatus.child(label);
    this.#labels = wanted;
  }

  up(label: string): void {
    this.#counters.federationPeerStatus.child(label).value = 1;
  }

  /** `configured`: it may come back. */
  down(label: string, configured: boolean): void {
    const { federationPeerStatus, federationPeerRtt } = this.#counters;
    if (configured) federationPeerStatus.child(label).value = 0;
    else federationPeerStatus.remove(label);
    federationPeerRtt.remove(label);
  }

  /** Null: not known any more. */
  rtt(label: string, rttMs: number | null): void {
    const { federationPeerRtt } = this.#counters;
    if (rttMs === null) federationPeerRtt.remove(label);
    else federationPeerRtt.child(label).value = rttMs;
  }
}
