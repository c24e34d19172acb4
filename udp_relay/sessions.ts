/** Handshakes under way and sessions that came of them, by the indices their packets carry. */
import type { GroupKey } from "./key_ring.ts";
import type { Peer } from "./peer.ts";

/** An answer is there after one round trip; WireGuard asks anew, with another index, after 5 s. */
export const PENDING_MS = 6_000;
/** WireGuard uses a session for at most 180 s; its two ends do not begin it at the same time. */
export const SESSION_MS = 200_000;
/** WireGuard keeps the one in use, the one before and the one to come. */
const SESSIONS_OF_A_PAIR = 3;
/** Messages that share an index, which honest ones choose at random from 2^32. */
const MAX_NAMESAKES = 4;
const MAX_PENDING = 4_096;

/** An initiation that was forwarded and not answered yet. */
export interface Pending {
  readonly index: number;
  readonly from: Peer;
  readonly to: Peer;
  /** The key it was for. */
  readonly key: GroupKey;
  readonly at: number;
}

/** One end of a session: packets with this receiver index go to its peer. */
export class SessionEnd {
  readonly index: number;
  readonly key: GroupKey;
  readonly session: Session;
  peer: Peer;
  /** Where its handshake was made; differs from `peer` while that one may have a new address. */
  home: Peer;
  movedAt = 0;
  /** Since it moved, from its new address. */
  packetsSince = 0;
  /** Highest counter of packets to this end. */
  highest = -1;
  other!: SessionEnd;

  constructor(session: Session, index: number, key: GroupKey, peer: Peer) {
    this.session = session;
    this.index = index;
    this.key = key;
    this.peer = peer;
    this.home = peer;
  }
}

export class Session {
  readonly at: number;
  readonly initiator: SessionEnd;
  readonly responder: SessionEnd;
  /** Whether the initiator has used it, which it does at once when the answer was genuine. */
  confirmed = false;

  constructor(
    at: number,
    initiator: { index: number; key: GroupKey; peer: Peer },
    responder: { index: number; key: GroupKey; peer: Peer },
  ) {
    this.at = at;
    this.initiator = new SessionEnd(this, initiator.index, initiator.key, initiator.peer);
    this.responder = new SessionEnd(this, responder.index, responder.key, responder.peer);
    this.initiator.other = this.responder;
    this.responder.other = this.initiator;
  }
}

export class Sessions {
  readonly #most: number;
  readonly #pending = new Set<Pending>();
  readonly #pendingBy = new Map<number, Pending[]>();
  /** Oldest first. */
  readonly #sessions = new Set<Session>();
  readonly #ends = new Map<number, SessionEnd[]>();
  readonly #endsOf = new Map<Peer, Set<SessionEnd>>();

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#sessions.size;
  }

  get pendingSize(): number {
    return this.#pending.size;
  }

  /** Remembers an initiation that is sent on. */
  expect(pending: Pending): void {
    const again = this.pending(pending.index).find(({ from }) => from === pending.from);
    if (again !== undefined) this.answered(again);
    const namesakes = this.#pendingBy.get(pending.index) ?? [];
    // The first ones are the genuine ones: nobody else knows an index before it was sent.
    if (namesakes.length >= MAX_NAMESAKES) return;
    namesakes.push(pending);
    this.#pendingBy.set(pending.index, namesakes);
    this.#pending.add(pending);
    if (this.#pending.size > MAX_PENDING) this.answered(first(this.#pending)!);
  }

  /** Handshakes with this sender index, the first one first. */
  pending(index: number): readonly Pending[] {
    return this.#pendingBy.get(index) ?? NONE;
  }

  answered(pending: Pending): void {
    if (!this.#pending.delete(pending)) return;
    removeFrom(this.#pendingBy, pending.index, pending);
  }

  add(session: Session): void {
    const { initiator, responder } = session;
    const between = [...this.#endsOf.get(initiator.peer) ?? []]
      .filter(({ other }) => other.peer === responder.peer);
    if (between.length >= SESSIONS_OF_A_PAIR) this.remove(between[0]!.session);
    this.#sessions.add(session);
    for (const end of [initiator, responder]) {
      const namesakes = this.#ends.get(end.index);
      if (namesakes === undefined) this.#ends.set(end.index, [end]);
      else if (namesakes.length < MAX_NAMESAKES) namesakes.push(end);
      this.#attach(end, end.peer);
    }
    if (this.#sessions.size > this.#most) this.remove(first(this.#sessions)!);
  }

  /** Ends with this receiver index, the first one first. */
  ends(index: number): readonly SessionEnd[] {
    return this.#ends.get(index) ?? NONE;
  }

  /** The peer of this end has another address. */
  move(end: SessionEnd, peer: Peer): void {
    if (end.home !== end.peer) this.#detach(end, end.peer);
    end.peer = peer;
    this.#attach(end, peer);
  }

  /** The address this end has now is where it is at home. */
  settle(end: SessionEnd): void {
    if (end.home !== end.peer) this.#detach(end, end.home);
    end.home = end.peer;
  }

  remove(session: Session): void {
    if (!this.#sessions.delete(session)) return;
    for (const end of [session.initiator, session.responder]) {
      removeFrom(this.#ends, end.index, end);
      this.#detach(end, end.peer);
      this.#detach(end, end.home);
    }
  }

  /** A peer is no more: its sessions go with it, or back to where they were before they moved to it. */
  forget(peer: Peer): void {
    for (const end of [...this.#endsOf.get(peer) ?? []]) {
      if (end.peer === peer && end.home !== peer) this.move(end, end.home);
      else this.remove(end.session);
    }
  }

  /** Takes out what is too old, and what `stands` says no to. */
  sweep(now: number, stands: (session: Session) => boolean): void {
    for (const pending of this.#pending) {
      if (now - pending.at >= PENDING_MS) this.answered(pending);
    }
    for (const session of this.#sessions) {
      if (now - session.at >= SESSION_MS || !stands(session)) this.remove(session);
    }
  }

  #attach(end: SessionEnd, peer: Peer): void {
    const ends = this.#endsOf.get(peer);
    if (ends === undefined) this.#endsOf.set(peer, new Set([end]));
    else ends.add(end);
  }

  #detach(end: SessionEnd, peer: Peer): void {
    const ends = this.#endsOf.get(peer);
    if (ends?.delete(end) && ends.size === 0) this.#endsOf.delete(peer);
  }
}

const NONE: readonly never[] = [];

function first<T>(set: Set<T>): T | undefined {
  return set.values().next().value;
}

function removeFrom<T>(lists: Map<number, T[]>, index: number, item: T): void {
  const list = lists.get(index);
  const at = list?.indexOf(item) ?? -1;
  if (list === undefined || at < 0) return;
  if (list.length === 1) lists.delete(index);
  else list.splice(at, 1);
}
