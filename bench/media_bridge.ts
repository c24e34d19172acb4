/** The bridge between relays alone, without sockets: CPU per packet beside those of one more local receiver. */
import { cpuUsage } from "node:process";
import { writeU32 } from "../proto/byte_order.ts";
import {
  encodeLinkMedia,
  LINK_HEADER_BYTES,
  MAX_HOPS,
  setHopsLeft,
} from "../proto/link_datagram.ts";
import { encodeMedia } from "../proto/media_packet.ts";
import { nodeCrypto } from "../proto/node_crypto.ts";
import { roomHash } from "../proto/room_hash.ts";
import { systemClock } from "../quic/clock.ts";
import { type Connection, type SendResult, SENT } from "../quic/port.ts";
import { MediaBridge } from "../federation/media/media_bridge.ts";
import type { MediaTarget } from "../federation/media/outlet.ts";
import type { MediaRoom } from "../federation/media/room_routes.ts";
import { createCounters } from "../relay/counters/counters.ts";
import { silentLog } from "../relay/ports/log.ts";
import { FanOut } from "../relay/rooms/fan_out.ts";
import { Observers } from "../relay/rooms/observers.ts";
import { Participant } from "../relay/rooms/participant.ts";
import type { SignalChannel } from "../quic/signal_channel.ts";
import { numberFlag, onlyFlags, spread } from "./rig/figures.ts";

/*
 * Everything but the transport runs as in the relay: checks, rate, counters, observers. Connections and links take each datagram
 * and forget it, so the difference between the rows is the bridge's own. A datagram costs the transport about 8,000 ns.
 */
onlyFlags("rounds", "packets");
const rounds = numberFlag("rounds", 9);
const packets = numberFlag("packets", 100_000);
const LOCALS = 2;
const PAYLOAD_BYTES = 100;

let taken = 0;
const take = (): SendResult => {
  taken += 1;
  return SENT;
};

/** A room with local people, on a relay with links to others. */
class Scene {
  readonly members: Participant[] = [];
  readonly fanOut: FanOut;
  readonly bridge: MediaBridge;
  readonly links: MediaTarget[];
  readonly hash = roomHash(nodeCrypto, "general");
  readonly #speaker: Participant;

  constructor(locals: number, links: number) {
    const observers = new Observers();
    const counters = createCounters();
    const limits = { packetsPerSecond: 1e9, bytesPerSecond: 1e12 };
    this.fanOut = new FanOut({ clock: systemClock, counters, observers }, limits);
    this.links = Array.from({ length: links }, (_, i) => link(i));
    const announced = new Map(this.links.map(({ relay }) => [relay, 1_000_000]));
    const { hash } = this;
    const room: MediaRoom = {
      name: "general",
      hash,
      scoped: false,
      targets: this.links,
      announced,
      revision: 1,
    };
    this.bridge = new MediaBridge({
      clock: systemClock,
      log: silentLog,
      counters,
      crypto: nodeCrypto,
      events: null,
      rooms: {
        observe: (observer) => observers.add(observer),
        list: () => [],
        participants: () => [],
        deliver: (_room, bytes) => this.fanOut.deliver(this.members, bytes),
      },
      routing: { byName: () => room, byHash: () => room, watch: () => () => {} },
      mesh: { linked: () => false, onChange: () => () => {} },
      fingerprint: new Uint8Array(32),
    });
    for (let id = 1; id <= locals; id++) {
      const member = participant(id, this.members);
      this.members.push(member);
      for (const observer of observers.all) observer.joined?.(member);
    }
    this.#speaker = this.members[0]!;
  }

  /** The speaker sends this. */
  speak(packet: Uint8Array): void {
    this.fanOut.receive(this.#speaker, packet);
  }

  /** This comes over the first link. */
  hear(datagram: Uint8Array): void {
    this.bridge.receive(this.links[0]!, datagram);
  }
}

function participant(id: number, members: readonly Participant[]): Participant {
  const connection = { remoteAddress: { ip: "127.0.0.1", port: id }, sendDatagram: take };
  return new Participant(
    id,
    {
      session: `session-${id}`,
      fingerprint: `fp-${id}`,
      alias: null,
      connection: connection as unknown as Connection,
      channel: {} as SignalChannel,
      understands: { drain: false, echo: false },
    },
    { name: "general", members },
    { packetsPerSecond: 1e9, bytesPerSecond: 1e12 },
    0,
  );
}

function link(number: number): MediaTarget {
  const fingerprint = nodeCrypto.sha256(Uint8Array.of(number));
  return {
    relay: fingerprint.toHex(),
    fingerprint,
    label: `peer-${number}`,
    can: () => true,
    sendDatagram: take,
    stale: false,
  };
}

const base = new Scene(LOCALS, 0);
const local = new Scene(LOCALS + 1, 0);
const peer = new Scene(LOCALS, 1);
const peers = new Scene(LOCALS, 5);

const packet = encodeMedia({
  codec: "Opus24k",
  seq: 0,
  timestamp: 0,
  payload: new Uint8Array(PAYLOAD_BYTES),
});
const datagram = encodeLinkMedia({
  hopsLeft: MAX_HOPS,
  roomHash: peer.hash,
  origin: peer.links[0]!.fingerprint.slice(0, 8),
  sender: 1,
  packet,
});
let timestamp = 0;

/** A packet that nobody has seen yet; the same bytes, since nobody here keeps any. */
function fresh(): Uint8Array {
  writeU32(packet, 4, ++timestamp);
  return packet;
}

function freshOfPeer(): Uint8Array {
  writeU32(datagram, LINK_HEADER_BYTES + 4, ++timestamp);
  setHopsLeft(datagram, MAX_HOPS);
  return datagram;
}

const ROWS: readonly (readonly [string, () => void])[] = [
  [`from here to ${LOCALS - 1} local`, () => base.speak(fresh())],
  [`from here to ${LOCALS} local`, () => local.speak(fresh())],
  [`from here to ${LOCALS - 1} local and 1 peer`, () => peer.speak(fresh())],
  [`from here to ${LOCALS - 1} local and 5 peers`, () => peers.speak(fresh())],
  [`from a peer to ${LOCALS} local`, () => peer.hear(freshOfPeer())],
  [`the same and a duplicate`, () => {
    peer.hear(freshOfPeer());
    peer.hear(datagram);
  }],
  [`from a peer to ${LOCALS} local and 4 peers`, () => peers.hear(freshOfPeer())],
];

const figures = ROWS.map(() => [] as number[]);
// The first two rounds compile.
for (let round = -2; round < rounds; round++) {
  for (const [at, [, run]] of ROWS.entries()) {
    const before = cpuUsage();
    for (let i = 0; i < packets; i++) run();
    const { user, system } = cpuUsage(before);
    if (round >= 0) figures[at]!.push((user + system) * 1e3 / packets);
  }
}
console.log(`CPU in ns per packet, median (lowest to highest) of ${rounds} rounds of ${packets}`);
for (const [at, [name]] of ROWS.entries()) {
  console.log(`${name.padEnd(36)}${spread(figures[at]!, 0)}`);
}
console.log(`${taken} datagrams were taken`);
for (const { bridge } of [base, local, peer, peers]) bridge.close();
