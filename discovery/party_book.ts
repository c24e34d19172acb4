/** The parties of a registry: peers that want to find each other, and nobody else. */
import type { Crypto } from "../proto/crypto_port.ts";
import type { PartyPeer, RegisteredPartyView, RegistryAnswer } from "../relay/ports/registry.ts";
import type { UdpGroup } from "../relay/ports/udp_relay.ts";
import { accepted, refused } from "./answers.ts";
import { JournalMap } from "./journal_map.ts";
import {
  type PeerForm,
  peerTokenOf,
  readPartyName,
  readPeer,
  readPeerChanges,
} from "./party_forms.ts";
import { Tally } from "./tally.ts";

export const PEER_EXPIRY_MS = 300_000;
export const PARTY_EXPIRY_MS = 300_000;
export const MAX_PEERS = 64;
/** Of all parties together, since their keys are told in one message. */
const MAX_PEERS_TOTAL = 20_000;

export interface PartyRow {
  readonly party: string;
  readonly name: string | null;
  /** SHA-256 of its token, hex. */
  readonly token: string;
  readonly createdAt: number;
  /** Since when nobody is in it; null while somebody is. */
  readonly emptySince: number | null;
  readonly source: string;
}

export interface PeerRow extends PeerForm {
  readonly party: string;
  readonly peer: string;
  /** SHA-256 of its token, hex. */
  readonly token: string;
  readonly heardAt: number;
}

const TOKEN_BYTES = 32;
const ID_BYTES = 16;
/** Longer ones are not looked at. */
const MAX_TOKEN = 256;

const NO_PARTY = refused("not_found", "There is no such party here.");
const NO_PEER = refused("not_found", "There is no such peer in this party.");
const WRONG_TOKEN = refused("wrong_token", "The token does not fit.");

export class PartyBook {
  readonly parties = new JournalMap<PartyRow>((before, after) => {
    if (before !== undefined) this.#sources.add(before.source, -1);
    if (after !== undefined) this.#sources.add(after.source, 1);
  });
  /** By party and peer. */
  readonly peers = new JournalMap<PeerRow>((before, after) => this.#follow(before, after));
  readonly #members = new Map<string, Map<string, PeerRow>>();
  readonly #sources = new Tally();
  readonly #crypto: Pick<Crypto, "random" | "sha256" | "equal">;
  readonly #maxParties: () => number;
  #groupsVersion = 0;

  constructor(
    crypto: Pick<Crypto, "random" | "sha256" | "equal">,
    maxParties: () => number,
  ) {
    this.#crypto = crypto;
    this.#maxParties = maxParties;
  }

  /** Changes with what `groups` answers. */
  get groupsVersion(): number {
    return this.#groupsVersion;
  }

  create(body: unknown, source: string, now: number): RegistryAnswer {
    const form = readPartyName(body);
    if (typeof form === "string") return refused("invalid", `The party is refused: ${form}.`);
    if (this.parties.size >= this.#maxParties()) {
      return refused("full", "This registry has all the parties that it takes.");
    }
    if (this.#sources.of(source) >= Math.ceil(this.#maxParties() / 2)) {
      return refused("too_many", "This address has made all the parties that one may.");
    }
    const party = this.#crypto.random(ID_BYTES).toHex();
    const { token, hash } = this.#newToken();
    this.parties.set(party, {
      party,
      name: form.name,
      token: hash,
      createdAt: now,
      emptySince: now,
      source,
    });
    return accepted({ party, token });
  }

  removeParty(party: string, token: string): RegistryAnswer {
    const row = this.parties.get(party);
    if (row === undefined) return NO_PARTY;
    if (!this.#fits(token, row.token)) return WRONG_TOKEN;
    this.#drop(row);
    return accepted({ status: "removed" });
  }

  join(party: string, token: string, body: unknown, now: number): RegistryAnswer {
    const row = this.parties.get(party);
    if (row === undefined) return NO_PARTY;
    if (!this.#fits(token, row.token)) return WRONG_TOKEN;
    const form = readPeer(body);
    if (typeof form === "string") return refused("invalid", `The peer is refused: ${form}.`);
    const members = this.#of(party);
    const same = members.find(({ public_key }) => public_key === form.public_key);
    if (same !== undefined && !this.#fits(peerTokenOf(body) ?? "", same.token)) {
      return refused(
        "wrong_token",
        "A peer with this key is in the party already; show its token as peer_token to replace it.",
      );
    }
    if (same === undefined && members.length >= MAX_PEERS) {
      return refused("full", "This party has all the peers that it takes.");
    }
    if (same === undefined && this.peers.size >= MAX_PEERS_TOTAL) {
      return refused("full", "This registry has all the peers that it takes.");
    }
    const peer = same?.peer ?? this.#crypto.random(ID_BYTES).toHex();
    const { token: peerToken, hash } = this.#newToken();
    this.peers.set(keyOf(party, peer), { ...form, party, peer, token: hash, heardAt: now });
    if (row.emptySince !== null) this.parties.set(party, { ...row, emptySince: null });
    return accepted({ peer, token: peerToken, peers: this.#views(party, now) });
  }

  beat(party: string, peer: string, token: string, body: unknown, now: number): RegistryAnswer {
    const row = this.#peer(party, peer, token);
    if ("problem" in row) return row;
    const changes = readPeerChanges(body);
    if (typeof changes === "string") {
      return refused("invalid", `The heart-beat is refused: ${changes}.`);
    }
    this.peers.set(keyOf(party, peer), { ...row, ...changes, heardAt: now });
    return accepted({ peers: this.#views(party, now) });
  }

  leave(party: string, peer: string, token: string, now: number): RegistryAnswer {
    const row = this.#peer(party, peer, token);
    if ("problem" in row) return row;
    this.#out(row, now);
    return accepted({ status: "left" });
  }

  peersOf(party: string, token: string, now: number): RegistryAnswer {
    const row = this.parties.get(party);
    if (row === undefined) return NO_PARTY;
    const hashes = [row.token, ...this.#of(party).map((peer) => peer.token)];
    // Every one is compared, so that the time does not tell whose token came near.
    if (!hashes.map((hash) => this.#fits(token, hash)).includes(true)) return WRONG_TOKEN;
    return accepted({ peers: this.#views(party, now) });
  }

  list(after: string, limit: number, now: number): RegisteredPartyView[] {
    return [...this.parties.values()].filter(({ party }) => party > after)
      .sort((a, b) => a.party < b.party ? -1 : 1)
      .slice(0, limit)
      .map(({ party, name, createdAt }) => ({
        party,
        name,
        peers: this.#members.get(party)?.size ?? 0,
        ageMs: Math.max(0, now - createdAt),
      }));
  }

  /** Those in which somebody could reach somebody. */
  groups(): UdpGroup[] {
    const groups: UdpGroup[] = [];
    for (const [party, members] of this.#members) {
      if (members.size < 2) continue;
      groups.push({ name: party, keys: [...members.values()].map((peer) => peer.public_key) });
    }
    return groups.sort((a, b) => a.name < b.name ? -1 : 1);
  }

  /** Takes out peers that were not heard of, and parties that nobody is in. */
  sweep(now: number): void {
    for (const [key, row] of this.peers.entries()) {
      // The clock was set back: nothing would expire until it is there again.
      if (row.heardAt > now) this.peers.set(key, { ...row, heardAt: now });
      else if (now - row.heardAt >= PEER_EXPIRY_MS) this.#out(row, now);
    }
    for (const [party, row] of this.parties.entries()) {
      if (row.emptySince === null) continue;
      if (row.emptySince > now) this.parties.set(party, { ...row, emptySince: now });
      else if (now - row.emptySince >= PARTY_EXPIRY_MS) this.#drop(row);
    }
  }

  get changed(): boolean {
    return this.parties.changed || this.peers.changed;
  }

  keep(): void {
    this.parties.keep();
    this.peers.keep();
  }

  undo(): void {
    this.parties.undo();
    this.peers.undo();
  }

  #peer(party: string, peer: string, token: string): PeerRow | typeof NO_PEER {
    if (this.parties.get(party) === undefined) return NO_PARTY;
    const row = this.peers.get(keyOf(party, peer));
    if (row === undefined) return NO_PEER;
    return this.#fits(token, row.token) ? row : WRONG_TOKEN;
  }

  #out(peer: PeerRow, now: number): void {
    this.peers.delete(keyOf(peer.party, peer.peer));
    const party = this.parties.get(peer.party);
    if (party !== undefined && !this.#members.has(peer.party)) {
      this.parties.set(peer.party, { ...party, emptySince: now });
    }
  }

  #drop({ party }: PartyRow): void {
    for (const { peer } of this.#of(party)) this.peers.delete(keyOf(party, peer));
    this.parties.delete(party);
  }

  #of(party: string): PeerRow[] {
    return [...this.#members.get(party)?.values() ?? []];
  }

  #views(party: string, now: number): PartyPeer[] {
    return this.#of(party).map((
      { peer, name, public_key, endpoints, nat_type, rtts, heardAt },
    ) => ({
      peer,
      name,
      public_key,
      endpoints,
      nat_type,
      rtts,
      age_ms: Math.max(0, now - heardAt),
    }));
  }

  #newToken(): { readonly token: string; readonly hash: string } {
    const token = this.#crypto.random(TOKEN_BYTES).toHex();
    return { token, hash: this.#crypto.sha256(new TextEncoder().encode(token)).toHex() };
  }

  #fits(token: string, hash: string): boolean {
    if (token.length > MAX_TOKEN) return false;
    const given = this.#crypto.sha256(new TextEncoder().encode(token));
    return this.#crypto.equal(given, Uint8Array.fromHex(hash));
  }

  #follow(before: PeerRow | undefined, after: PeerRow | undefined): void {
    const { party, peer } = (after ?? before)!;
    const members = this.#members.get(party) ?? new Map<string, PeerRow>();
    if (after !== undefined) members.set(peer, after);
    else members.delete(peer);
    if (members.size === 0) this.#members.delete(party);
    else this.#members.set(party, members);
    if (before?.public_key !== after?.public_key) this.#groupsVersion += 1;
  }
}

function keyOf(party: string, peer: string): string {
  return `${party}/${peer}`;
}
