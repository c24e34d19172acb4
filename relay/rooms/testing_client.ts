/** A small client for tests: joins a room over any connection, collects what it gets, answers echoes. */
import { PROFILES, type QualityProfile } from "../../proto/codec.ts";
import { echoDatagram } from "../../proto/echo_datagram.ts";
import { WireError } from "../../proto/errors.ts";
import { signOffer, verifyAnswer } from "../../proto/handshake.ts";
import { Identity } from "../../proto/identity.ts";
import { seqOf } from "../../proto/media_header.ts";
import { encodeMedia } from "../../proto/media_packet.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import {
  decodeSignal,
  FrameReader,
  type Signal,
  type SignalOf,
  type SignalType,
} from "../../proto/signal/mod.ts";
import { type Clock, systemClock } from "../../quic/clock.ts";
import type { Connection, SendResult } from "../../quic/port.ts";
import { SignalChannel } from "../../quic/signal_channel.ts";

export interface TestClientOptions {
  readonly clock?: Clock;
  /** Random by default. */
  readonly seed?: Uint8Array;
  readonly alias?: string | null;
  readonly token?: string;
  readonly profiles?: readonly QualityProfile[];
  /** Announced in `ext`; without it the client sends none, like an original. */
  readonly caps?: readonly string[];
  /** Signals it reads after its CallAnswer; none is what the original's command line client reads. Default: all. */
  readonly readsSignals?: number;
}

export class TestClient {
  readonly connection: Connection;
  readonly identity: Identity;
  readonly channel: SignalChannel;
  /** Media packets, in the order they came. */
  readonly packets: Uint8Array[] = [];
  /** Signals after the CallAnswer. */
  readonly signals: Signal[] = [];
  readonly #options: TestClientOptions;
  readonly #waiting = new Set<() => void>();

  constructor(connection: Connection, options: TestClientOptions = {}) {
    const { clock = systemClock, seed = nodeCrypto.random(32) } = options;
    this.connection = connection;
    this.#options = options;
    this.identity = new Identity(nodeCrypto, seed);
    this.channel = new SignalChannel(connection, { clock });
    const answersEchoes = options.caps?.includes("echo") ?? false;
    connection.onDatagram((bytes) => {
      if (!echoDatagram.matches(bytes)) this.packets.push(bytes);
      else if (answersEchoes && echoDatagram.isRequest(bytes)) {
        connection.sendDatagram(echoDatagram.replyTo(bytes));
      }
      this.#wake();
    });
    connection.closed.then(() => this.#wake());
  }

  /** Sends token and offer at once and takes the answer, which must be the first stream of the relay. A refusal rejects with its reason. */
  async join(): Promise<SignalOf<"CallAnswer">> {
    const { token } = this.#options;
    if (token !== undefined) this.channel.send({ type: "AuthToken", token });
    this.channel.send(this.offer());
    const answer = this.#options.readsSignals === 0
      ? await readOne(this.connection)
      : await this.channel.receive();
    if (answer === null || answer instanceof WireError || answer.type !== "CallAnswer") {
      if (answer instanceof WireError) throw answer;
      throw new Error(answer?.type ?? (await this.connection.closed).reason);
    }
    const { identity_pub, ephemeral_pub, signature } = answer;
    if (!verifyAnswer(nodeCrypto, identity_pub, ephemeral_pub, signature)) {
      throw new Error("The signature of the CallAnswer does not fit");
    }
    this.#readSignals(this.#options.readsSignals ?? Infinity);
    return answer;
  }

  /** A CallOffer of this client, signed. */
  offer(): SignalOf<"CallOffer"> {
    const { alias = null, caps, profiles = [PROFILES.GOOD] } = this.#options;
    const ephemeral = nodeCrypto.x25519Public(nodeCrypto.random(32));
    return {
      type: "CallOffer",
      identity_pub: this.identity.publicKey,
      ephemeral_pub: ephemeral,
      signature: signOffer(this.identity, ephemeral),
      supported_profiles: profiles,
      alias,
      ext: caps === undefined ? null : { v: 1, caps, rtts: null },
    };
  }

  /** Sends a media packet. */
  speak(seq: number, payload: Uint8Array = new Uint8Array(60)): SendResult {
    return this.connection.sendDatagram(
      encodeMedia({ codec: "Opus24k", seq, timestamp: 20 * seq, payload }),
    );
  }

  /** Sequence numbers of the packets that came. */
  get heard(): number[] {
    return this.packets.map((packet) => seqOf(packet));
  }

  /** The latest RoomUpdate, or null. */
  get room(): SignalOf<"RoomUpdate"> | null {
    return this.received("RoomUpdate").at(-1) ?? null;
  }

  /** All signals of a type that came. */
  received<K extends SignalType>(type: K): SignalOf<K>[] {
    return this.signals.filter((signal): signal is SignalOf<K> => signal.type === type);
  }

  /** Waits until this holds, asking again whenever something comes or the connection closes. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.connection.closeInfo !== null) {
        throw new Error(`Closed while waiting: ${this.connection.closeInfo.reason}`);
      }
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /** Waits until a RoomUpdate lists so many. */
  inRoomOf(count: number): Promise<void> {
    return this.until(() => this.room?.count === count);
  }

  leave(): void {
    this.connection.close(0, "normal close");
  }

  async #readSignals(count: number): Promise<void> {
    for (let read = 0; read < count; read++) {
      const signal = await this.channel.receive();
      if (signal === null) return;
      if (!(signal instanceof WireError)) this.signals.push(signal);
      this.#wake();
    }
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

/** Reads one message and no stream beyond it: our own channel would take in some ahead. */
async function readOne(connection: Connection): Promise<Signal | null> {
  const stream = await connection.acceptBidi();
  if (stream === null) return null;
  stream.send.finish().catch(() => {});
  const reader = new FrameReader();
  for (let part = await stream.receive.read(); part !== null; part = await stream.receive.read()) {
    const body = reader.push(part);
    if (body === null) continue;
    stream.receive.stop(0);
    return decodeSignal(body);
  }
  return null;
}
