/** Looks for somebody whom the directory does not name: asks the neighbours, who ask theirs. */
import { parseFingerprint } from "../../proto/identity.ts";
import { WireError } from "../../proto/errors.ts";
import type { SignalOf } from "../../proto/signal/mod.ts";
import type { Clock, Timer } from "../../quic/clock.ts";
import { Pace } from "../../quic/pace.ts";
import type { Counters } from "../../relay/ports/counters.ts";
import { formatSocketAddress, type SocketAddress } from "../../proto/socket_address.ts";
import type { Link } from "../link.ts";
import type { CallLinks, CallMesh } from "./call_mesh.ts";
import { MAX_CALL_HOPS } from "./envelope.ts";

/** How long the relay that begins a search waits; those it asks wait less, so that their answers are in time. */
export const SEARCH_MS = 1_500;
/** How long what was found counts. */
export const REMEMBER_MS = 30_000;

/** Searches at a time, and answers remembered; a few hundred bytes each. */
const MAX_SEARCHES = 4_096;
const MAX_REMEMBERED = 10_000;
/** Who else is waiting for one search. */
const MAX_WAITING = 64;
/** A search goes to every relay, and the directory makes it rare. */
const QUERIES_PER_SECOND = 50;
const QUERIES_AT_ONCE = 200;
/** A bracketed IPv6 address with scope and port. */
const MAX_ADDRESS_LENGTH = 64;

export interface RouteSearchOptions {
  readonly clock: Clock;
  readonly counters: Counters;
  readonly mesh: Pick<CallMesh, "relaysOf" | "nextHop" | "path" | "addressOf">;
  readonly links: CallLinks;
  readonly isHere: (fingerprint: string) => boolean;
  /** Where others reach this relay. */
  readonly advertised: SocketAddress;
}

/** The neighbour that knows the way, and the relays on it as `ip:port`, that neighbour first. */
export interface FoundRoute {
  readonly link: Link;
  readonly chain: readonly string[];
}

interface Search {
  /** Those that have not answered. */
  readonly asked: Set<Link>;
  readonly waiting: ((found: FoundRoute | null) => void)[];
  timer: Timer | null;
}

export class RouteSearch {
  readonly #options: RouteSearchOptions;
  readonly #searches = new Map<string, Search>();
  /** In order of age, as all are kept equally long. */
  readonly #remembered = new Map<string, FoundRoute & { readonly until: number }>();
  readonly #own = new Pace(QUERIES_PER_SECOND, QUERIES_AT_ONCE);
  readonly #paces = new WeakMap<Link, Pace>();

  constructor(options: RouteSearchOptions) {
    this.#options = options;
  }

  /** What a search that is not long ago has found. */
  remembered(fingerprint: string): FoundRoute | null {
    const found = this.#remembered.get(fingerprint);
    if (found === undefined) return null;
    if (found.until > this.#options.clock.now()) return found;
    this.#remembered.delete(fingerprint);
    return null;
  }

  /** Tells `done` the neighbour that knows the way, or null; at once where nobody can be asked. */
  find(fingerprint: string, done: (found: FoundRoute | null) => void): void {
    const { clock, counters } = this.#options;
    const remembered = this.remembered(fingerprint);
    if (remembered !== null) return done(remembered);
    if (!this.#searches.has(fingerprint) && !this.#own.take(clock.now())) {
      counters.federationRouteSearches.add("rate_limited");
      return done(null);
    }
    this.#search(fingerprint, MAX_CALL_HOPS, null, done);
  }

  query(link: Link, { fingerprint, ttl }: SignalOf<"RouteQuery">): void {
    const { clock, counters } = this.#options;
    const pace = this.#paces.get(link) ?? new Pace(QUERIES_PER_SECOND, QUERIES_AT_ONCE);
    this.#paces.set(link, pace);
    if (link.legacy || !isFingerprint(fingerprint)) {
      return counters.federationRouteSearches.add("malformed");
    }
    if (!pace.take(clock.now())) return counters.federationRouteSearches.add("rate_limited");
    const known = this.#known(fingerprint, link);
    if (known !== null) return this.#answer(link, fingerprint, known);
    const hops = Math.min(ttl, MAX_CALL_HOPS) - 1;
    if (hops < 1) return this.#answer(link, fingerprint, null);
    this.#search(fingerprint, hops, link, (found) => {
      // It has said so itself, to somebody who asked both of us.
      if (found?.link !== link) this.#answer(link, fingerprint, found?.chain ?? null);
    });
  }

  response(link: Link, { fingerprint, found, relay_chain }: SignalOf<"RouteResponse">): void {
    const search = this.#searches.get(fingerprint);
    if (search === undefined || !search.asked.delete(link)) return;
    if (found && isChain(relay_chain)) {
      this.#remember(fingerprint, { link, chain: relay_chain });
      this.#finish(fingerprint, { link, chain: relay_chain });
    } else if (search.asked.size === 0) this.#finish(fingerprint, null);
  }

  /** Nobody is asked over it, and nothing is found over it any more. */
  down(link: Link): void {
    for (const [fingerprint, found] of this.#remembered) {
      if (found.link === link) this.#remembered.delete(fingerprint);
    }
    for (const [fingerprint, search] of [...this.#searches]) {
      if (search.asked.delete(link) && search.asked.size === 0) this.#finish(fingerprint, null);
    }
  }

  /** What was found has turned out to be wrong. */
  forget(fingerprint: string): void {
    this.#remembered.delete(fingerprint);
  }

  /** Ends its timers. */
  stop(): void {
    for (const { timer } of this.#searches.values()) timer?.cancel();
  }

  #search(
    fingerprint: string,
    hops: number,
    from: Link | null,
    done: (found: FoundRoute | null) => void,
  ): void {
    const { clock, counters, links } = this.#options;
    const running = this.#searches.get(fingerprint);
    if (running !== undefined) {
      // Whoever asks a second time, or over a ring, waits for what is under way.
      if (running.waiting.length < MAX_WAITING) running.waiting.push(done);
      else done(null);
      return;
    }
    const asked = [...links.links()].filter((link) => !link.legacy && link !== from);
    if (asked.length === 0 || this.#searches.size >= MAX_SEARCHES) return done(null);
    const search: Search = { asked: new Set(asked), waiting: [done], timer: null };
    this.#searches.set(fingerprint, search);
    search.timer = clock.after(SEARCH_MS * hops / MAX_CALL_HOPS, () => {
      this.#finish(fingerprint, null);
    });
    counters.federationRouteSearches.add("begun");
    for (const link of asked) link.send({ type: "RouteQuery", fingerprint, ttl: hops });
  }

  #finish(fingerprint: string, found: FoundRoute | null): void {
    const search = this.#searches.get(fingerprint);
    if (search === undefined) return;
    this.#searches.delete(fingerprint);
    search.timer?.cancel();
    this.#options.counters.federationRouteSearches.add(found === null ? "not_found" : "found");
    for (const done of search.waiting) done(found);
  }

  /** The relays from the next one on to somebody, empty for somebody here; null when that is not known, or leads back. */
  #known(fingerprint: string, asker: Link): readonly string[] | null {
    const { isHere, mesh } = this.#options;
    if (isHere(fingerprint)) return [];
    const relay = mesh.relaysOf(fingerprint)[0];
    if (relay !== undefined) {
      const next = mesh.nextHop(relay);
      if (next === null || next === asker) return null;
      return (mesh.path(relay) ?? [relay]).map((hop) => mesh.addressOf(hop) ?? "");
    }
    const remembered = this.remembered(fingerprint);
    return remembered === null || remembered.link === asker ? null : remembered.chain;
  }

  #answer(link: Link, fingerprint: string, further: readonly string[] | null): void {
    const own = formatSocketAddress(this.#options.advertised);
    link.send({
      type: "RouteResponse",
      fingerprint,
      found: further !== null,
      relay_chain: further === null ? [] : [own, ...further],
    });
  }

  #remember(fingerprint: string, found: FoundRoute): void {
    this.#remembered.delete(fingerprint);
    for (const oldest of this.#remembered.keys()) {
      if (this.#remembered.size < MAX_REMEMBERED) break;
      this.#remembered.delete(oldest);
    }
    const until = this.#options.clock.now() + REMEMBER_MS;
    this.#remembered.set(fingerprint, { ...found, until });
  }
}

/** Whether it is spelled as everything compares it. */
export function isFingerprint(text: string): boolean {
  try {
    return parseFingerprint(text) === text;
  } catch (error) {
    if (error instanceof WireError) return false;
    throw error;
  }
}

function isChain(chain: readonly string[]): boolean {
  return chain.length > 0 && chain.length <= MAX_CALL_HOPS + 1 &&
    chain.every((address) => address.length <= MAX_ADDRESS_LENGTH);
}
