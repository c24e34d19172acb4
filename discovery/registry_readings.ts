/** What a registry counts: its metrics, and the figures that API and console show. */
import type {
  RegistryAnswer,
  RegistryHost,
  RegistryProblem,
  RegistryStats,
} from "../relay/ports/registry.ts";
import type { EngineStats } from "./registry_engine.ts";

/** The label of relays without a region. */
const NONE = "(none)";

const NOTHING: EngineStats = {
  relays: 0,
  relaysByRegion: {},
  parties: 0,
  peers: 0,
  expired: 0,
  storeErrors: 0,
  setAside: null,
  storeProblem: null,
};

export class RegistryReadings {
  readonly #counters: RegistryHost["counters"];
  readonly #refused: Partial<Record<RegistryProblem, number>> = {};
  #accepted = 0;
  #heard: EngineStats = NOTHING;
  #shown = new Set<string>();

  constructor(counters: RegistryHost["counters"]) {
    this.#counters = counters;
  }

  registration(answer: RegistryAnswer): void {
    this.#counters.registryRegistrations.add(answer.ok ? "accepted" : answer.problem);
    if (answer.ok) this.#accepted += 1;
    else this.#refused[answer.problem] = (this.#refused[answer.problem] ?? 0) + 1;
  }

  partyRequest(answer: RegistryAnswer): void {
    this.#counters.registryPartyRequests.add(answer.ok ? "accepted" : answer.problem);
  }

  heard(stats: EngineStats): void {
    const counters = this.#counters;
    counters.registryParties = stats.parties;
    counters.registryPeers = stats.peers;
    // A worker that was started again counts from 0.
    counters.registryExpired += Math.max(0, stats.expired - this.#heard.expired);
    counters.registryStoreErrors += Math.max(0, stats.storeErrors - this.#heard.storeErrors);
    this.#showRegions(stats.relaysByRegion);
    this.#heard = stats;
  }

  stats(): RegistryStats {
    const { storeErrors: _, ...stats } = this.#heard;
    return { ...stats, accepted: this.#accepted, refused: { ...this.#refused } };
  }

  #showRegions(relays: Readonly<Record<string, number>>): void {
    const counts = new Map<string, number>();
    for (const [region, count] of Object.entries(relays)) {
      const label = region === "" ? NONE : region;
      counts.set(label, (counts.get(label) ?? 0) + count);
    }
    for (const label of this.#shown) {
      if (!counts.has(label)) this.#counters.registryRelays.remove(label);
    }
    for (const [label, count] of counts) this.#counters.registryRelays.child(label).value = count;
    this.#shown = new Set(counts.keys());
  }
}
