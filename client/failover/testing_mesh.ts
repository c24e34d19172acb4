/** For tests: relays in memory that share their rooms, each at an address of its own, and people who may move among them. */
import { Identity } from "../../proto/identity.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { formatSocketAddress, type SocketAddress } from "../../proto/socket_address.ts";
import { ManualClock } from "../../quic/manual_clock.ts";
import { MemoryTransport } from "../../quic/memory_transport.ts";
import type { Connection, DialOptions } from "../../quic/port.ts";
import { RoomVoice, type RoomVoiceOptions } from "../room_voice.ts";
import type { ClientSocket } from "../socket.ts";
import type { Codec } from "../sound/codec.ts";
import type { Tier } from "../sound/tier.ts";
import { TestingRelay } from "../testing_relay.ts";
import { FixedAdvisor } from "./fixed_advisor.ts";

/** Lets everything that waits for nothing but other promises happen. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

export class TestingMesh {
  readonly clock = new ManualClock();
  readonly relays: readonly TestingRelay[];
  readonly addresses: readonly SocketAddress[];
  readonly endpoint: ClientSocket;
  /** Answers dials for `_signal` at a relay. */
  dialSignals: (relay: number, options: DialOptions) => Connection | Promise<Connection> = () => {
    throw new TypeError("Nobody registers in this test");
  };

  private constructor(ips: readonly string[], endpoint: ClientSocket, transport: MemoryTransport) {
    this.endpoint = endpoint;
    this.relays = ips.map(() => new TestingRelay({ clock: this.clock, crypto: nodeCrypto }));
    this.addresses = ips.map((ip) => ({ ip, port: 4433 }));
    for (const relay of this.relays) {
      relay.peers.push(...this.relays.filter((other) => other !== relay));
      relay.relays = this.#names(relay.peers);
    }
    transport.onDial = (options) => {
      const at = this.addresses.findIndex(({ ip }) => ip === options.address.ip);
      if (options.serverName === "_signal") return this.dialSignals(at, options);
      const connection = this.relays[at]!.dial(options);
      options.signal?.addEventListener("abort", () => connection.close(0, "aborted"));
      return connection;
    };
  }

  /** So many relays at IPv4 addresses, or one at each of these. Sockets reach both families. */
  static async make(where: number | readonly string[]): Promise<TestingMesh> {
    const ips = typeof where === "number"
      ? Array.from({ length: where }, (_, i) => `192.0.2.${i + 1}`)
      : where;
    const transport = new MemoryTransport();
    const endpoint = await transport.open({ ip: "::", port: 0 });
    const reaches = () => true;
    return new TestingMesh(ips, Object.assign(endpoint, { reaches }), transport);
  }

  addr(relay: number): string {
    return formatSocketAddress(this.addresses[relay]!);
  }

  /** Its machine loses power. */
  kill(number: number): void {
    const relay = this.relays[number]!;
    relay.dead = relay.gone = true;
  }

  /** The operator stops it: everybody there is told where else to go. */
  drain(number: number): void {
    const relay = this.relays[number]!;
    relay.send({
      type: "RelayDraining",
      deadline_ms: 30_000,
      relays: this.#names(relay.peers),
      reason: null,
    });
  }

  /** Somebody new, who moves. */
  join(relay: number, more: Partial<RoomVoiceOptions> = {}): Promise<RoomVoice> {
    return RoomVoice.join({
      endpoint: this.endpoint,
      address: this.addresses[relay]!,
      room: "general",
      identity: new Identity(nodeCrypto, nodeCrypto.random(32)),
      clock: this.clock,
      crypto: nodeCrypto,
      wayOut: { advisor: new FixedAdvisor() },
      openCodec: (tier) => Promise.resolve(new FlatCodec(tier)),
      ...more,
    });
  }

  /** Lets time pass in small steps. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 50) {
      this.clock.advance(Math.min(50, left));
      await settle();
    }
  }

  /** Everybody goes. */
  async leave(...voices: RoomVoice[]): Promise<void> {
    const left = Promise.all(voices.map((voice) => voice.leave()));
    await this.pass(2_500);
    await left;
  }

  #names(relays: readonly TestingRelay[]): string[] {
    return relays.map((relay) => `relay|${this.addr(this.relays.indexOf(relay))}`);
  }
}

/** Says nothing in few bytes, and fast. */
class FlatCodec implements Codec {
  constructor(public tier: Tier) {}

  setTier(tier: Tier): void {
    this.tier = tier;
  }

  encode(): Uint8Array {
    return Uint8Array.of(1, 2, 3);
  }

  decode(): Int16Array {
    return new Int16Array(this.tier.samples);
  }

  conceal(samples: number): Int16Array {
    return new Int16Array(samples);
  }

  close(): void {}
}
