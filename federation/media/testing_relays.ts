/** Relays with nothing but a media bridge each, and links in memory between them, for tests. */
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { encodeMedia } from "../../proto/media_packet.ts";
import { seqOf } from "../../proto/media_header.ts";
import { roomHash, sameRoomHash } from "../../proto/room_hash.ts";
import { ManualClock } from "../../quic/manual_clock.ts";
import { type SendResult, SENT } from "../../quic/port.ts";
import type { FederationEvents } from "../../relay/ports/federation_events.ts";
import { type Log, silentLog } from "../../relay/ports/log.ts";
import type { ParticipantView, RoomObserver } from "../../relay/ports/room_observer.ts";
import { createCounters } from "../../relay/ports/testing_counters.ts";
import type { RelayKey } from "../link.ts";
import type { RoutingWatcher } from "../rooms/routing.ts";
import { MediaBridge, type MediaRouting } from "./media_bridge.ts";
import type { MediaTarget } from "./outlet.ts";
import type { MediaRoom } from "./room_routes.ts";

/** One end of a link. What is sent over it waits until the net runs. */
export class TestLink implements MediaTarget {
  readonly relay: RelayKey;
  readonly fingerprint: Uint8Array;
  readonly label: string;
  /** Those of sessions have one. */
  readonly meter?: string;
  readonly legacy: boolean;
  /** The same link as the other relay has it. */
  back!: TestLink;
  stale = false;
  /** What becomes of the next datagram. */
  outcome: () => SendResult = () => SENT;
  readonly waiting: Uint8Array[] = [];
  /** Everything that was sent, in copies of its own. */
  readonly sent: Uint8Array[] = [];

  constructor(readonly owner: TestRelay, peer: TestRelay, legacy: boolean, meter?: string) {
    if (meter !== undefined) this.meter = meter;
    this.relay = peer.key;
    this.fingerprint = peer.fingerprint;
    this.label = peer.name;
    this.legacy = legacy;
  }

  can(): boolean {
    return !this.legacy;
  }

  sendDatagram(bytes: Uint8Array): SendResult {
    const result = this.outcome();
    if (result !== SENT) return result;
    this.sent.push(bytes.slice());
    this.waiting.push(bytes.slice());
    return SENT;
  }

  /** Hands the oldest datagram to the other end. */
  deliver(): void {
    this.back.owner.bridge.receive(this.back, this.waiting.shift()!);
  }
}

/** Somebody in a room of a relay. */
export class Speaker implements ParticipantView {
  readonly session: string;
  readonly fingerprint: string;
  readonly alias = null;
  readonly address = "127.0.0.1:5000";
  readonly heard: Uint8Array[] = [];

  constructor(readonly relay: TestRelay, readonly id: number, readonly room: string) {
    this.session = `${relay.name}-${id}`;
    this.fingerprint = this.session;
  }

  /** Sends a packet and returns it. `content` makes it differ from those of others. */
  speak(seq: number, content = `${this.session}-${seq}`): Uint8Array {
    const payload = new TextEncoder().encode(content);
    const packet = encodeMedia({ codec: "Opus24k", seq, timestamp: seq * 20, payload });
    this.send(packet);
    return packet;
  }

  send(packet: Uint8Array): void {
    for (const { observer } of this.relay.observers) observer.packet?.(this, packet, 0);
  }

  /** Contents of what was heard, in order. */
  get contents(): string[] {
    return this.heard.map((packet) => new TextDecoder().decode(packet.subarray(12)));
  }

  get seqs(): number[] {
    return this.heard.map((packet) => seqOf(packet));
  }
}

class TestRoom implements MediaRoom {
  readonly hash: Uint8Array;
  scoped = false;
  targets: readonly MediaTarget[] = [];
  announced: ReadonlyMap<RelayKey, number> = new Map();
  revision = 0;

  constructor(readonly name: string) {
    this.hash = roomHash(nodeCrypto, name);
  }
}

export interface TestRelayOptions {
  readonly events?: FederationEvents;
  readonly log?: Log;
}

export class TestRelay {
  readonly fingerprint: Uint8Array;
  readonly key: RelayKey;
  readonly counters = createCounters();
  readonly links: TestLink[] = [];
  readonly shared = new Map<string, TestRoom>();
  readonly speakers: Speaker[] = [];
  observers: { readonly observer: RoomObserver }[] = [];
  readonly bridge: MediaBridge;
  #lastId = 0;
  #watcher: RoutingWatcher<MediaRoom> | null = null;

  constructor(readonly net: TestNet, readonly name: string, options: TestRelayOptions) {
    this.fingerprint = nodeCrypto.sha256(new TextEncoder().encode(name));
    this.key = this.fingerprint.toHex();
    this.bridge = new MediaBridge({
      clock: net.clock,
      log: options.log ?? silentLog,
      counters: this.counters,
      crypto: nodeCrypto,
      events: options.events ?? null,
      rooms: {
        observe: (observer) => {
          const entry = { observer };
          this.observers.push(entry);
          return () => this.observers = this.observers.filter((other) => other !== entry);
        },
        list: () => [],
        participants: (room) => this.speakers.filter((speaker) => speaker.room === room),
        deliver: (room, bytes) => {
          const here = this.speakers.filter((speaker) => speaker.room === room);
          for (const speaker of here) speaker.heard.push(bytes.slice());
          return here.length;
        },
      },
      routing: this.#routing(),
      mesh: {
        linked: (a, b) => net.linked(a, b),
        onChange: (listener) => net.onChange(listener),
      },
      fingerprint: this.fingerprint,
    });
  }

  join(room = "general"): Speaker {
    const speaker = new Speaker(this, ++this.#lastId, room);
    this.speakers.push(speaker);
    for (const { observer } of this.observers) observer.joined?.(speaker);
    this.net.route();
    return speaker;
  }

  leave(speaker: Speaker): void {
    this.speakers.splice(this.speakers.indexOf(speaker), 1);
    for (const { observer } of this.observers) observer.left?.(speaker, 0, false);
    this.net.route();
  }

  link(to: TestRelay): TestLink {
    return this.links.find((link) => link.relay === to.key)!;
  }

  share(name: string): TestRoom {
    const room = new TestRoom(name);
    this.shared.set(name, room);
    this.#watcher?.shared(room);
    return room;
  }

  unshare(name: string): void {
    const room = this.shared.get(name)!;
    this.shared.delete(name);
    this.#watcher?.gone(room);
  }

  #routing(): MediaRouting {
    return {
      byName: (room) => this.shared.get(room) ?? null,
      byHash: (bytes, at) =>
        [...this.shared.values()].find(({ hash }) => sameRoomHash(bytes, at, hash)) ?? null,
      watch: (watcher) => {
        this.#watcher = watcher;
        return () => this.#watcher = null;
      },
    };
  }
}

export class TestNet {
  readonly clock = new ManualClock();
  readonly relays: TestRelay[] = [];
  readonly #listeners = new Set<() => void>();

  /** A relay that shares the room `general`. */
  relay(name: string, options: TestRelayOptions = {}): TestRelay {
    const relay = new TestRelay(this, name, options);
    relay.share("general");
    this.relays.push(relay);
    return relay;
  }

  connect(a: TestRelay, b: TestRelay, legacy = false, meter?: string): TestLink {
    const there = new TestLink(a, b, legacy, meter);
    const back = new TestLink(b, a, legacy, meter);
    there.back = back;
    back.back = there;
    a.links.push(there);
    b.links.push(back);
    this.route();
    return there;
  }

  linked(a: RelayKey, b: RelayKey): boolean {
    const owner = this.relays.find(({ key }) => key === a);
    return owner?.links.some(({ relay, legacy }) => relay === b && !legacy) ?? false;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Tells every relay who listens where, and over which links they are reached. */
  route(): void {
    for (const relay of this.relays) {
      for (const room of relay.shared.values()) {
        const announced = this.relays.map(({ key, speakers }) =>
          [key, speakers.filter((speaker) => speaker.room === room.name).length] as const
        );
        room.announced = new Map(
          announced.filter(([key, count]) => count > 0 && key !== relay.key),
        );
        const hops = new Set([...room.announced.keys()].map((key) => this.#firstHop(relay, key)));
        room.targets = relay.links.filter((link) => link.legacy || hops.has(link));
        room.revision += 1;
      }
    }
    this.changed();
  }

  /** Tells every bridge that the mesh is another. */
  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Lets everything arrive that is on its way; `pick` says which of so many links is next. */
  run(pick: (links: number) => number = () => 0): void {
    const links = this.relays.flatMap((relay) => relay.links);
    for (let steps = 0; steps < 100_000; steps++) {
      const ready = links.filter(({ waiting }) => waiting.length > 0);
      if (ready.length === 0) return;
      ready[pick(ready.length)]!.deliver();
    }
    throw new Error("Packets go on and on");
  }

  /** The link on a shortest way. */
  #firstHop(from: TestRelay, to: RelayKey): TestLink | undefined {
    const seen = new Set([from.key]);
    let edge = from.links.map((link) => ({ first: link, at: link }));
    while (edge.length > 0) {
      const found = edge.find(({ at }) => at.relay === to);
      if (found !== undefined) return found.first;
      const next: typeof edge = [];
      for (const { first, at } of edge) {
        if (seen.has(at.relay)) continue;
        seen.add(at.relay);
        for (const link of at.back.owner.links) next.push({ first, at: link });
      }
      edge = next;
    }
    return undefined;
  }
}

/** A packet with this text in it. */
export const packet = (seq: number, text = "x") =>
  encodeMedia({
    codec: "Opus24k",
    seq,
    timestamp: seq,
    payload: new TextEncoder().encode(text),
  });

/** A chain of relays with these names. */
export function chain(net: TestNet, ...names: string[]): TestRelay[] {
  const relays = names.map((name) => net.relay(name));
  for (let i = 1; i < relays.length; i++) net.connect(relays[i - 1]!, relays[i]!);
  return relays;
}

/** The counter of drops, without those that did not happen. */
export function drops({ counters: { federationPacketsDropped: family } }: TestRelay) {
  return Object.fromEntries(
    family.values.map((value) => [value, family.get(value)] as const).filter(([, n]) => n > 0),
  );
}

/** The counter of packets, by peer and direction. */
export function forwarded({ counters }: TestRelay) {
  return Object.fromEntries(
    [...counters.federationPacketsForwarded.entries()].map(([labels, n]) => [labels.join(), n]),
  );
}
