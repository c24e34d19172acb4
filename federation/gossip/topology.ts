/**
 * The shape of the mesh: every relay says which links it has, everybody passes that on, and so everybody knows the
 * whole. No timers and no I/O: `tick` is called every so often, messages go to `Link.send`.
 */
import type { SignalOf } from "../../proto/signal/mod.ts";
import type { Clock } from "../../quic/clock.ts";
import { MAX_AHEAD_MS, NEIGHBOUR_SLACK_MS, OWN_SLACK_MS } from "../ahead.ts";
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
  /** What others said of neighbours, who say it themselves; it counts when the link with them is gone. */
  readonly #hearsay = new Map<RelayKey, { readonly from: Link; readonly facts: RelayFacts }>();
  /** Relays whose news came too fast, and who told it: it is asked for again. */
  readonly #missed = new Map<RelayKey, Set<Link>>();
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
    const told = this.#hearsay.get(link.relay);
    this.#hearsay.delete(link.relay);
    for (const [relay, { from }] of this.#hearsay) if (from === link) this.#hearsay.delete(relay);
    if (told !== undefined && told.from !== link) this.#take(told.from, told.facts);
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
    } else {
      const slack = facts.relay === link.relay ? NEIGHBOUR_SLACK_MS : 0;
      if (ahead > MAX_AHEAD_MS + slack) refused("future", facts.relay, link);
      else this.#take(link, facts);
    }
  }

  /** To be called every `SPACING_MS` or so. */
  tick(): void {
    const gone = this.#states.expire(this.#options.clock.now());
    this.refresh();
    this.#askAgain();
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
    const neighbour = this.#links.get(heard.relay);
    if (neighbour !== undefined && neighbour !== link && neighbour.can("topology")) {
      // It is told, so that it can go above that if it is not true.
      this.#hearsay.set(heard.relay, { from: link, facts: heard });
      return this.#tell(neighbour, heard);
    }
    if (neighbour !== undefined) this.#hearsay.delete(heard.relay);
    // Who has no name of its own goes by the one its neighbour gave it.
    const named = heard.label === "" && heard.relay === link.relay;
    const facts = named ? { ...heard, label: link.label } : heard;
    if (!this.#makeRoom(facts.relay)) return refused("full", facts.relay, link);
    const before = this.#states.get(facts.relay);
    if (!this.#states.take(facts, clock.now())) {
      const tellers = this.#missed.get(facts.relay) ?? new Set();
      this.#missed.set(facts.relay, tellers.add(link));
      return refused("too_fast", facts.relay, link);
    }
    for (const other of this.#links.values()) if (other !== link) this.#tell(other, facts);
    const sameShape = before !== undefined && sameLinks(before.links, facts.links);
    if (sameShape) this.#stale = true;
    else this.#findWays(true);
    if (before === undefined) this.#options.discovered(facts.relay, link);
  }

  /** Whoever is told an old state answers with the newer one. */
  #askAgain(): void {
    for (const [relay, tellers] of this.#missed) {
      const facts = this.#states.get(relay);
      for (const link of tellers) {
        if (facts !== undefined && this.#links.get(link.relay) === link) this.#tell(link, facts);
      }
    }
    this.#missed.clear();
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
