/** Keeps this relay in a registry, and knows the other relays that are there. Nothing here stops the relay from working alone. */
import { parseRelayRecord, type RelayRecord, verifyRelayRecord } from "../proto/registry_record.ts";
import type {
  Registration,
  RegistrationHost,
  RegistrationView,
  StartRegistration,
} from "../relay/ports/registry.ts";
import type { UdpGroup } from "../relay/ports/udp_relay.ts";
import { OwnStatements, type Said } from "./own_statements.ts";
import { matters, RegistrationPace } from "./registration_pace.ts";
import { type RegistryAddress, RegistryClient, type Told } from "./registry_client.ts";
import { RELAY_EXPIRY_MS } from "./relay_roll.ts";
import { RelayShortlist, takesClients } from "./relay_shortlist.ts";
import { MAX_SKEW_MS } from "./relay_statement.ts";

type Timer = ReturnType<RegistrationHost["clock"]["after"]>;

const REQUEST_MS = 10_000;
const LIST_MS = 30_000;
/** How old the list of relays may get before it is asked for again. */
const LIST_AGE_MS = 60_000;
const FAREWELL_MS = 1_000;
/** How often it is looked whether something has to be told. */
const WATCH_MS = 500;
/** Checked in one turn of the event loop; one takes 0.2 ms. */
const VERIFIED_A_TURN = 4;
/** A record was no older when the registry named it, and clocks may differ. */
const MAX_AGE_MS = RELAY_EXPIRY_MS + MAX_SKEW_MS;

export const startRegistration: StartRegistration = (host) => new OwnRegistration(host);

class OwnRegistration implements Registration {
  readonly #host: RegistrationHost;
  readonly #log: RegistrationHost["log"];
  readonly #client = new RegistryClient();
  readonly #pace: RegistrationPace;
  readonly #statements: OwnStatements;
  readonly #watching: Timer;
  readonly #listeners = new Set<(groups: readonly UdpGroup[]) => void>();
  #at: RegistryAddress | null;
  #state: RegistrationView["state"] = "trying";
  #problem: string | null = null;
  #registeredAt: number | null = null;
  /** Announced last; null while the registry has nothing of this relay. */
  #said: Said | null = null;
  #next: Timer | null = null;
  #underWay: AbortController | null = null;
  /** Something has to be told that was not so when the request under way was made. */
  #again = false;
  #groups: readonly UdpGroup[] = [];
  #named = 0;
  #relays: readonly RelayRecord[] = [];
  #listedAt: number | null = null;
  /** What the log was told of last. */
  #told: Told["outcome"] | null = null;
  #closed = false;

  constructor(host: RegistrationHost) {
    const { clock, log, random, settings } = host;
    this.#host = host;
    this.#log = log.area("registry");
    this.#pace = new RegistrationPace(random);
    this.#statements = new OwnStatements(host);
    this.#at = addressOf(settings());
    this.#watching = clock.every(WATCH_MS, () => this.#watch());
    // In a later turn, when the relay serves.
    this.#plan(0);
  }

  view(): RegistrationView | null {
    if (this.#at === null) return null;
    return {
      url: this.#at.url,
      state: this.#state,
      registeredAt: this.#registeredAt,
      problem: this.#problem,
      relays: this.#named,
    };
  }

  relays(): readonly RelayRecord[] {
    const oldest = this.#host.clock.wall() - MAX_AGE_MS;
    return this.#relays.filter(({ issued_at }) => issued_at >= oldest);
  }

  onGroups(listener: (groups: readonly UdpGroup[]) => void): () => void {
    this.#listeners.add(listener);
    listener(this.#groups);
    return () => void this.#listeners.delete(listener);
  }

  apply(): void {
    const [before, now] = [this.#at, addressOf(this.#host.settings())];
    if (this.#closed || (before?.url === now?.url && before?.tokenFile === now?.tokenFile)) return;
    this.#underWay?.abort();
    const leaves = before !== null && before.url !== now?.url;
    if (leaves && this.#said !== null) void this.#sayFarewell(before);
    this.#at = now;
    if (leaves) this.#forget();
    this.#again = false;
    this.#plan(0);
  }

  changed(): void {
    if (this.#closed || this.#at === null) return;
    if (this.#underWay !== null) this.#again = true;
    else this.#plan(0);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#watching.cancel();
    this.#next?.cancel();
    this.#underWay?.abort();
    // It may be there although the answer that says so never came.
    if (this.#at !== null && this.#said !== null) await this.#sayFarewell(this.#at);
    this.#host.counters.registryOwnEntry = 0;
  }

  #watch(): void {
    if (this.#said !== null && matters(this.#said, this.#host.announcement())) this.changed();
  }

  #plan(ms: number): void {
    this.#next?.cancel();
    this.#next = null;
    if (!this.#closed && this.#at !== null) {
      this.#next = this.#host.clock.after(ms, () => void this.#beat());
    }
  }

  async #beat(): Promise<void> {
    const at = this.#at;
    if (at === null || this.#closed || this.#underWay !== null) return;
    const request = this.#underWay = new AbortController();
    this.#again = false;
    const late = this.#host.clock.after(REQUEST_MS, () => request.abort());
    this.#said = this.#host.announcement();
    const told = await this.#client.register(
      at,
      this.#statements.registration(this.#said),
      () => this.#rest(),
      request.signal,
    );
    late.cancel();
    if (this.#underWay === request) this.#underWay = null;
    if (this.#closed || this.#at !== at) return this.#closed ? undefined : this.#plan(0);
    this.#heard(at, told);
    const pause = told.outcome === "registered"
      ? this.#pace.afterSuccess(told.heartbeatS)
      : this.#pace.afterFailure();
    this.#plan(this.#again ? 0 : pause);
    if (told.outcome !== "failed" && this.#listIsOld()) await this.#readList(at);
  }

  #heard(at: RegistryAddress, told: Told): void {
    const { counters, clock } = this.#host;
    counters.registryOwnRegistrations.add(told.outcome);
    counters.registryOwnEntry = told.outcome === "registered" ? 1 : 0;
    if (told.outcome === "registered") {
      this.#state = "registered";
      this.#problem = null;
      this.#registeredAt = clock.wall();
      if (told.groups !== null || this.#groups.length > 0) this.#tellGroups(told.groups ?? []);
    } else {
      this.#state = told.outcome === "refused" ? "refused" : "trying";
      this.#problem = told.outcome === "refused"
        ? `The registry refuses this relay: ${told.reason}`
        : `The registry cannot be reached: ${told.reason}`;
    }
    this.#say(at, told);
  }

  /** One line when it fails, one when it is well again. */
  #say({ url }: RegistryAddress, told: Told): void {
    const before = this.#told;
    if (before === told.outcome) return;
    this.#told = told.outcome;
    if (told.outcome === "failed") {
      this.#log.warn("registry not reached, carrying on without it", { url, reason: told.reason });
    } else if (told.outcome === "refused") {
      this.#log.warn("registry refuses this relay", { url, reason: told.reason });
    } else {
      this.#log.info(before === null ? "registered" : "registered again", { url });
    }
  }

  #listIsOld(): boolean {
    return this.#listedAt === null || this.#host.clock.now() - this.#listedAt >= LIST_AGE_MS;
  }

  async #readList(at: RegistryAddress): Promise<void> {
    const { clock, announcement } = this.#host;
    this.#listedAt = clock.now();
    const request = new AbortController();
    const late = clock.after(LIST_MS, () => request.abort());
    const shortlist = new RelayShortlist(this.#statements.fingerprint, announcement().region);
    const result = await this.#client.list(
      at,
      (text) => {
        const record = recordOf(text);
        if (record !== null) shortlist.offer(record);
      },
      () => this.#rest(),
      request.signal,
    );
    late.cancel();
    if ("problem" in result) {
      this.#log.debug("the list of the registry cannot be used", { reason: result.problem });
    } else if (result.fresh) {
      const relays = await this.#verified(shortlist.records());
      if (this.#closed || this.#at !== at) return;
      this.#named = shortlist.named;
      this.#relays = relays;
      this.#host.counters.registryKnownRelays = relays.length;
    }
  }

  /** Those that their own key signed; what a registry made up or changed is left out. */
  async #verified(records: readonly RelayRecord[]): Promise<RelayRecord[]> {
    const good: RelayRecord[] = [];
    for (const [index, record] of records.entries()) {
      if (index % VERIFIED_A_TURN === 0) await this.#rest();
      if (takesClients(record) && verifyRelayRecord(this.#host.crypto, record)) good.push(record);
    }
    if (good.length < records.length) {
      this.#log.warn("the registry names relays with false signatures, they are left out", {
        count: records.length - good.length,
      });
    }
    return good;
  }

  #rest(): Promise<void> {
    return new Promise((resolve) => this.#host.clock.after(0, resolve));
  }

  async #sayFarewell(at: RegistryAddress): Promise<void> {
    const request = new AbortController();
    const late = this.#host.clock.after(FAREWELL_MS, () => request.abort());
    await this.#client.remove(
      at,
      this.#statements.fingerprint,
      this.#statements.farewell(),
      request.signal,
    );
    late.cancel();
  }

  #forget(): void {
    this.#state = "trying";
    this.#problem = null;
    this.#registeredAt = null;
    this.#said = null;
    this.#named = 0;
    this.#relays = [];
    this.#listedAt = null;
    this.#told = null;
    this.#host.counters.registryOwnEntry = 0;
    this.#host.counters.registryKnownRelays = 0;
    if (this.#groups.length > 0) this.#tellGroups([]);
  }

  #tellGroups(groups: readonly UdpGroup[]): void {
    this.#groups = groups;
    for (const listener of this.#listeners) listener(groups);
  }
}

function addressOf(
  { url, tokenFile }: ReturnType<RegistrationHost["settings"]>,
): RegistryAddress | null {
  return url === null ? null : { url, tokenFile };
}

function recordOf(text: string): RelayRecord | null {
  try {
    const record = parseRelayRecord(JSON.parse(text));
    return typeof record === "string" ? null : record;
  } catch {
    return null;
  }
}
