/**
 * Who is registered where: every relay tells its list and its changes, everybody passes that on, and numbers show who
 * missed something. No timers and no I/O: `tick` is called every so often, messages go to `Link.send`.
 */
import type { SignalOf } from "../../proto/signal/mod.ts";
import type { Clock } from "../../quic/clock.ts";
import { Pace } from "../../quic/pace.ts";
import { MAX_AHEAD_MS, NEIGHBOUR_SLACK_MS, OWN_SLACK_MS } from "../ahead.ts";
import type { Link, RelayKey } from "../link.ts";
import { NameIndex } from "./name_index.ts";
import { OwnNames } from "./own_names.ts";
import { relayKeyOf, wireRelay } from "../relay_key.ts";

/** How often neighbours compare numbers. */
const DIGEST_MS = 30_000;
/** A list this short is passed on as it is; of a longer one the number, and who has not got it asks. */
const SHORT_LIST = 64;
/** Of more names the whole list is told: it fits a message, and a change may not. */
const LONG_CHANGE = 1_000;
/** Whole lists of one relay over one link: more may cost much to answer and nothing to ask. */
const LISTS_PER_SECOND = 1;
const LISTS_BURST = 4;
/** Changes of one relay: they come every 200 ms at most. */
const PER_SECOND = 10;
const BURST = 50;

type Update = SignalOf<"DirectoryUpdate">;

interface Known {
  seq: number;
  readonly pace: Pace;
}

export interface DirectoryOptions {
  readonly clock: Clock;
  readonly self: RelayKey;
  readonly registered: () => Iterable<string>;
  /** Names kept of each relay. */
  readonly most: () => number;
  /** Whether that relay has told its state not too long ago. */
  readonly isKnown: (relay: RelayKey) => boolean;
}

export class Directory {
  readonly names = new NameIndex();
  readonly own: OwnNames;
  readonly #options: DirectoryOptions;
  readonly #links = new Map<RelayKey, Link>();
  readonly #known = new Map<RelayKey, Known>();
  readonly #listPaces = new Map<Link, Map<RelayKey, Pace>>();
  #comparedAt: number;
  /** The own list has a number that nobody can have got to by changes. */
  #raised = false;

  constructor(options: DirectoryOptions) {
    this.#options = options;
    const { clock, registered, most } = options;
    this.own = new OwnNames({ clock, registered, most });
    this.#comparedAt = clock.now();
  }

  up(link: Link): void {
    if (!link.can("directory")) return;
    this.#links.set(link.relay, link);
    this.#tellEverything(link);
  }

  renewed(link: Link): void {
    if (this.#links.get(link.relay) === link) this.#tellEverything(link);
  }

  down(link: Link): void {
    this.#listPaces.delete(link);
    if (this.#links.get(link.relay) !== link) return;
    this.#links.delete(link.relay);
    // From now on others speak for it, and may know more.
    if (!this.#known.has(link.relay)) return;
    for (const other of this.#links.values()) this.#sendNumber(other, link.relay);
  }

  /**
   * That relay is known from now on. What came of its names before was not taken: states may be overtaken, since of
   * waiting ones only the newest is sent.
   */
  discovered(relay: RelayKey, from: Link): void {
    if (this.#links.get(from.relay) === from) this.#sendNumber(from, relay);
    // A neighbour speaks for itself, also where somebody else was quicker to tell its state.
    const neighbour = this.#links.get(relay);
    if (neighbour !== undefined && neighbour !== from) this.#sendNumber(neighbour, relay);
  }

  /** That relay is forgotten. */
  forget(relay: RelayKey): void {
    this.#known.delete(relay);
    this.names.forget(relay);
    for (const paces of this.#listPaces.values()) paces.delete(relay);
  }

  signal(link: Link, message: Update): void {
    const relay = relayKeyOf(message.relay);
    if (relay === null || this.#links.get(link.relay) !== link) return;
    if (relay === this.#options.self) this.#hearOwn(link, message);
    else if (this.#options.isKnown(relay)) this.#hear(link, relay, message);
  }

  /** To be called every 200 ms or so: changes of that time go together. */
  tick(): void {
    this.#tellChange();
    const now = this.#options.clock.now();
    if (now - this.#comparedAt < DIGEST_MS) return;
    this.#comparedAt = now;
    for (const link of this.#links.values()) {
      this.#sendNumber(link, this.#options.self);
      for (const relay of this.#known.keys()) this.#sendNumber(link, relay);
    }
  }

  #tellChange(): void {
    const { self } = this.#options;
    const change = this.own.change();
    const names = change === null ? 0 : change.add.length + change.remove.length;
    if (this.#raised || names > LONG_CHANGE) {
      this.#raised = false;
      for (const link of this.#links.values()) this.#sendList(link, self);
    } else if (change !== null) {
      this.#passOn(null, this.#update(self, this.own.seq, change));
    }
  }

  #hearOwn(link: Link, { seq, full, add, remove }: Update): void {
    const own = this.own.seq;
    const asks = !full && add.length === 0 && remove.length === 0;
    if (seq < own && asks) this.#answer(link, this.#options.self);
    if (seq <= own || seq - this.#options.clock.wall() > MAX_AHEAD_MS + OWN_SLACK_MS) return;
    this.own.raise(seq);
    this.#raised = true;
  }

  #hear(link: Link, relay: RelayKey, message: Update): void {
    const { seq, full, add, remove } = message;
    const { clock, most } = this.#options;
    const slack = relay === link.relay ? NEIGHBOUR_SLACK_MS : 0;
    if (seq - clock.wall() > MAX_AHEAD_MS + slack) return;
    const known = this.#known.get(relay);
    const have = known?.seq ?? 0;
    const neighbour = this.#links.get(relay);
    if (neighbour !== undefined && neighbour !== link && seq > have) {
      // It speaks for itself, and is told what others say of it.
      return this.#tellNumber(neighbour, relay, seq, "told");
    }
    if (!full && add.length === 0 && remove.length === 0) {
      if (seq > have) this.#sendNumber(link, relay);
      else if (seq < have) this.#answer(link, relay);
      return;
    }
    const follows = full ? seq > have : known !== undefined && seq === have + 1;
    if (!follows) {
      // Behind: please send the whole. A whole one that is old: there is a newer one here to ask for.
      if (full ? seq < have : seq > have) this.#sendNumber(link, relay);
      return;
    }
    const pace = known?.pace ?? new Pace(PER_SECOND, BURST);
    if (!pace.take(clock.now())) return;
    if (full) this.names.replace(relay, add, most());
    else {
      this.names.remove(relay, remove);
      this.names.add(relay, add, most());
    }
    if (known === undefined) this.#known.set(relay, { seq, pace });
    else known.seq = seq;
    this.#passOn(link, message);
  }

  #passOn(from: Link | null, message: Update): void {
    const relay = relayKeyOf(message.relay)!;
    const byNumber = message.full && message.add.length > SHORT_LIST;
    for (const link of this.#links.values()) {
      if (link === from) continue;
      if (byNumber) this.#sendNumber(link, relay);
      else link.send(message, message.full ? `names ${relay}` : undefined);
    }
  }

  #tellEverything(link: Link): void {
    this.#sendList(link, this.#options.self);
    for (const relay of this.#known.keys()) if (relay !== link.relay) this.#sendNumber(link, relay);
  }

  /** Somebody asks for a list. */
  #answer(link: Link, relay: RelayKey): void {
    if (this.#listPace(link, relay).wait(this.#options.clock.now()) === 0) {
      this.#sendList(link, relay);
    }
  }

  #listPace(link: Link, relay: RelayKey): Pace {
    const paces = this.#listPaces.get(link) ?? new Map<RelayKey, Pace>();
    this.#listPaces.set(link, paces);
    const pace = paces.get(relay) ?? new Pace(LISTS_PER_SECOND, LISTS_BURST);
    paces.set(relay, pace);
    return pace;
  }

  #sendList(link: Link, relay: RelayKey): void {
    this.#listPace(link, relay).charge(this.#options.clock.now(), 1);
    const names = relay === this.#options.self ? this.own.names() : this.names.names(relay);
    const content = { full: true, add: [...names], remove: [] };
    link.send(this.#update(relay, this.#seqOf(relay), content), `names ${relay}`);
  }

  /** "I have this number": whoever has a higher one sends the whole list, whoever has a lower one asks for it. */
  #sendNumber(link: Link, relay: RelayKey): void {
    this.#tellNumber(link, relay, this.#seqOf(relay), "number");
  }

  /** Of a kind only the newest counts: what others say must not take the place of a question. */
  #tellNumber(link: Link, relay: RelayKey, seq: number, kind: "number" | "told"): void {
    link.send(this.#update(relay, seq, { add: [], remove: [] }), `${kind} ${relay}`);
  }

  #update(
    relay: RelayKey,
    seq: number,
    content: Pick<Update, "add" | "remove"> & { readonly full?: boolean },
  ): Update {
    return { type: "DirectoryUpdate", relay: wireRelay(relay), seq, full: false, ...content };
  }

  #seqOf(relay: RelayKey): number {
    return relay === this.#options.self ? this.own.seq : this.#known.get(relay)?.seq ?? 0;
  }
}
