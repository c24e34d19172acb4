/** Where a moving session may go: what the present relay names, in the order of who advises. */
import { formatSocketAddress, type SocketAddress } from "../../proto/socket_address.ts";
import { type ClientSocket, reaches } from "../socket.ts";
import type { Outlook } from "./failover_events.ts";
import { type NamedRelay, namedRelays } from "./named_relays.ts";
import type { RelayAdvisor } from "./relay_advisor.ts";
import type { Target } from "./way_out.ts";

export interface ItineraryOptions {
  /** What relays are reached over. */
  readonly endpoint: ClientSocket;
  readonly address: SocketAddress;
  /** Given when whoever uses the session wants to know for certain which relay it is. */
  readonly pin?: Uint8Array;
  readonly advisor: RelayAdvisor;
  /** Named before the first relay could name any; count as long as it is the present one. */
  readonly relays?: readonly string[];
}

export class Itinerary {
  readonly #reached: (ip: string) => boolean;
  readonly #pinned: boolean;
  readonly #advisor: RelayAdvisor;
  readonly #targets = new Map<string, Target>();
  readonly #first: string;
  readonly #early: readonly string[];
  #named: ReadonlyMap<string, NamedRelay> = new Map();

  constructor({ endpoint, address, pin, advisor, relays = [] }: ItineraryOptions) {
    this.#first = formatSocketAddress(address);
    this.#early = relays;
    this.#reached = (ip) => reaches(endpoint, ip);
    this.#pinned = pin !== undefined;
    this.#advisor = advisor;
    this.#targets.set(this.#first, { address, pin: pin ?? null });
  }

  /** This relay is the present one: its word counts now. */
  arrive(present: string, entries: readonly string[]): void {
    const early = present === this.#first ? this.#early : [];
    this.#named = namedRelays([...entries, ...early], this.#reached);
  }

  /** The present relay names those that are left. Notices carry no certificate hashes, so those known stay. */
  narrow(entries: readonly string[]): void {
    const before = this.#named;
    const left = namedRelays(entries, this.#reached);
    this.#named = new Map(
      [...left].map(([addr, relay]) => [addr, relay.pin ? relay : before.get(addr) ?? relay]),
    );
  }

  outlook(present: string, now: number): Outlook {
    const allowed = (addr: string) => addr !== present && this.#named.has(addr);
    const advised = this.#advisor.alternatives(allowed);
    // Relays name as many as they like, again and again.
    for (const addr of this.#targets.keys()) {
      if (addr !== this.#first && addr !== present) this.#targets.delete(addr);
    }
    for (const [addr, { address, pin }] of this.#named) {
      if (!allowed(addr)) continue;
      // What the user or a registry says of a relay weighs more than what another relay says.
      const known = advised.find((other) => other.addr === addr)?.pin ?? pin;
      // Who asked for one certain relay is not sent to one that could be anybody.
      if (known === null && this.#pinned) continue;
      this.#targets.set(addr, { address, pin: known });
    }
    // Nobody has measured the others; of them those come first that are reached as the present one is.
    const named = [...this.#named.keys()];
    const alike = named.filter((addr) => addr.startsWith("[") === present.startsWith("["));
    const order = new Set([...advised.map(({ addr }) => addr), ...alike, ...named]);
    const alternatives = [...order].filter((addr) => allowed(addr) && this.#targets.has(addr));
    return { now, alternatives, better: this.#advisor.better(present)?.addr ?? null };
  }

  /** How to reach one of the present alternatives, the present relay or the first one. */
  target(addr: string): Target {
    const target = this.#targets.get(addr);
    if (target === undefined) throw new RangeError(`${addr} was never named`);
    return target;
  }
}
