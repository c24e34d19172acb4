/** The relays of a registry: who is listed, since when nothing was heard of them, and which statements are spent. */
import type { Crypto } from "../proto/crypto_port.ts";
import type { RelayRecord } from "../proto/registry_record.ts";
import type { RegisteredRelayView, RegistryAnswer } from "../relay/ports/registry.ts";
import { accepted, type Refusal, refused } from "./answers.ts";
import { JournalMap } from "./journal_map.ts";
import { RelayOrder } from "./relay_order.ts";
import {
  isFarewellOf,
  MAX_SKEW_MS,
  provenance,
  readFarewell,
  readRegistration,
} from "./relay_statement.ts";
import { Tally } from "./tally.ts";

export const HEARTBEAT_S = 30;
/** Three heart-beats that did not come. */
export const RELAY_EXPIRY_MS = 3 * HEARTBEAT_S * 1000;
/** A statement may be from so far ahead, and is good for as long again: until then it could be played once more. */
export const SPENT_MS = 2 * MAX_SKEW_MS;

/** What is kept of a relay; without a record it is not listed, and only its statements are remembered. */
export interface RelayRow {
  readonly fingerprint: string;
  readonly record: RelayRecord | null;
  /** Of its newest statement. */
  readonly issuedAt: number;
  /** When that came, in Unix milliseconds. */
  readonly heardAt: number;
  /** Who brought it first, as limits count. */
  readonly source: string;
}

export interface RollSettings {
  readonly maxRelays: number;
  /** Empty for any. */
  readonly members: ReadonlySet<string>;
}

export interface RelayQuery {
  readonly after: string;
  readonly limit: number;
  readonly q: string;
  readonly region: string | null;
}

export class RelayRoll {
  readonly rows = new JournalMap<RelayRow>((before, after) => this.#follow(before, after));
  readonly order = new RelayOrder();
  readonly regions = new Tally();
  readonly #sources = new Tally();
  readonly #crypto: Pick<Crypto, "sha256" | "ed25519Verify">;
  readonly #settings: () => RollSettings;

  constructor(
    crypto: Pick<Crypto, "sha256" | "ed25519Verify">,
    settings: () => RollSettings,
  ) {
    this.#crypto = crypto;
    this.#settings = settings;
  }

  /** `source` is what limits count by, `now` Unix time in milliseconds. */
  register(body: unknown, source: string, now: number): RegistryAnswer {
    const record = readRegistration(body);
    if ("problem" in record) return record;
    const fingerprint = record.tls_fingerprint;
    if (!this.#admits(fingerprint)) {
      return refused("not_admitted", "This relay is not among the members of this registry.");
    }
    const known = this.rows.get(fingerprint);
    const refusal = untimely(record.issued_at, known, now) ?? this.#crowded(known, source) ??
      provenance(this.#crypto, record, body);
    if (refusal !== null) return refusal;
    this.rows.set(fingerprint, {
      fingerprint,
      record,
      issuedAt: record.issued_at,
      heardAt: now,
      source: known?.source ?? source,
    });
    return accepted({ status: "registered", heartbeat_s: HEARTBEAT_S });
  }

  remove(fingerprint: string, body: unknown, now: number): RegistryAnswer {
    const farewell = readFarewell(body);
    if ("problem" in farewell) return farewell;
    if (farewell.tls_fingerprint !== fingerprint) {
      return refused("invalid", "tls_fingerprint is not the one in the path.");
    }
    const row = this.rows.get(fingerprint);
    if (row === undefined || row.record === null) {
      return refused("not_found", "There is no such relay here.");
    }
    const refusal = untimely(farewell.issued_at, row, now);
    if (refusal !== null) return refusal;
    if (!isFarewellOf(this.#crypto, farewell, row.record.public_key)) {
      return refused("bad_signature", "The signature does not fit the farewell.");
    }
    this.rows.set(fingerprint, {
      ...row,
      record: null,
      issuedAt: farewell.issued_at,
      heardAt: now,
    });
    return accepted({ status: "removed" });
  }

  /** Takes out who was not heard of or is no member any more; answers how many expired. */
  sweep(now: number): number {
    let expired = 0;
    for (const [fingerprint, row] of this.rows.entries()) {
      const age = now - row.heardAt;
      // The clock was set back: nothing would expire until it is there again.
      if (age < 0) this.rows.set(fingerprint, { ...row, heardAt: now });
      else if (age > SPENT_MS) {
        if (row.record !== null) expired += 1;
        this.rows.delete(fingerprint);
      } else if (row.record !== null && age >= RELAY_EXPIRY_MS) {
        expired += 1;
        this.rows.set(fingerprint, { ...row, record: null });
      } else if (row.record !== null && !this.#admits(fingerprint)) {
        this.rows.set(fingerprint, { ...row, record: null });
      }
    }
    return expired;
  }

  page(query: RelayQuery, now: number): { items: RegisteredRelayView[]; total: number } {
    const wanted = query.q.toLowerCase();
    const found: RelayRow[] = [];
    for (const row of this.rows.values()) {
      if (row.record !== null && matches(row.record, wanted, query.region)) found.push(row);
    }
    const items = found.filter(({ fingerprint }) => fingerprint > query.after)
      .sort((a, b) => a.fingerprint < b.fingerprint ? -1 : 1)
      .slice(0, query.limit)
      .map((row) => viewOf(row, now));
    return { items, total: found.length };
  }

  #admits(fingerprint: string): boolean {
    const { members } = this.#settings();
    return members.size === 0 || members.has(fingerprint);
  }

  /** Who is listed already can always go on. Those who left count until their statements are forgotten. */
  #crowded(known: RelayRow | undefined, source: string): Refusal | null {
    if (known !== undefined && known.record !== null) return null;
    const { maxRelays } = this.#settings();
    if (this.order.size >= maxRelays || (known === undefined && this.rows.size >= 2 * maxRelays)) {
      return refused("full", "This registry has all the relays that it takes.");
    }
    const share = Math.ceil(maxRelays / 2);
    if (known !== undefined || this.#sources.of(source) < share) return null;
    return refused("too_many", "This address has brought all the relays that one may.");
  }

  #follow(before: RelayRow | undefined, after: RelayRow | undefined): void {
    if (before !== undefined) this.#sources.add(before.source, -1);
    if (after !== undefined) this.#sources.add(after.source, 1);
    const [was, is] = [before?.record ?? null, after?.record ?? null];
    if (was === is) return;
    if (was !== null) this.regions.add(was.region, -1);
    if (is !== null) this.regions.add(is.region, 1);
    if (was === null) this.order.add(is!);
    else if (is === null) this.order.remove(was);
    else this.order.replace(was, is);
  }
}

/** A statement is good once, and only around the time it was made. */
function untimely(issuedAt: number, known: RelayRow | undefined, now: number): Refusal | null {
  if (Math.abs(issuedAt - now) > MAX_SKEW_MS) {
    return refused(
      "stale",
      `issued_at is more than ${
        MAX_SKEW_MS / 1000
      } s from the time of this registry; check the clock.`,
    );
  }
  if (known === undefined || issuedAt > known.issuedAt) return null;
  return refused("stale", "issued_at is not above that of the last statement.");
}

function matches(record: RelayRecord, wanted: string, region: string | null): boolean {
  if (region !== null && record.region !== region) return false;
  return wanted === "" ||
    [record.name, record.addr, record.region].some((text) => text.toLowerCase().includes(wanted));
}

function viewOf({ record, heardAt }: RelayRow, now: number): RegisteredRelayView {
  const { nonce: _, public_key: __, signature: ___, ...shown } = record!;
  return {
    ...shown,
    ageMs: Math.max(0, now - heardAt),
    takesClients: !shown.draining && shown.load < shown.capacity,
  };
}
