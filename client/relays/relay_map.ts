/** The relays a client knows, nearest first: who they are, how far, and when that was measured. */
import { formatSocketAddress, parseSocketAddress } from "../../proto/socket_address.ts";
import type { Clock } from "../../quic/clock.ts";

/** A relay as maps of other clients have it too; names are those of the protocol. */
export interface RelayEntry {
  readonly name: string;
  readonly addr: string;
  readonly region: string | null;
  /** Whole milliseconds; null until measured. */
  readonly rtt_ms: number | null;
  /** Of the last probe, also a failed one, on the clock of this run. */
  readonly last_probed: number | null;
  readonly reachable: boolean;
}

/** What survives the run. Times do not: they are of a clock that ends with it. */
export type StoredEntry = Omit<RelayEntry, "last_probed">;

/** Lists come from relays and registries; what does not fit is left out. */
export const MAX_ENTRIES = 1_024;
const MAX_TEXT = 255;

export class RelayMap {
  readonly #clock: Pick<Clock, "now">;
  #entries: readonly RelayEntry[] = [];

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  /** Sorted by round trip; what is unreachable or was never measured comes last. */
  get entries(): readonly RelayEntry[] {
    return this.#entries;
  }

  get(addr: string): RelayEntry | null {
    return this.#entries.find((entry) => entry.addr === addr) ?? null;
  }

  /** A new relay, or a new name and region (null keeps the old one) for a known address. */
  upsert(name: string, addr: string, region: string | null): void {
    if (this.get(addr) !== null) {
      return this.#change(addr, (old) => ({ ...old, name, region: region ?? old.region }));
    }
    if (this.#entries.length >= MAX_ENTRIES) return;
    const unknown = { rtt_ms: null, last_probed: null, reachable: false };
    this.#entries = [...this.#entries, { name, addr, region, ...unknown }];
  }

  /** A probe came back. Unknown addresses are ignored. */
  updateRtt(addr: string, rttMs: number): void {
    const last_probed = this.#clock.now();
    this.#change(
      addr,
      (old) => ({ ...old, rtt_ms: Math.round(rttMs), last_probed, reachable: true }),
    );
    this.#sort();
  }

  /** A probe did not. */
  markUnreachable(addr: string): void {
    const last_probed = this.#clock.now();
    this.#change(addr, (old) => ({ ...old, last_probed, reachable: false }));
    this.#sort();
  }

  /** The nearest that was reached; null when none was. */
  preferred(): RelayEntry | null {
    return this.#entries.find(({ reachable, rtt_ms }) => reachable && rtt_ms !== null) ?? null;
  }

  /**
   * The relays that a relay named in `RegisterPresenceAck`, each `name|addr`. Its own region, which it names as well,
   * says nothing of theirs. The addresses of those that could be read.
   */
  populateFromAck(relays: readonly string[], _region: string | null): string[] {
    const known: string[] = [];
    for (const relay of relays) {
      const bar = relay.indexOf("|");
      const address = bar < 0 ? null : parseSocketAddress(relay.slice(bar + 1));
      if (address === null) continue;
      const addr = formatSocketAddress(address);
      this.upsert(relay.slice(0, bar), addr, null);
      known.push(addr);
    }
    return known;
  }

  needsReprobe(maxAgeMs: number): boolean {
    return this.#entries.some((entry) => this.#isStale(entry, maxAgeMs));
  }

  /** `(name, addr)` of those never probed, or longer ago than that. */
  staleEntries(maxAgeMs: number): [name: string, addr: string][] {
    return this.#entries.filter((entry) => this.#isStale(entry, maxAgeMs))
      .map(({ name, addr }) => [name, addr]);
  }

  toJSON(): StoredEntry[] {
    return this.#entries.map(({ last_probed: _, ...stored }) => stored);
  }

  /** From what `toJSON` gave; entries that are no relays are left out, and how many is told. */
  static fromJSON(
    clock: Pick<Clock, "now">,
    value: unknown,
  ): { readonly map: RelayMap; readonly leftOut: number } {
    const map = new RelayMap(clock);
    const all = Array.isArray(value) ? value : [];
    for (const each of all) {
      const entry = readStored(each);
      if (entry === null || map.get(entry.addr) !== null) continue;
      if (map.#entries.length >= MAX_ENTRIES) break;
      map.#entries = [...map.#entries, { ...entry, last_probed: null }];
    }
    map.#sort();
    return { map, leftOut: all.length - map.#entries.length };
  }

  #change(addr: string, change: (old: RelayEntry) => RelayEntry): void {
    this.#entries = this.#entries.map((entry) => entry.addr === addr ? change(entry) : entry);
  }

  #sort(): void {
    this.#entries = this.#entries.toSorted((a, b) => {
      const [left, right] = [rank(a), rank(b)];
      return left === right ? 0 : left - right;
    });
  }

  #isStale({ last_probed }: RelayEntry, maxAgeMs: number): boolean {
    return last_probed === null || this.#clock.now() - last_probed > maxAgeMs;
  }
}

function rank({ reachable, rtt_ms }: RelayEntry): number {
  return reachable ? rtt_ms ?? Infinity : Infinity;
}

function readStored(value: unknown): StoredEntry | null {
  if (typeof value !== "object" || value === null) return null;
  const { name, addr, region = null, rtt_ms = null, reachable } = value as Record<string, unknown>;
  const address = typeof addr === "string" ? parseSocketAddress(addr) : null;
  if (address === null || !isText(name) || region !== null && !isText(region)) return null;
  if (rtt_ms !== null && !(Number.isInteger(rtt_ms) && Number(rtt_ms) >= 0)) return null;
  if (typeof reachable !== "boolean") return null;
  return {
    name,
    addr: formatSocketAddress(address),
    region,
    rtt_ms: rtt_ms === null ? null : Number(rtt_ms),
    reachable,
  };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.length <= MAX_TEXT;
}
