/**
 * The shape of the mesh: every relay says which links it has, everybody passes that on, and so everybody knows the
 * whole. No timers and no I/O: `tick` is called every so often, messages go to `Link.send`.
 */
import type { SignalOf } from "../../proto/signal/mod.ts";
import type { Clock } from "../../quic/clock.ts";
import type { Link, RelayKey } from "../link.ts";
import { type OwnFacts, OwnState, SPACING_MS } from "./own_state.ts";
import {
  type LinkClaims,
  readRelayState,
  type RelayFacts,
  sameLinks,
  writeRelayState,
} from "./relay_facts.ts";
import { StateTable } from "./state_table.ts";
import { bothClaim, sameWays, shortestWays, type Way } from "./ways.ts";

/** A clock may be this much ahead of ours, or what it numbered could never be surpassed. */
export const MAX_AHEAD_MS = 24 * 3_600_000;
/** For ourselves a little more, so that this relay gets above whatever others took for its state. */
export const OWN_SLACK_MS = 3_600_000;

/** Why a state was not taken; for the log. */
export type StateRefusal = "malformed" | "future" | "full" | "too_fast";

export interface TopologyOptions {
  readonly clock: Clock;
  readonly self: RelayKey;
  readonly facts: () => OwnFacts;
  /** Other ways, other links between relays, or other relays than before. */
  readonly changed: () => void;
  /** A relay told its state for the first time, or anew after it was forgotten. */
  readonly discovered: (relay: RelayKey, from: Link) => void;
  /** What this relay said is forgotten, and with it everything else about it. */
  readonly forgotten: (relay: RelayKey) => void;
  readonly refused: (reason: StateRefusal, relay: string, from: Link) => void;
}

export class Topology {
  readonly #options: TopologyOptions;
  readonly #own: OwnState;
  readonly #links = new Map<RelayKey, Link>();
  /** The number of our own state that each link was told last. */
  readonly #told = new Map<Link, number>();
  readonly #states = new StateTable();
  #ways = new Map<RelayKey, Way>();
  #floodedAt = -Infinity;
  /** Figures changed, which may make other ways the better ones. */
  #stale = false;

  constructor(options: TopologyOptions) {
    this.#options = options;
    const { clock, self, facts } = options;
    this.#own = new OwnState({ clock, self, facts, links: () => this.#links.values() });
  }

  up(link: Link): void {
    this.#links.set(link.relay, link);
    this.#own.update();
    this.#tellEverything(link);
    this.#floodOwn();
    this.#findWays(true);
  }

  renewed(link: Link): void {
    if (this.#links.get(link.relay) === link) this.#tellEverything(link);
  }

  down(link: Link): void {
    if (this.#links.get(link.relay) !== link) return;
    this.#links.delete(link.relay);
    this.#told.delete(link);
    this.#own.update();
    this.#floodOwn();
    this.#findWays(true);
  }

  signal(link: Link, message: SignalOf<"RelayState">): void {
    if (this.#links.get(link.relay) !== link || !link.can("topology")) return;
    const facts = readRelayState(message);
    if (facts === null) return this.#options.refused("malformed", message.relay, link);
    const ahead = facts.seq - this.#options.clock.wall();
    const { self, refused } = this.#options;
    if (facts.relay === self) {
      // A neighbour may have got it from afar and hold it for the truth.
      if (facts.seq <= this.#own.facts.seq) return;
      if (ahead > MAX_AHEAD_MS + OWN_SLACK_MS) return refused("future", self, link);
      this.#own.raise(facts.seq);
      this.#floodOwn();
    } else if (ahead > MAX_AHEAD_MS) refused("future", facts.relay, link);
    else this.#take(link, facts);
  }

  /** To be called every `SPACING_MS` or so. */
  tick(): void {
    const gone = this.#states.expire(this.#options.clock.now());
    this.refresh();
    if (gone.length > 0 || this.#stale) this.#findWays(gone.length > 0);
    for (const relay of gone) this.#options.forgotten(relay);
  }

  /** Looks whether something of this relay has changed, and says so at once. */
  refresh(): void {
    if (this.#own.update()) this.#stale = true;
    this.#floodOwn();
  }

  get own(): RelayFacts {
    return this.#own.facts;
  }

  /** What a relay last said, though it may not be reachable. */
  facts(relay: RelayKey): RelayFacts | undefined {
    return this.#states.get(relay);
  }

  heardAt(relay: RelayKey): number | null {
    return this.#states.heardAt(relay);
  }

  /** Undefined when the mesh does not lead there; a direct link may. */
  way(relay: RelayKey): Way | undefined {
    return this.#ways.get(relay);
  }

  /** Every relay the mesh leads to, and how. */
  ways(): ReadonlyMap<RelayKey, Way> {
    return this.#ways;
  }

  link(relay: RelayKey): Link | undefined {
    return this.#links.get(relay);
  }

  links(): Iterable<Link> {
    return this.#links.values();
  }

  linked(a: RelayKey, b: RelayKey): boolean {
    return bothClaim(this.#claims, a, b);
  }

  readonly #claims = (relay: RelayKey): LinkClaims | undefined =>
    relay === this.#options.self ? this.#own.facts.links : this.#states.get(relay)?.links;

  #take(link: Link, heard: RelayFacts): void {
    const { clock, refused } = this.#options;
    const order = this.#states.compare(heard);
    if (order !== null) {
      // Whoever knows less, be it the relay itself in another life, is told.
      if (order === "older") this.#tell(link, this.#states.remembered(heard.relay)!);
      return;
    }
    // Who has no name of its own goes by the one its neighbour gave it.
    const named = heard.label === "" && heard.relay === link.relay;
    const facts = named ? { ...heard, label: link.label } : heard;
    if (!this.#makeRoom(facts.relay)) return refused("full", facts.relay, link);
    const before = this.#states.get(facts.relay);
    if (!this.#states.take(facts, clock.now())) return refused("too_fast", facts.relay, link);
    for (const other of this.#links.values()) if (other !== link) this.#tell(other, facts);
    const sameShape = before !== undefined && sameLinks(before.links, facts.links);
    if (sameShape) this.#stale = true;
    else this.#findWays(true);
    if (before === undefined) this.#options.discovered(facts.relay, link);
  }

  #makeRoom(relay: RelayKey): boolean {
    if (this.#states.hasRoom(relay)) return true;
    // A neighbour comes before those whom the mesh leads to through others.
    const near = (known: RelayKey) => this.#links.has(known);
    const evicted = this.#states.evict((known) => !this.#ways.has(known) && !near(known)) ??
      (near(relay) ? this.#states.evict((known) => !near(known)) : null);
    if (evicted !== null) this.#options.forgotten(evicted);
    return evicted !== null;
  }

  #tellEverything(link: Link): void {
    this.#tellOwn(link);
    for (const facts of this.#states.all()) {
      if (facts.relay !== link.relay) this.#tell(link, facts);
    }
  }

  /** A link that comes up is told by itself, so the others may wait until several changes are together. */
  #floodOwn(): void {
    const { seq } = this.#own.facts;
    const now = this.#options.clock.now();
    if (now - this.#floodedAt < SPACING_MS) return;
    for (const link of this.#links.values()) {
      if (this.#told.get(link) === seq) continue;
      this.#tellOwn(link);
      this.#floodedAt = now;
    }
  }

  #tellOwn(link: Link): void {
    this.#told.set(link, this.#own.facts.seq);
    this.#tell(link, this.#own.facts);
  }

  #tell(link: Link, facts: RelayFacts): void {
    if (!link.can("topology")) return;
    link.send(writeRelayState(facts), `state ${facts.relay}`);
  }

  #findWays(shapeChanged: boolean): void {
    const before = this.#ways;
    this.#ways = shortestWays(this.#options.self, this.#claims);
    this.#stale = false;
    if (shapeChanged || !sameWays(before, this.#ways)) this.#options.changed();
  }
}
