/** Who is where: at this relay by session, at others by what they said last and not too long ago. */
import type { Clock } from "../../quic/clock.ts";
import { isFingerprintText } from "../../proto/fingerprint_text.ts";
import type {
  LocalPresence,
  PresenceElsewhere,
  PresenceObserver,
  PresencePeer,
  PresencePlace,
  PresenceSink,
  PresenceView,
  RemotePresence,
} from "../ports/presence.ts";
import { LocalPresences } from "./local_presence.ts";

export interface PresenceLimits {
  /** What a relay said is forgotten when it says nothing for longer than this. */
  readonly expiryMs: number;
  readonly maxPeers: number;
  readonly maxPerPeer: number;
  /** Of all peers together. */
  readonly maxRemote: number;
}

/** Peers tell every 10 s: three updates may get lost. A fingerprint costs about 200 bytes. */
const LIMITS: PresenceLimits = {
  expiryMs: 45_000,
  maxPeers: 1_000,
  maxPerPeer: 20_000,
  maxRemote: 100_000,
};

interface Peer {
  fingerprints: Set<string>;
  heardAt: number;
  rttMs: number | null;
}

export class PresenceRegistry implements PresenceSink, PresenceView {
  readonly #clock: Clock;
  readonly #limits: PresenceLimits;
  readonly #local: LocalPresences;
  /** In order of their last update, the oldest first. */
  readonly #peers = new Map<string, Peer>();
  /** Which peers name a fingerprint, in order of their last update. */
  readonly #relaysOf = new Map<string, Set<string>>();
  #remoteCount = 0;
  #elsewhere: PresenceElsewhere | null = null;

  constructor(clock: Clock, limits: Partial<PresenceLimits> = {}) {
    this.#clock = clock;
    this.#limits = { ...LIMITS, ...limits };
    this.#local = new LocalPresences(clock);
  }

  enter(fingerprint: string, alias: string | null, room: string | null): () => void {
    return this.#local.enter(fingerprint, alias, room);
  }

  /**
   * What the relay at `address` (canonical text) said: it replaces what that relay said before. Answers how many
   * fingerprints were not kept: nonsense, or above a limit.
   */
  updatePeer(address: string, fingerprints: readonly string[]): number {
    this.#expire();
    const known = this.#peers.get(address);
    if (known === undefined && this.#peers.size >= this.#limits.maxPeers) {
      return fingerprints.length;
    }
    this.forgetPeer(address);
    const peer: Peer = {
      fingerprints: new Set(),
      heardAt: this.#clock.now(),
      rttMs: known?.rttMs ?? null,
    };
    this.#peers.set(address, peer);
    const { maxPerPeer, maxRemote } = this.#limits;
    let refused = 0;
    for (const fingerprint of fingerprints) {
      if (peer.fingerprints.has(fingerprint)) continue;
      const room = peer.fingerprints.size < maxPerPeer && this.#remoteCount < maxRemote;
      if (!room || !isFingerprintText(fingerprint)) {
        refused += 1;
        continue;
      }
      peer.fingerprints.add(fingerprint);
      this.#remoteCount += 1;
      const relays = this.#relaysOf.get(fingerprint);
      if (relays === undefined) this.#relaysOf.set(fingerprint, new Set([address]));
      else relays.add(address);
    }
    return refused;
  }

  /** Forgets a relay and whom it named; harmless when it is not known. */
  forgetPeer(address: string): void {
    const peer = this.#peers.get(address);
    if (peer === undefined) return;
    this.#peers.delete(address);
    this.#remoteCount -= peer.fingerprints.size;
    for (const fingerprint of peer.fingerprints) {
      const relays = this.#relaysOf.get(fingerprint)!;
      relays.delete(address);
      if (relays.size === 0) this.#relaysOf.delete(fingerprint);
    }
  }

  /** The round trip to a relay, as measured; of one that never told who is there it is not kept. */
  setRtt(address: string, rttMs: number | null): void {
    const peer = this.#peers.get(address);
    if (peer !== undefined) peer.rttMs = rttMs;
  }

  find(fingerprint: string): PresencePlace | null {
    const local = this.#local.get(fingerprint);
    if (local !== null) return { at: "local", ...local };
    this.#expire();
    const remote = this.#remote(fingerprint) ?? this.#elsewhere?.find(fingerprint) ?? null;
    return remote === null ? null : { at: "remote", ...remote };
  }

  locals(): LocalPresence[] {
    return [...this.#local.fingerprints()].sort().map((name) => this.#local.get(name)!);
  }

  remotes(): RemotePresence[] {
    this.#expire();
    const names = new Set(this.#relaysOf.keys());
    for (const { fingerprints } of this.#elsewhere?.peers() ?? []) {
      for (const name of fingerprints) names.add(name);
    }
    return [...names].filter((name) => !this.#local.has(name)).sort().flatMap((name) =>
      this.#remote(name) ?? this.#elsewhere?.find(name) ?? []
    );
  }

  peers(): PresencePeer[] {
    this.#expire();
    const now = this.#clock.now();
    const peers = new Map<string, PresencePeer>();
    for (const [address, { fingerprints, heardAt, rttMs }] of this.#peers) {
      peers.set(address, {
        address,
        fingerprints: [...fingerprints].sort(),
        ageMs: now - heardAt,
        rttMs,
      });
    }
    for (const peer of this.#elsewhere?.peers() ?? []) {
      const { address, rttMs } = peer;
      const probed = peers.get(address);
      const fingerprints = [...new Set([...peer.fingerprints, ...probed?.fingerprints ?? []])]
        .sort();
      const ageMs = Math.min(peer.ageMs, probed?.ageMs ?? Infinity);
      peers.set(address, { address, fingerprints, ageMs, rttMs: probed?.rttMs ?? rttMs });
    }
    return [...peers.values()].sort((a, b) => a.address < b.address ? -1 : 1);
  }

  localFingerprints(): Iterable<string> {
    return this.#local.fingerprints();
  }

  *fingerprints(): Generator<string> {
    this.#expire();
    yield* this.#local.fingerprints();
    yield* this.#relaysOf.keys();
    for (const { fingerprints } of this.#elsewhere?.peers() ?? []) yield* fingerprints;
  }

  registered(): Iterable<string> {
    return this.#local.registered();
  }

  observe(observer: PresenceObserver): () => void {
    return this.#local.observe(observer);
  }

  follow(elsewhere: PresenceElsewhere): () => void {
    this.#elsewhere = elsewhere;
    return () => {
      if (this.#elsewhere === elsewhere) this.#elsewhere = null;
    };
  }

  #remote(fingerprint: string): RemotePresence | null {
    const relay = [...this.#relaysOf.get(fingerprint) ?? []].at(-1);
    if (relay === undefined) return null;
    return { fingerprint, relay, ageMs: this.#clock.now() - this.#peers.get(relay)!.heardAt };
  }

  #expire(): void {
    const oldest = this.#clock.now() - this.#limits.expiryMs;
    for (const [address, peer] of this.#peers) {
      if (peer.heardAt >= oldest) return;
      this.forgetPeer(address);
    }
  }
}
