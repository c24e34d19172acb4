/** A client's `_signal` connection to a relay: registration, call signals, reflexive address, leaving. */
import type { Crypto } from "../../proto/crypto_port.ts";
import { WireError } from "../../proto/errors.ts";
import type { HangupReason, KnownSignal, Signal, SignalOf } from "../../proto/signal/mod.ts";
import { parseSocketAddress, type SocketAddress } from "../../proto/socket_address.ts";
import type { Clock } from "../../quic/clock.ts";
import type { CloseInfo, Connection } from "../../quic/port.ts";
import { SignalChannel } from "../../quic/signal_channel.ts";
import { ClientError } from "../errors.ts";
import { farewell } from "../farewell.ts";
import { closeReason } from "../room_handshake.ts";
import type { ClientSocket } from "../socket.ts";
import { visibleText } from "../visible_text.ts";
import { Expectations } from "./expectations.ts";
import {
  readAck,
  type Registrant,
  registrationMessages,
  type RelayNotice,
} from "./registration.ts";

export const SIGNAL_NAME = "_signal";

const DIAL_TIMEOUT_MS = 10_000;
/** As long as a relay gives us for our part. */
const ACK_TIMEOUT_MS = 10_000;
/** A relay that takes longer to say where it sees us holds up a call. */
export const REFLECT_TIMEOUT_MS = 1_000;
const PING_TIMEOUT_MS = 3_000;

/** Signals that calls are made of. */
export type CallSignal = SignalOf<
  | "CallRinging"
  | "DirectCallOffer"
  | "DirectCallAnswer"
  | "CallSetup"
  | "Hangup"
  | "MediaPathReport"
>;

/** What happens on the connection, in order. */
export type SignalEvent =
  | { readonly type: "call"; readonly signal: CallSignal }
  /** The relay stops at the deadline, Unix milliseconds; others are `name|addr`. */
  | {
    readonly type: "draining";
    readonly deadlineMs: number;
    readonly relays: readonly string[];
    readonly reason: string | null;
  }
  /** A message that cannot be understood; the session goes on. */
  | { readonly type: "unreadable"; readonly problem: string }
  /** The last one. */
  | { readonly type: "closed"; readonly info: CloseInfo };

export interface SignalSessionOptions extends Registrant {
  readonly endpoint: ClientSocket;
  readonly address: SocketAddress;
  readonly clock: Clock;
  readonly crypto: Crypto;
  readonly dialTimeoutMs?: number;
  readonly ackTimeoutMs?: number;
  /** Ends dialling and waiting for the Ack. */
  readonly signal?: AbortSignal;
  /** Must not throw. */
  readonly onEvent?: (event: SignalEvent) => void;
}

/** Registers; rejects with `ClientError` or `QuicError`. */
export async function register(options: SignalSessionOptions): Promise<SignalSession> {
  const { endpoint, address, clock, crypto, pin, signal } = options;
  const connection = await endpoint.dial({
    address,
    serverName: SIGNAL_NAME,
    timeoutMs: options.dialTimeoutMs ?? DIAL_TIMEOUT_MS,
    ...(pin && { pin }),
    ...(signal && { signal }),
  });
  const signals = new SignalChannel(connection, { clock });
  const timeoutMs = options.ackTimeoutMs ?? ACK_TIMEOUT_MS;
  const limit = clock.after(timeoutMs, () => connection.close(0, "no answer in time"));
  const abort = () => connection.close(0, "not wanted any more");
  signal?.addEventListener("abort", abort);
  if (signal?.aborted) abort();
  try {
    for (const message of registrationMessages(options, connection, crypto, clock.wall())) {
      signals.send(message);
    }
    const relay = readAck(await signals.receive(), connection.closeInfo, timeoutMs);
    return new SignalSession(connection, signals, relay, options);
  } catch (error) {
    connection.close(0, "bad answer");
    throw error;
  } finally {
    limit.cancel();
    signal?.removeEventListener("abort", abort);
  }
}

export class SignalSession {
  readonly relay: RelayNotice;
  readonly closed: Promise<CloseInfo>;
  readonly #connection: Connection;
  readonly #signals: SignalChannel;
  readonly #options: SignalSessionOptions;
  readonly #expected: Expectations;

  /** Use `register`. */
  constructor(
    connection: Connection,
    signals: SignalChannel,
    relay: RelayNotice,
    options: SignalSessionOptions,
  ) {
    this.relay = relay;
    this.closed = connection.closed;
    this.#connection = connection;
    this.#signals = signals;
    this.#options = options;
    this.#expected = new Expectations(options.clock);
    this.#read();
  }

  /** How it ended; null while it lasts. */
  get closeInfo(): CloseInfo | null {
    return this.#connection.closeInfo;
  }

  /** Queues a signal; false when it was dropped. Never waits. */
  send(message: KnownSignal): boolean {
    return this.#signals.send(message);
  }

  /** Where the relay sees this connection come from. Rejects with `ClientError`, also when it takes too long. */
  async reflect(timeoutMs = REFLECT_TIMEOUT_MS): Promise<SocketAddress> {
    const answer = this.#expect(
      (signal) => signal.type === "ReflectResponse" ? signal.observed_addr : undefined,
      timeoutMs,
    );
    this.send({ type: "Reflect" });
    const text = await answer;
    const address = parseSocketAddress(text);
    if (address !== null) return address;
    throw new ClientError("refused", `The relay's answer is no address: ${visibleText(text)}.`);
  }

  /** Milliseconds until the relay answered. Rejects with `ClientError`. */
  async ping(timeoutMs = PING_TIMEOUT_MS): Promise<number> {
    const { clock } = this.#options;
    const started = clock.now();
    const timestamp = Math.trunc(clock.wall());
    const answer = this.#expect(
      (signal) => signal.type === "Pong" && signal.timestamp_ms === timestamp ? true : undefined,
      timeoutMs,
    );
    this.send({ type: "Ping", timestamp_ms: timestamp });
    await answer;
    return clock.now() - started;
  }

  /** Ends one call, or without id every call of ours. */
  hangUp(callId: string | null, reason: HangupReason = "Normal"): void {
    this.send({ type: "Hangup", reason, call_id: callId });
  }

  /** Closes once everything said so far has been sent; resolves with how the connection ended. */
  leave(): Promise<CloseInfo> {
    return farewell(this.#connection, this.#signals, this.#options.clock);
  }

  /** Closes now. */
  close(): void {
    this.#connection.close(0, "normal close");
  }

  #expect<T>(take: (signal: Signal) => T | undefined, timeoutMs: number): Promise<T> {
    return this.closeInfo === null
      ? this.#expected.expect(take, timeoutMs)
      : Promise.reject(endedSession(this.closeInfo));
  }

  async #read(): Promise<void> {
    for (
      let signal = await this.#signals.receive();
      signal !== null;
      signal = await this.#signals.receive()
    ) this.#signal(signal);
    const info = await this.closed;
    this.#expected.fail(endedSession(info));
    this.#emit({ type: "closed", info });
  }

  #signal(signal: Signal | WireError): void {
    if (signal instanceof WireError) {
      return this.#emit({ type: "unreadable", problem: signal.message });
    }
    if (this.#expected.offer(signal)) return;
    switch (signal.type) {
      case "CallRinging":
      case "DirectCallOffer":
      case "DirectCallAnswer":
      case "CallSetup":
      case "Hangup":
      case "MediaPathReport":
        return this.#emit({ type: "call", signal });
      case "RelayDraining": {
        const { deadline_ms, relays, reason } = signal;
        return this.#emit({ type: "draining", deadlineMs: deadline_ms, relays, reason });
      }
      case "Ping":
        this.#signals.send({ type: "Pong", timestamp_ms: signal.timestamp_ms }, "pong");
        return;
      default:
        // Answers that came too late, and what newer relays may say.
        return;
    }
  }

  #emit(event: SignalEvent): void {
    this.#options.onEvent?.(event);
  }
}

function endedSession(info: CloseInfo): ClientError {
  return new ClientError("ended", `The relay ended the session: ${closeReason(info)}.`);
}
