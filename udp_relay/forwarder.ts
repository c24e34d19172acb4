/** Decides for each packet where it goes, if anywhere. No I/O and no clock; at most one receiver by its very shape. */
import { formatSocketAddress } from "../relay/ports/addresses.ts";
import type { UdpGroup, UdpRelayView } from "../relay/ports/udp_relay.ts";
import { Handshakes } from "./handshakes.ts";
import { KeyRing } from "./key_ring.ts";
import type { Endpoint, Peer } from "./peer.ts";
import { Peers, stands } from "./peers.ts";
import { type SessionEnd, Sessions } from "./sessions.ts";
import { type Source, type SourceLimits, Sources } from "./sources.ts";
import { Totals } from "./totals.ts";
import {
  COOKIE_REPLY,
  counterOf,
  INITIATION,
  MALFORMED,
  messageType,
  receiverIndex,
  RESPONSE,
} from "./wireguard_message.ts";

export interface ForwarderOptions extends SourceLimits {
  readonly maxPeers: number;
}

/** WireGuard keeps so many of a pair, and a peer has several partners. */
const SESSIONS_PER_PEER = 4;
/**
 * A new address is as good as the one before when that one has been silent for longer than WireGuard ever is towards
 * somebody it hears (10 s), while the new one has gone on.
 */
const MOVED_FOR_GOOD_MS = 12_000;
const MOVED_FOR_GOOD_PACKETS = 3;
/** Honest peers send for 15 s into sessions that a relay which was restarted does not know. */
const UNKNOWN_WEIGHT = 0.005;
const UNKNOWN = "packets of no session";
const MAX_VIEW_PEERS = 1_000;
const KEY_SHOWN = 8;

export class Forwarder {
  readonly totals = new Totals();
  readonly #ring = new KeyRing();
  readonly #sources: Sources;
  readonly #sessions: Sessions;
  readonly #peers: Peers;
  readonly #handshakes: Handshakes;

  constructor(options: ForwarderOptions, now: number) {
    this.#sources = new Sources(options, now);
    this.#sessions = new Sessions(SESSIONS_PER_PEER * options.maxPeers);
    this.#peers = new Peers(options.maxPeers, this.#sources, this.#sessions);
    this.#handshakes = new Handshakes({
      ring: this.#ring,
      peers: this.#peers,
      sessions: this.#sessions,
      sources: this.#sources,
      totals: this.totals,
    }, now);
  }

  /** Whom to send this packet to, as it is. Null: to nobody, and the reason was counted. */
  receive(bytes: Uint8Array, ip: string, port: number, now: number): Endpoint | null {
    const { totals } = this;
    totals.packetsIn += 1;
    totals.bytesIn += bytes.length;
    const peer = this.#peers.find(ip, port);
    const source = peer?.source ?? this.#sources.of(ip, now);
    source.heardAt = now;
    if (source.isShut(now)) return totals.drop("blocked");
    const type = messageType(bytes);
    // Anybody can have an address blocked by forging it, so whoever is there can still shake hands, at the usual rate.
    const excepted = type === INITIATION || peer !== undefined;
    if (source.blockedUntil > now && !excepted) return totals.drop("blocked");
    if (type === MALFORMED) {
      this.#sources.bad(source, ip, 1, "no WireGuard messages", now);
      return totals.drop("malformed");
    }
    if (type === INITIATION) {
      const way = this.#handshakes.initiation(bytes, peer, { ip, port }, source, now);
      return way && this.#forward(bytes, way.from, way.to, now);
    }
    const index = receiverIndex(type, bytes);
    if (type === RESPONSE || type === COOKIE_REPLY) {
      if (peer === undefined) return this.#unknown(source, ip, now);
      peer.credit += bytes.length;
      peer.packetsIn += 1;
      const to = type === RESPONSE
        ? this.#handshakes.response(bytes, peer, now)
        : this.#cookieReceiver(index, peer, now);
      if (to === null) return null;
      peer.heardAt = now;
      return this.#forward(bytes, peer, to, now);
    }
    const ends = this.#sessions.ends(index);
    if (ends.length === 0) return this.#unknown(source, ip, now);
    return this.#transport(bytes, ends, peer, ip, port, source, now);
  }

  /** The packet that was to be sent there was not taken by the operating system. */
  sendFailed(bytes: number): void {
    this.totals.packetsForwarded -= 1;
    this.totals.bytesForwarded -= bytes;
    this.totals.drop("send_failed");
  }

  /** Replaces the groups of one origin. Peers and sessions that are still in order stay. */
  groups(origin: "own" | "party", groups: readonly UdpGroup[], now: number): void {
    this.#ring.replace(origin, groups, now);
    this.#peers.regroup();
    this.#sessions.sweep(now, stands);
  }

  block(ip: string, ms: number | null, now: number): void {
    this.#sources.block(ip, ms, now);
  }

  unblock(ip: string): boolean {
    return this.#sources.unblock(ip);
  }

  /** To be called once a second or so. */
  sweep(now: number): void {
    this.#peers.sweep(now);
    this.#sessions.sweep(now, stands);
    this.#sources.sweep(now);
  }

  /** What is held, for tests of its bounds. */
  get sizes(): { peers: number; sessions: number; pending: number; sources: number } {
    return {
      peers: this.#peers.size,
      sessions: this.#sessions.size,
      pending: this.#sessions.pendingSize,
      sources: this.#sources.size,
    };
  }

  /** `wall` is the Unix time at `now`. */
  view(listen: UdpRelayView["listen"], now: number, wall: number): UdpRelayView {
    const { packetsIn, bytesIn, packetsForwarded, bytesForwarded, drops } = this.totals;
    const peers: UdpRelayView["peers"][number][] = [];
    for (const peer of this.#peers) {
      if (peers.length === MAX_VIEW_PEERS) break;
      const { ip, port, key, possible, verified, heardAt } = peer;
      peers.push({
        group: (key ?? possible[0])?.groups[0]?.name ?? "",
        key: key?.id.slice(0, KEY_SHOWN) ?? null,
        endpoint: formatSocketAddress({ ip, port }),
        verified,
        ageMs: Math.round(now - heardAt),
        packetsIn: peer.packetsIn,
        packetsOut: peer.packetsOut,
      });
    }
    return {
      listen,
      groups: this.#ring.groups,
      keys: this.#ring.keys.length,
      peers,
      peersTotal: this.#peers.size,
      sessions: this.#sessions.size,
      blocked: this.#sources.blocked(now, wall),
      packetsIn,
      bytesIn,
      packetsForwarded,
      bytesForwarded,
      drops: { ...drops },
    };
  }

  #transport(
    bytes: Uint8Array,
    ends: readonly SessionEnd[],
    known: Peer | undefined,
    ip: string,
    port: number,
    source: Source,
    now: number,
  ): Endpoint | null {
    const counter = counterOf(bytes);
    let end = known === undefined ? undefined : endFacing(known, ends);
    let peer = known;
    if (end === undefined) {
      end = ends.find((one) => mayHaveMoved(one, counter, known));
      if (end === undefined) {
        this.#sources.bad(source, ip, UNKNOWN_WEIGHT, UNKNOWN, now);
        return this.totals.drop("unknown_source");
      }
      peer = known ?? this.#peers.add({ ip, port }, now) ?? undefined;
      if (peer === undefined) return this.totals.drop("peers_full");
      this.#move(end.other, peer, now);
    }
    const sender = end.other;
    if (!end.session.confirmed) {
      // The responder has to wait until the initiator has used the session.
      if (end.session.responder !== end) return this.totals.drop("unknown_index");
      this.#handshakes.confirm(end.session);
    }
    if (sender.peer !== sender.home) this.#settle(sender, peer!, now);
    if (counter > end.highest) end.highest = counter;
    peer!.heardAt = now;
    peer!.packetsIn += 1;
    peer!.credit += bytes.length;
    return this.#forward(bytes, peer!, end.peer, now);
  }

  #move(end: SessionEnd, peer: Peer, now: number): void {
    this.#sessions.move(end, peer);
    end.movedAt = now;
    end.packetsSince = 0;
    this.#peers.hold(peer, end.key);
  }

  /** A packet of an end that has moved, from its new address or from where it is at home. */
  #settle(end: SessionEnd, from: Peer, now: number): void {
    if (from === end.home) {
      this.#sessions.move(end, from);
      return;
    }
    end.packetsSince += 1;
    if (end.packetsSince < MOVED_FOR_GOOD_PACKETS || now - end.movedAt < MOVED_FOR_GOOD_MS) return;
    this.#sessions.settle(end);
    this.#peers.prove(from, end.key);
  }

  #cookieReceiver(index: number, from: Peer, now: number): Peer | null {
    const asked = this.#handshakes.cookieFor(index, from, now);
    if (asked !== null) return asked;
    return endFacing(from, this.#sessions.ends(index))?.peer ?? this.totals.drop("unknown_index");
  }

  #forward(bytes: Uint8Array, from: Peer, to: Peer, now: number): Endpoint | null {
    const { totals } = this;
    const { length } = bytes;
    if (to.source.isShut(now)) return totals.drop("blocked");
    if (!to.verified && to.credit < length) return totals.drop("amplification");
    if (!from.source.pays(length, now)) return totals.drop("rate");
    to.credit -= length;
    to.packetsOut += 1;
    totals.packetsForwarded += 1;
    totals.bytesForwarded += length;
    return to;
  }

  #unknown(source: Source, ip: string, now: number): null {
    this.#sources.bad(source, ip, UNKNOWN_WEIGHT, UNKNOWN, now);
    return this.totals.drop("unknown_index");
  }
}

/** The end that this peer talks to. */
function endFacing(peer: Peer, ends: readonly SessionEnd[]): SessionEnd | undefined {
  for (const end of ends) {
    if (end.other.peer === peer || end.other.home === peer) return end;
  }
  return undefined;
}

/** Whether a packet to this end, from an address that is not the other one's, may be of the other one all the same. */
function mayHaveMoved(end: SessionEnd, counter: number, by: Peer | undefined): boolean {
  if (!end.session.confirmed || counter <= end.highest) return false;
  return by === undefined || by.mayHave(end.other.key);
}
