/** A small client of a relay's `_signal` and `_probe` services, which takes every message in its order. */
import assert from "node:assert/strict";
import { WireError } from "../../proto/errors.ts";
import { Identity } from "../../proto/identity.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { signPresence } from "../../proto/presence_signature.ts";
import type { KnownSignal, Signal, SignalOf, SignalType } from "../../proto/signal/mod.ts";
import { systemClock } from "../../quic/clock.ts";
import type { Connection } from "../../quic/port.ts";
import { SignalChannel } from "../../quic/signal_channel.ts";
import { answer, offer } from "../../relay/calls/testing_rig.ts";
import type { TestClients } from "./test_client.ts";

export interface SignalClientOptions {
  /** Random by default. */
  readonly seed?: Uint8Array;
  readonly alias?: string;
  readonly token?: string;
  /** Announced in `ext`; without it and without a signature the client sends none, like an original. */
  readonly caps?: readonly string[];
  /** Signs its registration for the relay with this TLS fingerprint, 32 bytes. */
  readonly signedFor?: Uint8Array;
}

type Mode = SignalOf<"DirectCallAnswer">["accept_mode"];

/** How a client without an identity registers. */
export const NOBODY = new Uint8Array(32);

export class SignalClient {
  readonly connection: Connection;
  readonly identity: Identity;
  readonly #channel: SignalChannel;
  readonly #options: SignalClientOptions;
  #pings = 0;

  constructor(connection: Connection, options: SignalClientOptions = {}) {
    this.connection = connection;
    this.#options = options;
    this.identity = new Identity(nodeCrypto, options.seed ?? nodeCrypto.random(32));
    this.#channel = new SignalChannel(connection, { clock: systemClock });
  }

  /** A client that is connected and has said nothing yet. */
  static async dial(
    clients: TestClients,
    options: SignalClientOptions = {},
    service = "_signal",
  ): Promise<SignalClient> {
    return new SignalClient(await clients.connect(service), options);
  }

  /** A registered client. */
  static async register(
    clients: TestClients,
    options: SignalClientOptions = {},
  ): Promise<SignalClient> {
    const client = await SignalClient.dial(clients, options);
    const { success, error } = await client.register();
    assert.ok(success, `Not registered: ${error}`);
    return client;
  }

  get fingerprint(): string {
    return this.identity.fingerprint;
  }

  /** Sends token and registration at once and takes the answer, which must be the relay's first stream. */
  async register(
    message: SignalOf<"RegisterPresence"> = this.registration(),
  ): Promise<SignalOf<"RegisterPresenceAck">> {
    const { token } = this.#options;
    if (token !== undefined) this.say({ type: "AuthToken", token });
    this.say(message);
    return await this.take("RegisterPresenceAck");
  }

  registration(): SignalOf<"RegisterPresence"> {
    const { alias = null, caps = [], signedFor } = this.#options;
    const proof = signedFor === undefined
      ? null
      : signPresence(nodeCrypto, this.identity, signedFor, Date.now());
    const announced = proof === null ? caps : ["signed", ...caps];
    return {
      type: "RegisterPresence",
      identity_pub: this.identity.publicKey,
      signature: proof?.signature ?? new Uint8Array(0),
      alias,
      ext: announced.length === 0 ? null : {
        v: 1,
        caps: announced,
        issued_at: proof?.claim.issuedAt ?? null,
        nonce: proof?.claim.nonce ?? null,
      },
    };
  }

  say(message: KnownSignal): void {
    assert.ok(this.#channel.send(message), `${message.type} could not be sent`);
  }

  /** Offers a call as original clients do. */
  call(
    target: string,
    call_id: string,
    more: Partial<SignalOf<"DirectCallOffer">> = {},
  ): void {
    this.say(offer(this.fingerprint, target, { call_id, ...more }));
  }

  answer(
    call_id: string,
    mode: Mode,
    more: Partial<SignalOf<"DirectCallAnswer">> = {},
  ): void {
    this.say(answer(mode, { call_id, ...more }));
  }

  hangUp(call_id: string | null = null): void {
    this.say({ type: "Hangup", reason: "Normal", call_id });
  }

  /** The next message; rejects with the reason when the connection was closed. */
  async next(): Promise<Signal> {
    const signal = await this.#channel.receive();
    if (signal instanceof WireError) throw signal;
    if (signal === null) throw new Error((await this.connection.closed).reason);
    return signal;
  }

  /** The next message, which must be of this type. */
  async take<K extends SignalType>(type: K): Promise<SignalOf<K>> {
    const signal = await this.next();
    assert.equal(signal.type, type, JSON.stringify(signal));
    return signal as SignalOf<K>;
  }

  /** The relay has done everything it was asked before, and has sent nothing that was not taken. */
  async nothingMore(): Promise<void> {
    const timestamp_ms = ++this.#pings;
    this.say({ type: "Ping", timestamp_ms });
    assert.deepEqual(await this.next(), { type: "Pong", timestamp_ms });
  }

  leave(): void {
    this.connection.close(0, "normal close");
  }
}
