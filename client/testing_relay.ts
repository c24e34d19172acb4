/** For tests: the smallest relay a client can join. It forwards, and does on request what relays may do. */
import { PROFILES, type QualityProfile } from "../proto/codec.ts";
import type { Crypto } from "../proto/crypto_port.ts";
import { echoDatagram } from "../proto/echo_datagram.ts";
import { signAnswer, verifyOffer } from "../proto/handshake.ts";
import { fingerprintOf, Identity } from "../proto/identity.ts";
import { WireError } from "../proto/errors.ts";
import type { KnownSignal, Signal, SignalOf } from "../proto/signal/mod.ts";
import type { Clock } from "../quic/clock.ts";
import type { Connection, DialOptions, Endpoint } from "../quic/port.ts";
import { type MemoryConnection, memoryPair } from "../quic/memory_pair.ts";
import { SignalChannel } from "../quic/signal_channel.ts";

export interface TestingRelayOptions {
  readonly clock: Clock;
  readonly crypto: Crypto;
  /** Like a relay of the original kind: no `ext`, no echoes, and after the offer it reads no signal. */
  readonly original?: boolean;
  readonly chosenProfile?: QualityProfile;
  /** What it does with an offer. Default: a proper answer. */
  readonly answer?: "proper" | "forged" | "other" | "refuse" | "silence";
  /** Whether this media packet is lost on the way; they are counted from 0. */
  readonly loses?: (packet: number) => boolean;
}

/** One client, as the relay sees it. */
export interface Guest {
  readonly connection: Connection;
  readonly room: string;
  readonly offer: SignalOf<"CallOffer">;
  readonly token: string | null;
  readonly channel: SignalChannel;
  /** Everything it said after its offer. */
  readonly signals: Signal[];
}

export class TestingRelay {
  readonly guests: Guest[] = [];
  /** Media packets received. */
  packets = 0;
  /** Set it to let it die without a word: it takes everything and says nothing. */
  dead = false;
  /** Set it to have nobody let in or told anything. */
  gone = false;
  /** What it names in its answers: where else a room is carried. */
  relays: string[] = [];
  /** Relays that share its rooms. */
  readonly peers: TestingRelay[] = [];
  readonly #options: TestingRelayOptions;
  readonly #identity: Identity;
  #changed: (() => void)[] = [];

  constructor(options: TestingRelayOptions) {
    this.#options = options;
    this.#identity = new Identity(options.crypto, options.crypto.random(32));
  }

  get fingerprint(): string {
    return this.#identity.fingerprint;
  }

  /** Resolves once the condition holds; asked whenever something came in. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#changed.push(resolve));
  }

  /** Tells everybody. */
  send(message: KnownSignal): void {
    for (const { channel } of this.guests) channel.send(message);
  }

  /** An endpoint whose dials end here, without sockets. */
  endpoint(): Endpoint & { readonly dialled: readonly MemoryConnection[] } {
    const dialled: MemoryConnection[] = [];
    return {
      dialled,
      localAddress: { ip: "127.0.0.1", port: 50_000 },
      dial: (options: DialOptions) => {
        const client = this.dial(options);
        dialled.push(client);
        return Promise.resolve(client);
      },
      listen: () => {
        throw new TypeError("This endpoint only dials");
      },
      close: () => Promise.resolve(),
    };
  }

  /** The client's end of a connection that ends here. */
  dial({ serverName }: Pick<DialOptions, "serverName">): MemoryConnection {
    const [client, server] = memoryPair({ serverName });
    this.serve(server);
    return client;
  }

  /** Ends every connection with these words, as a relay that stops does. */
  stop(reason: string): void {
    for (const { connection } of [...this.guests]) connection.close(0, reason);
  }

  /** Answers one client until it goes. Never rejects. */
  async serve(connection: Connection): Promise<void> {
    const { clock, crypto, answer = "proper" } = this.#options;
    const channel = new SignalChannel(connection, { clock });
    let token: string | null = null;
    let signal = await channel.receive();
    if (isSignal(signal) && signal.type === "AuthToken") {
      token = signal.token;
      signal = await channel.receive();
    }
    if (this.gone) return;
    if (!isSignal(signal) || signal.type !== "CallOffer" || !this.#isSigned(signal)) {
      return connection.close(0, "bad handshake");
    }
    if (answer === "refuse") return connection.close(0, "not authorized");
    if (answer === "silence") return;
    if (answer === "other") return void channel.send({ type: "Hold" });
    channel.send(this.#answer(crypto.x25519Public(crypto.random(32)), answer === "forged"));
    const room = connection.serverName ?? "default";
    const guest: Guest = { connection, room, offer: signal, token, channel, signals: [] };
    this.guests.push(guest);
    connection.onDatagram((bytes) => this.#datagram(guest, bytes));
    this.#announce(room);
    if (this.#options.original) await connection.closed;
    else await this.#listen(guest);
    this.guests.splice(this.guests.indexOf(guest), 1);
    this.#announce(room);
  }

  async #listen({ channel, signals }: Guest): Promise<void> {
    for (let next = await channel.receive(); next !== null; next = await channel.receive()) {
      if (isSignal(next)) signals.push(next);
      this.#wake();
    }
  }

  #datagram(from: Guest, bytes: Uint8Array): void {
    if (this.dead) return;
    const { original = false, loses } = this.#options;
    if (echoDatagram.matches(bytes)) {
      if (!original && echoDatagram.isRequest(bytes)) {
        from.connection.sendDatagram(echoDatagram.replyTo(bytes));
      }
      return;
    }
    const packet = this.packets++;
    if (loses?.(packet) !== true) {
      this.#deliver(bytes, from);
      for (const peer of this.peers) if (!peer.dead) peer.#deliver(bytes, from);
    }
    this.#wake();
  }

  #deliver(bytes: Uint8Array, from: Guest): void {
    for (const to of this.guests) {
      if (to !== from && to.room === from.room) to.connection.sendDatagram(bytes);
    }
  }

  #announce(room: string): void {
    for (const relay of [this, ...this.peers]) relay.#tellList(room);
  }

  #tellList(room: string): void {
    if (this.gone) return this.#wake();
    const all = [this, ...this.peers].flatMap((relay) => relay.guests);
    const present = all.filter((guest) => guest.room === room);
    for (const { channel } of this.guests.filter((guest) => guest.room === room)) {
      channel.send({
        type: "RoomUpdate",
        count: present.length,
        participants: present.map(({ offer }) => ({
          fingerprint: fingerprintOf(this.#options.crypto, offer.identity_pub),
          alias: offer.alias,
          relay_label: null,
        })),
      }, "room");
    }
    this.#wake();
  }

  #answer(ephemeral: Uint8Array, forged: boolean): SignalOf<"CallAnswer"> {
    const { original, chosenProfile = PROFILES.GOOD } = this.#options;
    const signature = signAnswer(this.#identity, ephemeral);
    if (forged) signature[0]! ^= 1;
    return {
      type: "CallAnswer",
      identity_pub: this.#identity.publicKey,
      ephemeral_pub: ephemeral,
      signature,
      chosen_profile: chosenProfile,
      ext: original ? null : { v: 1, caps: ["echo", "drain"], rtts: null, relays: this.relays },
    };
  }

  #isSigned({ identity_pub, ephemeral_pub, signature }: SignalOf<"CallOffer">): boolean {
    return verifyOffer(this.#options.crypto, identity_pub, ephemeral_pub, signature);
  }

  #wake(): void {
    for (const wake of this.#changed.splice(0)) wake();
  }
}

function isSignal(signal: Signal | WireError | null): signal is Signal {
  return signal !== null && !(signal instanceof WireError);
}
