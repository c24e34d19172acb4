/** The mesh as the rest of the relay asks about it: who is reachable, over whom, and who is registered where. */
import { formatSocketAddress } from "../../proto/socket_address.ts";
import type { MeshRelayView } from "../../relay/ports/federation.ts";
import type {
  PresenceElsewhere,
  PresencePeer,
  RemotePresence,
} from "../../relay/ports/presence.ts";
import type { Clock } from "../../quic/clock.ts";
import type { Link, RelayKey } from "../link.ts";
import type { Directory } from "./directory.ts";
import type { RelayFacts } from "./relay_facts.ts";
import type { Topology } from "./topology.ts";
import { UNKNOWN_RTT_MS } from "./ways.ts";

export interface MeshOptions {
  readonly clock: Clock;
  readonly self: RelayKey;
  readonly topology: Topology;
  readonly directory: Directory;
}

export class Mesh implements PresenceElsewhere {
  readonly #options: MeshOptions;
  readonly #listeners = new Set<() => void>();

  constructor(options: MeshOptions) {
    this.#options = options;
  }

  /** Whether a chain of links leads there. A relay with a link to this one always counts; so does this one. */
  reachable(relay: RelayKey): boolean {
    const { self, topology } = this.#options;
    return topology.way(relay) !== undefined || topology.link(relay) !== undefined ||
      relay === self;
  }

  /** The link on the shortest way there; null for this relay and for those that are not reachable. */
  nextHop(relay: RelayKey): Link | null {
    const { topology } = this.#options;
    return topology.link(topology.way(relay)?.first ?? relay) ?? null;
  }

  /** The relays on the shortest way there: the next hop first, that relay last. */
  path(relay: RelayKey): RelayKey[] | null {
    const { self, topology } = this.#options;
    if (relay === self) return [];
    if (topology.way(relay) === undefined) return topology.link(relay) ? [relay] : null;
    const path = [relay];
    for (;;) {
      const { previous } = topology.way(path[0]!)!;
      if (previous === self) return path;
      path.unshift(previous);
    }
  }

  /** Whether two relays have a link of their own: not legacy, and both say so. Cheap. */
  linked(a: RelayKey, b: RelayKey): boolean {
    return this.#options.topology.linked(a, b);
  }

  /** Relays that have such a link to this one. */
  neighbours(relay: RelayKey): RelayKey[] {
    const { topology } = this.#options;
    return [...this.#facts(relay)?.links.keys() ?? []].filter((other) =>
      topology.linked(relay, other)
    );
  }

  /** Where somebody is registered: the reachable relay that began last to say so. */
  relayOf(fingerprint: string): RelayKey | null {
    return this.relaysOf(fingerprint)[0] ?? null;
  }

  /** All of them, that one first. */
  relaysOf(fingerprint: string): RelayKey[] {
    const { names } = this.#options.directory;
    return [...names.relaysOf(fingerprint)].filter((relay) => this.reachable(relay)).reverse();
  }

  /** Where a relay listens, canonical `ip:port`; null when nobody said. */
  addressOf(relay: RelayKey): string | null {
    const told = this.#facts(relay)?.address ?? "";
    if (told !== "") return told;
    const link = this.#options.topology.link(relay);
    if (link === undefined) return null;
    return formatSocketAddress(link.about.advertisedAddress ?? link.remoteAddress);
  }

  /** What to call a relay: as configured here, as it calls itself, or by the beginning of its fingerprint. */
  labelOf(relay: RelayKey): string {
    const told = this.#facts(relay)?.label ?? "";
    return this.#options.topology.link(relay)?.label ?? (told === "" ? relay.slice(0, 8) : told);
  }

  /** Whether clients may be sent there: it can be reached, and neither drains nor is full. Never one of the original kind. */
  takesClients(relay: RelayKey): boolean {
    const facts = this.#facts(relay);
    return facts !== undefined && !facts.draining && facts.load < 1 && this.reachable(relay);
  }

  /** The relay that listens at a canonical `ip:port`, this one excepted. */
  relayAt(address: string): RelayKey | null {
    const { topology } = this.#options;
    for (const relay of topology.ways().keys()) if (this.addressOf(relay) === address) return relay;
    return null;
  }

  /** Round trip of the shortest way there; null when a part of it has not been measured. */
  rttTo(relay: RelayKey): number | null {
    const rttMs = this.#options.topology.way(relay)?.rttMs ?? UNKNOWN_RTT_MS;
    return rttMs < UNKNOWN_RTT_MS ? rttMs : null;
  }

  /** Addresses of the relays on the way to somebody, the next hop first; null when nobody knows them. */
  further(fingerprint: string): string[] | null {
    const relay = this.relayOf(fingerprint);
    const path = relay === null ? null : this.path(relay);
    if (path === null) return null;
    const addresses = path.map((hop) => this.addressOf(hop));
    return addresses.every((address) => address !== null) ? addresses : null;
  }

  /** Calls whenever other relays are reachable, other ways lead to them, or other relays are linked. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** For who keeps the topology. */
  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Every reachable relay that told its state, this one first. */
  relays(): MeshRelayView[] {
    const { self, topology } = this.#options;
    return [self, ...topology.ways().keys()].flatMap((relay) => {
      const facts = this.#facts(relay);
      return facts === undefined ? [] : [this.#view(facts)];
    });
  }

  /** Who is registered at other relays that are reachable. */
  *entries(): Iterable<{ readonly fingerprint: string; readonly relay: RelayKey }> {
    const { names } = this.#options.directory;
    for (const relay of names.relays()) {
      if (!this.reachable(relay)) continue;
      for (const fingerprint of names.names(relay)) yield { fingerprint, relay };
    }
  }

  find(fingerprint: string): RemotePresence | null {
    for (const relay of this.relaysOf(fingerprint)) {
      const address = this.addressOf(relay);
      if (address !== null) return { fingerprint, relay: address, ageMs: this.#ageMs(relay) };
    }
    return null;
  }

  *peers(): Iterable<PresencePeer> {
    const { directory, topology } = this.#options;
    for (const relay of topology.ways().keys()) {
      const address = this.addressOf(relay);
      if (address === null || this.#facts(relay) === undefined) continue;
      const fingerprints = [...directory.names.names(relay)];
      const rttMs = topology.link(relay)?.rttMs ?? null;
      yield { address, fingerprints, ageMs: this.#ageMs(relay), rttMs };
    }
  }

  #facts(relay: RelayKey): RelayFacts | undefined {
    const { self, topology } = this.#options;
    return relay === self ? topology.own : topology.facts(relay);
  }

  #ageMs(relay: RelayKey): number {
    const { clock, self, topology } = this.#options;
    const heardAt = relay === self ? null : topology.heardAt(relay);
    return heardAt === null ? 0 : clock.now() - heardAt;
  }

  #view(facts: RelayFacts): MeshRelayView {
    const { relay, region, address, build, load, draining, udpPort } = facts;
    const own = relay === this.#options.self;
    return {
      relay,
      label: own ? facts.label : this.labelOf(relay),
      region,
      address,
      build,
      load,
      draining,
      udpPort,
      ageMs: this.#ageMs(relay),
      links: [...facts.links].map(([to, { rttMs, lossPct, legacy }]) => (
        { relay: to, rttMs, lossPct, legacy }
      )),
    };
  }
}
