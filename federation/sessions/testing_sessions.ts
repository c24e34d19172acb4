/** Relays in memory that make session links with each other for the calls a test says there are. */
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { encodeLinkMedia } from "../../proto/link_datagram.ts";
import { roomHash } from "../../proto/room_hash.ts";
import { formatSocketAddress } from "../../proto/socket_address.ts";
import { QuicError } from "../../quic/errors.ts";
import { ManualClock } from "../../quic/manual_clock.ts";
import { type MemoryConnection, memoryPair } from "../../quic/memory_pair.ts";
import { MemoryTransport } from "../../quic/memory_transport.ts";
import type { Connection, DialOptions } from "../../quic/port.ts";
import { silentLog } from "../../relay/ports/log.ts";
import { createCounters } from "../../relay/ports/testing_counters.ts";
import type { CallRoute } from "../calls/call_route.ts";
import type { Link, RelayKey } from "../link.ts";
import { ProvenNonces } from "../trust/proven_nonces.ts";
import { testAddress, testRelay } from "../trust/testing_relays.ts";
import { CallMedia } from "./call_media.ts";
import { SessionLinks } from "./session_links.ts";

export const [CALLER, CALLEE] = ["a", "b"] as const;
/** Comfort noise, the shortest valid packet there is. */
const PACKET = Uint8Array.of(0x14, 0, 0, 1, 0, 0, 0, 20, 0, 0, 0, 0);

/** Lets everything run that waits for messages only. */
export const settled = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

export class SessionRelay {
  readonly own;
  readonly counters = createCounters();
  /** Links there are besides. */
  readonly links = new Map<RelayKey, Link>();
  readonly routes = new Map<string, CallRoute>();
  readonly datagrams: [from: RelayKey, bytes: Uint8Array][] = [];
  readonly accepted: MemoryConnection[] = [];
  readonly media: CallMedia;
  readonly sessions: SessionLinks;

  private constructor(
    readonly number: number,
    rig: SessionsRig,
    endpoints: ConstructorParameters<typeof SessionLinks>[0]["endpoints"],
  ) {
    this.own = testRelay(number);
    this.sessions = new SessionLinks({
      clock: rig.clock,
      log: silentLog,
      counters: this.counters,
      own: this.own,
      proven: new ProvenNonces(),
      endpoints,
      random: () => 0.5,
      addressOf: (relay) => rig.addresses.get(relay) ?? null,
      labelOf: (relay) => relay.slice(0, 4),
      route: (callId) => this.routes.get(callId) ?? null,
      hasCallWith: (relay) => this.media.hasCallWith(relay),
      onDatagram: (link, bytes) => this.datagrams.push([link.relay, bytes]),
      changed: (callId) => this.media.sessionChanged(callId),
    });
    this.media = new CallMedia({
      find: (relay) => this.links.get(relay) ?? null,
      sessions: this.sessions,
    });
  }

  static async start(rig: SessionsRig, number: number): Promise<SessionRelay> {
    const transport = new MemoryTransport();
    transport.onDial = (options) => rig.dial(number, options);
    const endpoint = await transport.open({ ip: "0.0.0.0", port: 4433 });
    return new SessionRelay(number, rig, [endpoint]);
  }

  get key(): RelayKey {
    return this.own.key;
  }

  /** An accepted call. */
  begin(callId: string, here: CallRoute["here"], peer: SessionRelay, neighbours: RelayKey[]): void {
    const route = { callId, caller: CALLER, callee: CALLEE, here, peer: peer.key, neighbours };
    this.routes.set(callId, route);
    this.media.changed(route);
  }

  end(callId: string): void {
    this.routes.delete(callId);
    this.media.closed(callId);
  }

  /** Media of a call as this relay, or in its name another one, would send it. */
  packet(callId: string, change: { readonly hash?: Uint8Array } = {}): Uint8Array {
    return encodeLinkMedia({
      hopsLeft: 8,
      roomHash: change.hash ?? roomHash(nodeCrypto, `call-${callId}`),
      origin: this.own.certificate.fingerprintBytes.subarray(0, 8),
      sender: 1,
      packet: PACKET,
    });
  }
}

export class SessionsRig {
  readonly clock = new ManualClock();
  readonly addresses = new Map<RelayKey, string>();
  readonly dials: DialOptions[] = [];
  readonly relays = new Map<number, SessionRelay>();
  /** Nobody can be reached. */
  isCut = false;

  static async start(...numbers: number[]): Promise<SessionsRig> {
    const rig = new SessionsRig();
    for (const number of numbers) {
      const relay = await SessionRelay.start(rig, number);
      rig.relays.set(number, relay);
      rig.addresses.set(relay.key, formatSocketAddress(testAddress(number)));
    }
    return rig;
  }

  relay(number: number): SessionRelay {
    return this.relays.get(number)!;
  }

  dial(from: number, options: DialOptions): Connection {
    this.dials.push(options);
    const there = [...this.relays.values()].find(({ number }) =>
      testAddress(number).ip === options.address.ip
    );
    if (there === undefined || this.isCut) throw new QuicError("timeout", "nobody is there");
    if (options.pin?.toHex() !== there.key) throw new QuicError("pin_mismatch", "another one");
    const [client, server] = this.pair(from);
    there.accepted.push(server);
    there.sessions.serve({ id: "c1", name: "_relay", connection: server, log: silentLog });
    return client;
  }

  pair(from: number): [MemoryConnection, MemoryConnection] {
    return memoryPair({ serverName: "_relay", clientAddress: testAddress(from) });
  }

  /** Time passes, in steps small enough for everything to answer in time. */
  async pass(ms: number): Promise<void> {
    await settled();
    for (let left = ms; left > 0; left -= 250) {
      this.clock.advance(Math.min(250, left));
      await settled();
    }
  }

  /** Two relays with a call from the first to the second, over another one. */
  static async talking(callId = "c1"): Promise<[SessionsRig, SessionRelay, SessionRelay]> {
    const rig = await SessionsRig.start(1, 2);
    const [a, b] = [rig.relay(1), rig.relay(2)];
    a.begin(callId, "caller", b, ["hub"]);
    b.begin(callId, "callee", a, ["hub"]);
    return [rig, a, b];
  }
}
