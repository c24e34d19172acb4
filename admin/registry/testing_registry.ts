/** A registry in memory for tests of the HTTP server and the console: it checks forms and tokens, and no signatures. */
import type {
  PartyPeer,
  RegisteredPartyView,
  RegisteredRelayView,
  Registry,
  RegistryAnswer,
  RegistryList,
  RegistryProblem,
  RegistryStats,
} from "../../relay/ports/registry.ts";

/** As it is listed. */
export interface TestingRelayRecord extends Omit<RegisteredRelayView, "ageMs" | "takesClients"> {
  readonly nonce: string;
  readonly public_key: string;
  readonly signature: string;
}

interface TestingParty {
  readonly party: string;
  readonly name: string | null;
  readonly token: string;
  readonly peers: Map<string, PartyPeer & { readonly token: string }>;
}

/** A record of the right form. */
export function testingRecord(
  name: string,
  region: string,
  changes: Partial<TestingRelayRecord> = {},
): TestingRelayRecord {
  return {
    name,
    addr: "192.0.2.10:4433",
    region,
    capacity: 1_000,
    load: 120,
    draining: false,
    tls_fingerprint: hex(name, 64),
    udp_port: null,
    issued_at: 1_775_000_000_000,
    nonce: hex(name, 32),
    public_key: hex(name, 64),
    signature: hex(name, 128),
    ...changes,
  };
}

export class TestingRegistry implements Registry {
  readonly relaysByKey = new Map<string, TestingRelayRecord>();
  readonly partiesById = new Map<string, TestingParty>();
  /** Every call, as `register 192.0.2.1`. */
  readonly calls: string[] = [];
  /** What the next calls are refused with; null lets them pass. */
  refuse: RegistryProblem | null = null;
  ages: Readonly<Record<string, number>> = {};
  /** Added to what is counted. */
  more: Partial<RegistryStats> = {};
  /** In place of the list that follows from the relays. */
  list: RegistryList | null = null;
  #changes = 0;
  #made = 0;

  add(...records: readonly TestingRelayRecord[]): void {
    for (const record of records) this.relaysByKey.set(record.tls_fingerprint, record);
    this.#changes += 1;
  }

  relays(region: string | null): Promise<RegistryList> {
    this.calls.push(`relays ${region ?? "all"}`);
    if (this.list !== null) return Promise.resolve(this.list);
    const relays = [...this.relaysByKey.values()]
      .filter((one) => region === null || one.region === region)
      .sort((a, b) => orderOf(a) < orderOf(b) ? -1 : 1);
    const json = new TextEncoder().encode(JSON.stringify({ relays }));
    return Promise.resolve({ json, tag: `${this.#changes}` });
  }

  register(body: unknown, source: string): Promise<RegistryAnswer> {
    return this.#answer(`register ${source}`, () => {
      const { cert: _, ...record } = body as TestingRelayRecord & { readonly cert?: string };
      if (typeof record.tls_fingerprint !== "string") return no("invalid", "no tls_fingerprint");
      this.add(record);
      return yes({ status: "registered", heartbeat_s: 30 });
    });
  }

  remove(fingerprint: string, _body: unknown, source: string): Promise<RegistryAnswer> {
    return this.#answer(`remove ${fingerprint} ${source}`, () => {
      if (!this.relaysByKey.delete(fingerprint)) return no("not_found", "There is no such relay.");
      this.#changes += 1;
      return yes({ status: "removed" });
    });
  }

  createParty(body: unknown, source: string): Promise<RegistryAnswer> {
    return this.#answer(`createParty ${source}`, () => {
      const { name = null } = body as { readonly name?: string };
      const party = `party-${++this.#made}`;
      const token = `token-of-${party}`;
      this.partiesById.set(party, { party, name, token, peers: new Map() });
      return yes({ party, token });
    });
  }

  removeParty(party: string, token: string): Promise<RegistryAnswer> {
    return this.#answer(`removeParty ${party}`, () =>
      this.#inParty(party, token, () => {
        this.partiesById.delete(party);
        return yes({ status: "removed" });
      }));
  }

  join(party: string, token: string, body: unknown, source: string): Promise<RegistryAnswer> {
    return this.#answer(
      `join ${party} ${source}`,
      () =>
        this.#inParty(party, token, ({ peers }) => {
          const peer = `peer-${++this.#made}`;
          const said = body as Partial<PartyPeer>;
          peers.set(peer, {
            peer,
            name: said.name ?? "",
            public_key: said.public_key ?? "",
            endpoints: said.endpoints ?? [],
            nat_type: said.nat_type ?? "unknown",
            rtts: said.rtts ?? {},
            age_ms: 0,
            token: `token-of-${peer}`,
          });
          return yes({ peer, token: `token-of-${peer}`, peers: shown(peers) });
        }),
    );
  }

  beat(party: string, peer: string, token: string, body: unknown): Promise<RegistryAnswer> {
    return this.#answer(`beat ${party} ${peer}`, () =>
      this.#inParty(party, null, ({ peers }) => {
        const known = peers.get(peer);
        if (known === undefined) return no("not_found", "There is no such peer.");
        if (known.token !== token) return no("wrong_token", "This is not the peer's token.");
        peers.set(peer, { ...known, ...body as Partial<PartyPeer> });
        return yes({ peers: shown(peers) });
      }));
  }

  leave(party: string, peer: string, token: string): Promise<RegistryAnswer> {
    return this.#answer(`leave ${party} ${peer}`, () =>
      this.#inParty(party, null, ({ peers }) => {
        if (peers.get(peer)?.token !== token) return no("wrong_token", "Not the peer's token.");
        peers.delete(peer);
        return yes({ status: "left" });
      }));
  }

  peers(party: string, token: string): Promise<RegistryAnswer> {
    return this.#answer(
      `peers ${party}`,
      () => this.#inParty(party, token, ({ peers }) => yes({ peers: shown(peers) })),
    );
  }

  parties(after: string, limit: number): Promise<readonly RegisteredPartyView[]> {
    const views = [...this.partiesById.values()].filter(({ party }) => party > after)
      .sort((a, b) => a.party < b.party ? -1 : 1).slice(0, limit)
      .map(({ party, name, peers }) => ({ party, name, peers: peers.size, ageMs: 1_000 }));
    return Promise.resolve(views);
  }

  page(
    { after, limit, q, region }: Parameters<Registry["page"]>[0],
  ): ReturnType<Registry["page"]> {
    const wanted = q.toLowerCase();
    const fitting = [...this.relaysByKey.values()].filter((one) =>
      (region === null || one.region === region) &&
      [one.name, one.addr, one.region].some((text) => text.toLowerCase().includes(wanted))
    );
    const items = fitting.filter((one) => one.tls_fingerprint > after)
      .sort((a, b) => a.tls_fingerprint < b.tls_fingerprint ? -1 : 1).slice(0, limit)
      .map((one) => this.#view(one));
    return Promise.resolve({ items, total: fitting.length });
  }

  stats(): RegistryStats {
    const relays = [...this.relaysByKey.values()];
    const byRegion = Map.groupBy(relays, ({ region }) => region);
    const parties = [...this.partiesById.values()];
    return {
      relays: relays.length,
      relaysByRegion: Object.fromEntries([...byRegion].map(([name, { length }]) => [name, length])),
      parties: parties.length,
      peers: parties.reduce((sum, { peers }) => sum + peers.size, 0),
      accepted: 40,
      refused: { stale: 2 },
      expired: 1,
      setAside: null,
      storeProblem: null,
      ...this.more,
    };
  }

  #view(
    { nonce: _, public_key: _key, signature: _signature, ...shown }: TestingRelayRecord,
  ): RegisteredRelayView {
    const { draining, load, capacity, name } = shown;
    return {
      ...shown,
      ageMs: this.ages[name] ?? 4_000,
      takesClients: !draining && load < capacity,
    };
  }

  #answer(call: string, make: () => RegistryAnswer): Promise<RegistryAnswer> {
    this.calls.push(call);
    return Promise.resolve(
      this.refuse === null ? make() : no(this.refuse, `The test says ${this.refuse}.`),
    );
  }

  /** `token` null: the peer's is looked at later. */
  #inParty(
    party: string,
    token: string | null,
    then: (party: TestingParty) => RegistryAnswer,
  ): RegistryAnswer {
    const found = this.partiesById.get(party);
    if (found === undefined) return no("not_found", "There is no such party.");
    return token !== null && token !== found.token
      ? no("wrong_token", "This is not the party's token.")
      : then(found);
  }
}

function shown(peers: TestingParty["peers"]): PartyPeer[] {
  return [...peers.values()].map(({ token: _, ...peer }) => peer);
}

function yes(body: Readonly<Record<string, unknown>>): RegistryAnswer {
  return { ok: true, body };
}

function no(problem: RegistryProblem, detail: string): RegistryAnswer {
  return { ok: false, problem, detail };
}

function orderOf({ region, name, tls_fingerprint }: TestingRelayRecord): string {
  return `${region}\n${name}\n${tls_fingerprint}`;
}

function hex(name: string, digits: number): string {
  return new TextEncoder().encode(name).toHex().padEnd(digits, "0").slice(0, digits);
}
