/** Every peer that is known: where it is, which key it is held to have, and who else says so. */
import { companions, type Group, type GroupKey } from "./key_ring.ts";
import { type Endpoint, Peer } from "./peer.ts";
import type { Session, Sessions } from "./sessions.ts";
import type { Sources } from "./sources.ts";

/** Sends something every 25 s where it must keep a way open. */
const STALE_MS = 300_000;
/** Addresses that are held for one key, and those of one group that may have several keys. */
const MAX_CLAIMS = 4;
const MAX_STRANGERS = 16;
/** A peer that has proven nothing makes way for another one after this, when there are as many as there may be. */
const YIELDS_AFTER_MS = 1_000;

export class Peers {
  readonly #most: number;
  readonly #sources: Sources;
  readonly #sessions: Sessions;
  /** By address as the socket gives it, then by port. */
  readonly #hosts = new Map<string, Map<number, Peer>>();
  readonly #all = new Set<Peer>();
  /** Those that have proven nothing, the oldest first. */
  readonly #unproven = new Set<Peer>();
  /** Addresses that are held to have a key; the best first. */
  readonly #claims = new Map<GroupKey, readonly Peer[]>();
  /** Peers that may have one of several keys, the newest last; they go with the group. */
  readonly #strangers = new WeakMap<Group, Set<Peer>>();

  constructor(most: number, sources: Sources, sessions: Sessions) {
    this.#most = most;
    this.#sources = sources;
    this.#sessions = sessions;
  }

  get size(): number {
    return this.#all.size;
  }

  [Symbol.iterator](): Iterator<Peer> {
    return this.#all.values();
  }

  find(ip: string, port: number): Peer | undefined {
    return this.#hosts.get(ip)?.get(port);
  }

  /** Null when there are as many as there may be. */
  add(at: Endpoint, now: number): Peer | null {
    if (this.#all.size >= this.#most && !this.#makeWay(now)) return null;
    const source = this.#sources.ofPeer(at.ip, now);
    const peer = new Peer(at, source, now);
    source.peers += 1;
    const host = this.#hosts.get(at.ip);
    if (host === undefined) this.#hosts.set(at.ip, new Map([[at.port, peer]]));
    else host.set(at.port, peer);
    this.#all.add(peer);
    this.#unproven.add(peer);
    return peer;
  }

  /** It has sent an initiation for this key. False when that cannot be, if it is who it was held to be. */
  addressed(peer: Peer, key: GroupKey): boolean {
    if (peer.key !== null) {
      if (!key.mayReach(peer.key)) return false;
      if (!this.#claimsOf(peer.key).includes(peer)) this.#rank(peer, peer.key);
      return true;
    }
    const may = peer.possible.length === 0
      ? key.neighbours()
      : peer.possible.filter((one) => one.mayReach(key));
    if (may.length === 0) return false;
    peer.possible = may;
    if (may.length === 1) this.hold(peer, may[0]!);
    else for (const group of key.groups) this.#enlist(group, peer);
    return true;
  }

  /** From now on it is held to have this key. */
  hold(peer: Peer, key: GroupKey): void {
    if (peer.key === null) {
      peer.key = key;
      this.#strike([key, ...peer.possible], peer);
      peer.possible = [];
    }
    this.#rank(peer, key);
  }

  /** A handshake of this key was completed from here. */
  prove(peer: Peer, key: GroupKey): void {
    if (!peer.verified) {
      peer.verified = true;
      peer.source.verifiedPeers += 1;
      this.#unproven.delete(peer);
    }
    this.hold(peer, key);
  }

  remove(peer: Peer): void {
    if (!this.#all.delete(peer)) return;
    peer.gone = true;
    this.#unproven.delete(peer);
    const host = this.#hosts.get(peer.ip)!;
    host.delete(peer.port);
    if (host.size === 0) this.#hosts.delete(peer.ip);
    peer.source.peers -= 1;
    if (peer.verified) peer.source.verifiedPeers -= 1;
    if (peer.key !== null) {
      const claims = this.#claimsOf(peer.key).filter((one) => one !== peer);
      if (claims.length > 0) this.#claims.set(peer.key, claims);
      else this.#claims.delete(peer.key);
    }
    this.#strike(peer.possible, peer);
    this.#sessions.forget(peer);
  }

  /** Where an initiation of this peer for this key may go, the best first. */
  targets(peer: Peer, key: GroupKey): Peer[] {
    const found = new Set<Peer>();
    // Nobody but the peer itself can have made it complete a handshake there.
    const partner = peer.partners.get(key)?.peer;
    if (partner !== undefined && !partner.gone && partner.mayHave(key)) found.add(partner);
    for (const claim of this.#claimsOf(key)) found.add(claim);
    for (const group of key.groups) {
      for (const stranger of [...this.#strangers.get(group) ?? []].reverse()) {
        if (stranger.mayHave(key)) found.add(stranger);
      }
    }
    found.delete(peer);
    return [...found];
  }

  /** The groups have changed. */
  regroup(): void {
    for (const peer of this.#all) {
      peer.possible = peer.possible.filter(({ groups }) => groups.length > 0);
      for (const { groups } of peer.possible) {
        for (const group of groups) this.#enlist(group, peer);
      }
      for (const memory of [peer.partners, peer.tries]) {
        for (const key of memory.keys()) if (key.groups.length === 0) memory.delete(key);
      }
      const keys = peer.key === null ? peer.possible : [peer.key];
      if (companions(keys).size < 2) this.remove(peer);
    }
  }

  sweep(now: number): void {
    for (const peer of this.#all) if (now - peer.heardAt >= STALE_MS) this.remove(peer);
  }

  #claimsOf(key: GroupKey): readonly Peer[] {
    return this.#claims.get(key) ?? [];
  }

  /** The proven ones first, and of each the newest. */
  #rank(peer: Peer, key: GroupKey): void {
    const others = this.#claimsOf(key).filter((one) => one !== peer);
    const ahead = peer.verified ? 0 : others.filter(({ verified }) => verified).length;
    others.splice(ahead, 0, peer);
    this.#claims.set(key, others.slice(0, MAX_CLAIMS));
  }

  #enlist(group: Group, peer: Peer): void {
    const strangers = this.#strangers.get(group) ?? new Set();
    this.#strangers.set(group, strangers);
    strangers.delete(peer);
    strangers.add(peer);
    if (strangers.size > MAX_STRANGERS) strangers.delete(strangers.values().next().value!);
  }

  #strike(keys: readonly GroupKey[], peer: Peer): void {
    for (const { groups } of keys) {
      for (const group of groups) this.#strangers.get(group)?.delete(peer);
    }
  }

  #makeWay(now: number): boolean {
    for (const peer of this.#unproven) {
      if (now - peer.heardAt < YIELDS_AFTER_MS) continue;
      this.remove(peer);
      return true;
    }
    return false;
  }
}

/** Whether the two ends of a session may still reach each other. */
export function stands({ initiator, responder }: Session): boolean {
  return initiator.key.mayReach(responder.key);
}
