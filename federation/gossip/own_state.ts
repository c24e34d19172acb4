/** What this relay says of itself: when it changes, when it is said again, and which number it has. */
import type { Clock } from "../../quic/clock.ts";
import type { Link, RelayKey } from "../link.ts";
import { type LinkClaim, type RelayFacts, sameLinks } from "./relay_facts.ts";

/** Everything but number and links, as it is now. */
export type OwnFacts = Omit<RelayFacts, "relay" | "seq" | "links">;

/** Others drop it after `EXPIRY_MS`: two may get lost. */
const REFRESH_MS = 20_000;
/** Changes that come faster than this go together. */
export const SPACING_MS = 200;
/** Figures alone change it this often at most, and only when they change much. */
const FIGURES_MS = 5_000;
const LARGE_LOAD = 0.25;
const LARGE_LOSS_PCT = 10;
const LARGE_RTT_MS = 50;

export interface OwnStateOptions {
  readonly clock: Clock;
  readonly self: RelayKey;
  readonly facts: () => OwnFacts;
  readonly links: () => Iterable<Link>;
}

export class OwnState {
  readonly #options: OwnStateOptions;
  #said: RelayFacts;
  #saidAt: number;

  constructor(options: OwnStateOptions) {
    this.#options = options;
    this.#said = this.#now(0);
    this.#saidAt = options.clock.now();
  }

  get facts(): RelayFacts {
    return this.#said;
  }

  /** Somebody knows a state of this relay with this number: of an earlier life, or made up. The next one is above. */
  raise(seq: number): void {
    if (seq >= this.#said.seq) this.#say(this.#now(seq));
  }

  /** Looks whether there is something new to say, and puts it into words. */
  update(): boolean {
    const facts = this.#now(this.#said.seq);
    if (!this.#isDue(facts)) return false;
    this.#say(facts);
    return true;
  }

  /** Numbers go on from the clock, so that a relay that restarts is above what it said before. */
  #say(facts: RelayFacts): void {
    const { clock } = this.#options;
    const seq = Math.max(facts.seq + 1, Math.floor(clock.wall()));
    this.#said = { ...facts, seq };
    this.#saidAt = clock.now();
  }

  #now(seq: number): RelayFacts {
    const { facts, links, self } = this.#options;
    const claims = new Map<RelayKey, LinkClaim>();
    for (const link of links()) {
      const { relay, rttMs, lossPct } = link;
      // Whoever says nothing of its links is like an original here: this end alone counts.
      claims.set(relay, { rttMs, lossPct, legacy: link.legacy || !link.can("topology") });
    }
    return { ...facts(), relay: self, seq, links: claims };
  }

  #isDue(now: RelayFacts): boolean {
    const said = this.#said;
    const elapsed = this.#options.clock.now() - this.#saidAt;
    if (elapsed >= REFRESH_MS || !sameLinks(now.links, said.links)) return true;
    if (
      now.draining !== said.draining || now.label !== said.label || now.region !== said.region ||
      now.address !== said.address || now.udpPort !== said.udpPort
    ) return true;
    return elapsed >= FIGURES_MS && figuresDiffer(now, said);
  }
}

function figuresDiffer(now: RelayFacts, said: RelayFacts): boolean {
  if (Math.abs(now.load - said.load) >= LARGE_LOAD) return true;
  for (const [relay, { rttMs, lossPct }] of now.links) {
    const before = said.links.get(relay);
    if (before === undefined) continue;
    if (rttMs !== null && before.rttMs === null) return true;
    const large = Math.max(LARGE_RTT_MS, (before.rttMs ?? 0) / 2);
    if (Math.abs((rttMs ?? 0) - (before.rttMs ?? 0)) >= large) return true;
    if (Math.abs((lossPct ?? 0) - (before.lossPct ?? 0)) >= LARGE_LOSS_PCT) return true;
  }
  return false;
}
