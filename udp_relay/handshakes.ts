/**
 * Initiations and their answers. The relay cannot check what only the two ends can, so nothing that anybody could make up
 * decides alone: who tries again in vain is sent to the next one who may have the key, and a place is proven only by
 * an initiator that goes on to use its session.
 */
import { Allowance } from "./allowance.ts";
import { companions, type GroupKey, type KeyRing } from "./key_ring.ts";
import { Mac1Check } from "./mac1.ts";
import type { Endpoint, Peer } from "./peer.ts";
import type { Peers } from "./peers.ts";
import { type Pending, PENDING_MS, Session, type Sessions } from "./sessions.ts";
import type { Source, Sources } from "./sources.ts";
import type { Totals } from "./totals.ts";
import {
  INITIATION_COVERED,
  receiverIndex,
  RESPONSE,
  RESPONSE_COVERED,
  senderIndex,
} from "./wireguard_message.ts";

/** Keys that handshakes of who is not known are tried against: a few hundredths of a core. */
const CHECKS_PER_SECOND = 50_000;

export interface HandshakeParts {
  readonly ring: KeyRing;
  readonly peers: Peers;
  readonly sessions: Sessions;
  readonly sources: Sources;
  readonly totals: Totals;
}

export class Handshakes {
  readonly #ring: KeyRing;
  readonly #peers: Peers;
  readonly #sessions: Sessions;
  readonly #sources: Sources;
  readonly #totals: Totals;
  readonly #check = new Mac1Check();
  readonly #checks: Allowance;

  constructor({ ring, peers, sessions, sources, totals }: HandshakeParts, now: number) {
    this.#ring = ring;
    this.#peers = peers;
    this.#sessions = sessions;
    this.#sources = sources;
    this.#totals = totals;
    this.#checks = new Allowance(CHECKS_PER_SECOND, CHECKS_PER_SECOND, now);
  }

  /** Where it goes. Null: nowhere, and that is counted. */
  initiation(
    bytes: Uint8Array,
    known: Peer | undefined,
    from: Endpoint,
    source: Source,
    now: number,
  ): { from: Peer; to: Peer } | null {
    const totals = this.#totals;
    const proven = known?.verified ? known : null;
    if (proven === null && !source.handshakes.take(1, now)) return totals.drop("rate");
    const key = this.#keyOf(bytes, known, source, now);
    if (key === "rate") return totals.drop("rate");
    if (key === null) {
      this.#sources.bad(source, from.ip, 1, "handshakes for keys that are in no group", now);
      return totals.drop("no_group");
    }
    // Not before: what others forge in its name fits no key, and must not use up its own.
    if (proven?.handshakes.take(1, now) === false) return totals.drop("rate");
    const peer = this.#sender(known, from, key, now);
    if (typeof peer === "string") return totals.drop(peer);
    peer.heardAt = now;
    peer.packetsIn += 1;
    peer.credit += bytes.length;
    if (!peer.verified && !key.strangers.take(1, now)) return totals.drop("rate");
    const targets = this.#peers.targets(peer, key);
    if (targets.length === 0) return totals.drop("no_endpoint");
    const open = targets.filter(({ verified, credit }) => verified || credit >= bytes.length);
    if (open.length === 0) return totals.drop("amplification");
    const tries = peer.tries.get(key) ?? 0;
    peer.tries.set(key, tries + 1);
    const to = open[tries % open.length]!;
    this.#sessions.expect({ index: senderIndex(bytes), from: peer, to, key, at: now });
    return { from: peer, to };
  }

  /** The initiation that this answers. Null: none, and that is counted. */
  response(bytes: Uint8Array, from: Peer, now: number): Peer | null {
    for (const pending of this.#sessions.pending(receiverIndex(RESPONSE, bytes))) {
      if (!isOpen(pending, from, now)) continue;
      this.#check.load(bytes, RESPONSE_COVERED);
      const initiator = pending.from;
      const keys = initiator.key === null ? initiator.possible : [initiator.key];
      const key = keys.find((one) => this.#check.fits(one.mac1));
      if (key === undefined) continue;
      this.#sessions.answered(pending);
      this.#sessions.add(
        new Session(
          now,
          { index: pending.index, key, peer: initiator },
          { index: senderIndex(bytes), key: pending.key, peer: from },
        ),
      );
      return initiator;
    }
    return this.#totals.drop("unknown_index");
  }

  /** Whose initiation a cookie reply is for, if it is for one. */
  cookieFor(index: number, from: Peer, now: number): Peer | null {
    const pending = this.#sessions.pending(index).find((one) => isOpen(one, from, now));
    return pending?.from ?? null;
  }

  /** The initiator uses the session: the answer was genuine, and so was the question, since it was answered. */
  confirm(session: Session): void {
    session.confirmed = true;
    for (const { peer, key, other } of [session.initiator, session.responder]) {
      this.#peers.prove(peer, key);
      peer.partners.set(other.key, other);
      peer.tries.delete(other.key);
    }
  }

  /** The key that the first code fits; `"rate"` when that is not to be tried now. */
  #keyOf(
    bytes: Uint8Array,
    known: Peer | undefined,
    source: Source,
    now: number,
  ): GroupKey | null | "rate" {
    this.#check.load(bytes, INITIATION_COVERED);
    if (known !== undefined) {
      if (known.verified && !known.misses.has(1, now)) return "rate";
      const own = companions(known.key === null ? known.possible : [known.key]);
      for (const key of own) {
        if (key !== known.key && this.#check.fits(key.mac1)) return key;
      }
      if (known.verified) {
        known.misses.pay(own.size);
        return null;
      }
    }
    const { keys } = this.#ring;
    if (!this.#checks.has(keys.length, now) || !source.checks.take(keys.length, now)) return "rate";
    this.#checks.pay(keys.length);
    return keys.find((key) => this.#check.fits(key.mac1)) ?? null;
  }

  #sender(
    known: Peer | undefined,
    from: Endpoint,
    key: GroupKey,
    now: number,
  ): Peer | "no_group" | "peers_full" {
    if (known !== undefined) {
      if (this.#peers.addressed(known, key)) return known;
      // Somebody else than it seemed, at the same address.
      this.#peers.remove(known);
    }
    // The only one of its groups has nobody to be reached by.
    if (key.neighbours().length === 0) return "no_group";
    const peer = this.#peers.add(from, now);
    if (peer === null) return "peers_full";
    this.#peers.addressed(peer, key);
    return peer;
  }
}

/** Whether an answer from there may be to this one. */
function isOpen({ from, to, at }: Pending, by: Peer, now: number): boolean {
  return to === by && !from.gone && now - at < PENDING_MS;
}
