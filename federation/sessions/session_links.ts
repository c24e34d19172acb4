/**
 * Relay links made for sessions (SNI `_relay`): dialled when a call needs one, to the relay that is the other side of
 * it, and proven like every link between relays. Neither end takes a session of a relay with which it has no such call.
 */
import { callRoomName } from "../../proto/room_name.ts";
import type { KnownSignal, SignalOf } from "../../proto/signal/mod.ts";
import { parseSocketAddress } from "../../proto/socket_address.ts";
import { Backoff } from "../../quic/backoff.ts";
import type { Clock, Timer } from "../../quic/clock.ts";
import { QuicError } from "../../quic/errors.ts";
import type { Connection, Endpoint } from "../../quic/port.ts";
import type { Counters } from "../../relay/ports/counters.ts";
import type { Log } from "../../relay/ports/log.ts";
import type { Arrival, Service } from "../../relay/ports/service.ts";
import { SourceLimit } from "../../relay/ports/source_limit.ts";
import type { CallRoute } from "../calls/call_route.ts";
import type { Link, RelayKey } from "../link.ts";
import { LinkLine } from "../links/link_line.ts";
import { RelayLink } from "../links/relay_link.ts";
import { relayKeyOf, wireRelay } from "../relay_key.ts";
import { dialRelay } from "../trust/dial_relay.ts";
import { endpointFor } from "../trust/endpoint_for.ts";
import type { OwnRelay } from "../trust/own_relay.ts";
import { proveDialler } from "../trust/prove_dialler.ts";
import type { ProvenNonces } from "../trust/proven_nonces.ts";
import type { ProvenRelay } from "../trust/proven_relay.ts";
import type { RelayChannel } from "../trust/relay_channel.ts";
import { SessionPeer } from "./session_peer.ts";

/** Connections whose other end is not known yet, in all and from one source. */
const MAX_UNPROVEN = 64;
const MAX_UNPROVEN_PER_SOURCE = 4;
/** Links with one relay: one that each side dialled. */
const MAX_LINKS_PER_RELAY = 2;
/** Relays that nobody configured give themselves their names, which must not take the place of peers' in metrics. */
const METER = "(session links)";
/** A relay that cannot be reached directly is tried less and less often while its call goes over others. */
const RETRY = { baseMs: 1_000, maxMs: 60_000 };

export interface SessionLinksOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: Counters;
  readonly own: OwnRelay;
  readonly proven: ProvenNonces;
  readonly endpoints: readonly Endpoint[];
  readonly random: () => number;
  /** Where a relay listens, `ip:port`. */
  readonly addressOf: (relay: RelayKey) => string | null;
  readonly labelOf: (relay: RelayKey) => string;
  /** The way of an accepted call, or null. */
  readonly route: (callId: string) => CallRoute | null;
  /** Whether there is an accepted call of somebody here with somebody there. */
  readonly hasCallWith: (relay: RelayKey) => boolean;
  /** Media of a session, checked. */
  readonly onDatagram: (link: Link, bytes: Uint8Array) => void;
  /** A session has become usable, or ceased to be. */
  readonly changed: (callId: string) => void;
}

/** What this relay wants of another one. */
interface Wanted {
  readonly calls: Set<string>;
  readonly backoff: Backoff;
  dialling: AbortController | null;
  retry: Timer | null;
}

export class SessionLinks implements Service {
  readonly kind = "relay";
  readonly #options: SessionLinksOptions;
  readonly #peers = new Map<RelayKey, SessionPeer[]>();
  readonly #wanted = new Map<RelayKey, Wanted>();
  readonly #sources = new SourceLimit(MAX_UNPROVEN_PER_SOURCE);
  #unproven = 0;
  #closed = false;

  constructor(options: SessionLinksOptions) {
    this.#options = options;
  }

  /** A session for this call, over the link there is with the relay of the other party or over a new one. */
  register(callId: string): void {
    const route = this.#options.route(callId);
    if (route === null || route.peer === null || this.#closed) return;
    const wanted = this.#want(route.peer);
    if (wanted.calls.has(callId)) return;
    wanted.calls.add(callId);
    this.#connect(route.peer);
  }

  /** The call needs it no more. */
  unregister(callId: string): void {
    for (const [relay, { calls }] of this.#wanted) {
      if (calls.delete(callId) && calls.size === 0) this.#unwant(relay);
    }
    for (const peers of this.#peers.values()) {
      for (const peer of peers) if (peer.unregister(callId)) this.#options.changed(callId);
    }
  }

  /** The link over which media of this call can go now, or null. */
  link(callId: string): Link | null {
    const relay = this.#options.route(callId)?.peer ?? null;
    const peers = relay === null ? undefined : this.#peers.get(relay);
    return peers?.find((peer) => peer.isOpen(callId))?.link ?? null;
  }

  /** SNI `_relay`. */
  serve({ connection }: Arrival): void {
    const release = this.#takePlace(connection);
    if (release === null) {
      this.#options.counters.federationRefusals.add("over_source_limit");
      return connection.close(0, "over_source_limit");
    }
    this.#accept(connection).finally(release);
  }

  close(reason: string): void {
    this.#closed = true;
    for (const relay of [...this.#wanted.keys()]) this.#unwant(relay);
    for (const peers of this.#peers.values()) {
      for (const { line } of [...peers]) line.close(reason);
    }
  }

  #takePlace({ remoteAddress }: Connection): (() => void) | null {
    if (this.#unproven >= MAX_UNPROVEN || this.#closed) return null;
    const release = this.#sources.take(remoteAddress.ip);
    if (release === null) return null;
    this.#unproven += 1;
    return () => {
      this.#unproven -= 1;
      release();
    };
  }

  async #accept(connection: Connection): Promise<void> {
    const dialler = await proveDialler(connection, {
      ...this.#options,
      judge: (relay) => this.#objection(relay),
      mayAskStranger: () => false,
    });
    if (dialler.is === "original") {
      this.#options.counters.federationRefusals.add("legacy_not_allowed");
      return connection.close(0, "legacy_not_allowed");
    }
    if (dialler.is !== "proven") return;
    if (this.#closed) return connection.close(0, "shutdown");
    this.#begin(dialler.relay, dialler.channel, false);
  }

  /** Asked before and after a relay has proven itself. */
  #objection(relay: RelayKey): "unknown_relay" | "over_limit" | null {
    if (!this.#options.hasCallWith(relay)) return "unknown_relay";
    const links = this.#peers.get(relay)?.length ?? 0;
    return links < MAX_LINKS_PER_RELAY ? null : "over_limit";
  }

  #want(relay: RelayKey): Wanted {
    const present = this.#wanted.get(relay);
    if (present !== undefined) return present;
    const backoff = new Backoff({ ...RETRY, random: this.#options.random });
    const wanted = { calls: new Set<string>(), backoff, dialling: null, retry: null };
    this.#wanted.set(relay, wanted);
    return wanted;
  }

  #unwant(relay: RelayKey): void {
    const wanted = this.#wanted.get(relay);
    wanted?.dialling?.abort();
    wanted?.retry?.cancel();
    this.#wanted.delete(relay);
  }

  /** Over the link there is, or a new one. */
  #connect(relay: RelayKey): void {
    const wanted = this.#wanted.get(relay);
    const peer = this.#peers.get(relay)?.[0];
    if (wanted === undefined) return;
    if (peer !== undefined) {
      for (const callId of wanted.calls) this.#ask(peer, callId);
    } else if (wanted.dialling === null && wanted.retry === null) this.#dial(relay, wanted);
  }

  async #dial(relay: RelayKey, wanted: Wanted): Promise<void> {
    const { addressOf, counters, log, labelOf } = this.#options;
    const address = parseSocketAddress(addressOf(relay) ?? "");
    const endpoint = address === null ? null : endpointFor(this.#options.endpoints, address.ip);
    // Its state may come, or change; until then its calls go over other relays.
    if (address === null || endpoint === null) return this.#retry(relay, wanted);
    const dialling = wanted.dialling = new AbortController();
    let failure = "unreachable";
    try {
      const pins = [Uint8Array.fromHex(relay)];
      const target = { address, pins, serverName: "_relay", signal: dialling.signal } as const;
      const dialled = await dialRelay(target, { ...this.#options, endpoint });
      if (dialled.is === "original") dialled.channel.connection.close(0, "legacy_not_allowed");
      else if (dialled.is === "refused") failure = dialled.refusal;
      else if (dialling.signal.aborted) dialled.channel.connection.close(0, "idle");
      else {
        wanted.dialling = null;
        this.#begin(dialled.relay, dialled.channel, true);
        return this.#connect(relay);
      }
    } catch (error) {
      if (!(error instanceof QuicError)) throw error;
      failure = error.code;
    }
    if (dialling.signal.aborted) return;
    wanted.dialling = null;
    counters.federationSessions.add("failed");
    log.info("no relay link for a session, its calls go over other relays", {
      peer: labelOf(relay),
      address,
      reason: failure,
    });
    this.#retry(relay, wanted);
  }

  #begin(relay: ProvenRelay, channel: RelayChannel, dialled: boolean): void {
    const { clock, counters, labelOf, log, onDatagram, own } = this.#options;
    const line = new LinkLine({ clock, channel, dialled, legacy: false, first: null });
    const link = new RelayLink({
      relay: relay.key,
      label: labelOf(relay.key),
      meter: METER,
      legacy: false,
      ext: relay.ext,
      since: clock.now(),
      now: () => clock.now(),
      preferDialled: dialled,
      onFault: (error) => {
        counters.internalErrors += 1;
        log.error("a session link failed", { error: error as Error });
      },
    }, line);
    const peer = new SessionPeer({ clock, crypto: own.crypto, link, line });
    this.#peers.set(relay.key, [...this.#peers.get(relay.key) ?? [], peer]);
    counters.federationSessionLinks += 1;
    log.info("session link is up", { peer: link.label, dialled });
    line.begin({
      spoke: () => {},
      measured: () => {},
      signal: (message) => this.#onSignal(peer, message),
      datagram: (bytes) => {
        const drop = peer.judge(bytes);
        if (drop === null) onDatagram(link, bytes);
        else counters.federationSessionDatagramsDropped.add(drop);
      },
      ended: ({ reason }) => {
        link.gone = true;
        log.info("session link is down", { peer: link.label, reason });
        this.#ended(peer);
      },
    });
  }

  #ended(peer: SessionPeer): void {
    const { relay } = peer.link;
    const { changed, counters } = this.#options;
    counters.federationSessionLinks -= 1;
    const left = (this.#peers.get(relay) ?? []).filter((other) => other !== peer);
    if (left.length === 0) this.#peers.delete(relay);
    else this.#peers.set(relay, left);
    for (const callId of peer.calls()) if (peer.unregister(callId)) changed(callId);
    peer.end();
    const wanted = this.#wanted.get(relay);
    if (left.length > 0) this.#connect(relay);
    else if (wanted !== undefined && wanted.dialling === null) this.#retry(relay, wanted);
  }

  #retry(relay: RelayKey, wanted: Wanted): void {
    wanted.retry?.cancel();
    wanted.retry = this.#options.clock.after(wanted.backoff.next(), () => {
      wanted.retry = null;
      this.#connect(relay);
    });
  }

  #ask(peer: SessionPeer, callId: string): void {
    const route = this.#options.route(callId);
    if (route === null || peer.has(callId)) return;
    const target_fingerprint = (route.here === "caller" ? route.callee : route.caller) ?? "";
    peer.register(callId, false);
    peer.link.send({
      type: "SessionForward",
      session_id: callId,
      target_fingerprint,
      source_relay: wireRelay(this.#options.own.key),
    });
  }

  #onSignal(peer: SessionPeer, message: KnownSignal): void {
    switch (message.type) {
      case "SessionForward":
        return this.#onForward(peer, message);
      case "SessionForwardAck": {
        const { session_id: callId, room_name } = message;
        const isAsked = peer.has(callId) && !peer.isOpen(callId);
        if (!isAsked || room_name !== callRoomName(callId)) return;
        peer.register(callId, true);
        this.#wanted.get(peer.link.relay)?.backoff.reset();
        this.#options.counters.federationSessions.add("opened");
        return this.#options.changed(callId);
      }
      case "Hangup":
        if (message.call_id !== null) this.#refused(peer, message.call_id);
    }
  }

  /** The other end does not have the call, so there is nothing to try again for. */
  #refused(peer: SessionPeer, callId: string): void {
    const { relay } = peer.link;
    const wanted = this.#wanted.get(relay);
    if (wanted?.calls.delete(callId) && wanted.calls.size === 0) this.#unwant(relay);
    if (peer.unregister(callId)) this.#options.changed(callId);
  }

  #onForward(peer: SessionPeer, message: SignalOf<"SessionForward">): void {
    const { changed, counters, route } = this.#options;
    const { session_id: callId, target_fingerprint, source_relay } = message;
    const call = route(callId);
    const party = call?.here === "caller" ? call.caller : call?.callee;
    const isHeld = call !== null && call.here !== null && call.peer === peer.link.relay &&
      party === target_fingerprint && relayKeyOf(source_relay) === peer.link.relay;
    if (!isHeld) {
      counters.federationSessions.add("refused");
      return peer.link.send({ type: "Hangup", reason: "Error", call_id: callId });
    }
    peer.register(callId, true);
    const room_name = callRoomName(callId) ?? "";
    peer.link.send({ type: "SessionForwardAck", session_id: callId, room_name });
    counters.federationSessions.add("accepted");
    changed(callId);
  }
}
