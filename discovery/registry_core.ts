/** A registry without its file: what each request does to relays and parties. Time comes in with every call. */
import type { Crypto } from "../proto/crypto_port.ts";
import type { RegistryAnswer, RegistrySettings } from "../relay/ports/registry.ts";
import { PartyBook } from "./party_book.ts";
import { RelayRoll } from "./relay_roll.ts";

/** A request that is answered in a few words, and in most cases changes something. */
export type RegistryOrder =
  | { readonly op: "register"; readonly body: unknown; readonly source: string }
  | { readonly op: "remove"; readonly fingerprint: string; readonly body: unknown }
  | { readonly op: "createParty"; readonly body: unknown; readonly source: string }
  | { readonly op: "removeParty"; readonly party: string; readonly token: string }
  | {
    readonly op: "join";
    readonly party: string;
    readonly token: string;
    readonly body: unknown;
  }
  | {
    readonly op: "beat";
    readonly party: string;
    readonly peer: string;
    readonly token: string;
    readonly body: unknown;
  }
  | {
    readonly op: "leave";
    readonly party: string;
    readonly peer: string;
    readonly token: string;
  }
  | { readonly op: "peers"; readonly party: string; readonly token: string };

export class RegistryCore {
  readonly roll: RelayRoll;
  readonly book: PartyBook;
  #settings: RegistrySettings;
  #members: ReadonlySet<string>;

  constructor(
    crypto: Pick<Crypto, "random" | "sha256" | "equal" | "ed25519Verify">,
    settings: RegistrySettings,
  ) {
    this.#settings = settings;
    this.#members = new Set(settings.members);
    this.roll = new RelayRoll(crypto, () => ({
      maxRelays: this.#settings.maxRelays,
      members: this.#members,
    }));
    this.book = new PartyBook(crypto, () => this.#settings.maxParties);
  }

  /** Relays that are no members any more go with the next sweep. */
  configure(settings: RegistrySettings): void {
    this.#settings = settings;
    this.#members = new Set(settings.members);
  }

  answer(order: RegistryOrder, now: number): RegistryAnswer {
    const { roll, book } = this;
    switch (order.op) {
      case "register":
        return this.#withGroups(roll.register(order.body, order.source, now), order.body);
      case "remove":
        return roll.remove(order.fingerprint, order.body, now);
      case "createParty":
        return book.create(order.body, order.source, now);
      case "removeParty":
        return book.removeParty(order.party, order.token);
      case "join":
        return book.join(order.party, order.token, order.body, now);
      case "beat":
        return book.beat(order.party, order.peer, order.token, order.body, now);
      case "leave":
        return book.leave(order.party, order.peer, order.token, now);
      case "peers":
        return book.peersOf(order.party, order.token, now);
    }
  }

  /** Answers how many relays expired. */
  sweep(now: number): number {
    this.book.sweep(now);
    return this.roll.sweep(now);
  }

  get changed(): boolean {
    return this.roll.rows.changed || this.book.changed;
  }

  /** What changed is written. */
  keep(): void {
    this.roll.rows.keep();
    this.book.keep();
  }

  /** What changed could not be written. */
  undo(): void {
    this.roll.rows.undo();
    this.book.undo();
  }

  /** The keys of parties are for relays that the operator named and that forward for them. */
  #withGroups(answer: RegistryAnswer, body: unknown): RegistryAnswer {
    if (!answer.ok) return answer;
    const { tls_fingerprint, udp_port = null } = body as Record<string, unknown>;
    if (udp_port === null || !this.#members.has(String(tls_fingerprint))) return answer;
    return { ok: true, body: { ...answer.body, groups: this.book.groups() } };
  }
}
