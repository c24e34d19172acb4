/** For tests: a relay's `_signal` side in memory that does what the test says. */
import type { KnownSignal, Signal, SignalOf } from "../../proto/signal/mod.ts";
import { WireError } from "../../proto/errors.ts";
import { formatSocketAddress, type SocketAddress } from "../../proto/socket_address.ts";
import type { Clock } from "../../quic/clock.ts";
import { memoryPair } from "../../quic/memory_pair.ts";
import { MemoryTransport } from "../../quic/memory_transport.ts";
import type { Connection, Endpoint } from "../../quic/port.ts";
import { SignalChannel } from "../../quic/signal_channel.ts";

/** One registered client. */
export interface SignalGuest {
  readonly connection: Connection;
  readonly channel: SignalChannel;
  /** Everything it said. */
  readonly heard: Signal[];
}

export class TestingSignalRelay {
  readonly guests: SignalGuest[] = [];
  readonly transport = new MemoryTransport();
  /** What a registration is answered with; null for nothing at all. */
  ack: KnownSignal | null = testingAck();
  reflects = true;
  /** Set it to let it die without a word. */
  deaf = false;
  /** Where clients are seen, one after the other; the last one stays. */
  seen: SocketAddress[] = [{ ip: "127.0.0.1", port: 50_000 }];
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.transport.onDial = ({ serverName }) => {
      const clientAddress = this.seen.length > 1 ? this.seen.shift()! : this.seen[0]!;
      const [client, server] = memoryPair({ serverName, clientAddress });
      this.#serve(server);
      return client;
    };
  }

  endpoint(): Promise<Endpoint> {
    return this.transport.open({ ip: "127.0.0.1", port: 0 });
  }

  /** Tells everybody. */
  say(message: KnownSignal): void {
    for (const { channel } of this.guests) channel.send(message);
  }

  async #serve(connection: Connection): Promise<void> {
    const channel = new SignalChannel(connection, { clock: this.#clock });
    const guest: SignalGuest = { connection, channel, heard: [] };
    this.guests.push(guest);
    for (let next = await channel.receive(); next !== null; next = await channel.receive()) {
      if (next instanceof WireError || this.deaf) continue;
      guest.heard.push(next);
      this.#answer(guest, next);
    }
  }

  #answer({ channel, connection }: SignalGuest, message: Signal): void {
    if (message.type === "RegisterPresence" && this.ack !== null) channel.send(this.ack);
    if (message.type === "Ping") channel.send({ type: "Pong", timestamp_ms: message.timestamp_ms });
    if (message.type !== "Reflect" || !this.reflects) return;
    channel.send({
      type: "ReflectResponse",
      observed_addr: formatSocketAddress(connection.remoteAddress),
    });
  }
}

export function testingAck(
  change: Partial<SignalOf<"RegisterPresenceAck">> = {},
): SignalOf<"RegisterPresenceAck"> {
  return {
    type: "RegisterPresenceAck",
    success: true,
    error: null,
    relay_build: "abc1234",
    relay_region: null,
    available_relays: [],
    ext: null,
    ...change,
  };
}
