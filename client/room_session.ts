/** One participant's connection to a room on a relay: joining, media packets, signals, leaving. */
import type { QualityProfile } from "../proto/codec.ts";
import type { Crypto } from "../proto/crypto_port.ts";
import { echoDatagram } from "../proto/echo_datagram.ts";
import { WireError } from "../proto/errors.ts";
import type { Identity } from "../proto/identity.ts";
import type { PathQuality } from "../proto/quality_report.ts";
import { parseRoomName } from "../proto/room_name.ts";
import type {
  HangupReason,
  KnownSignal,
  RoomParticipant,
  Signal,
  SignalOf,
} from "../proto/signal/mod.ts";
import { formatSocketAddress, type SocketAddress } from "../proto/socket_address.ts";
import type { Clock, Timer } from "../quic/clock.ts";
import type { CloseInfo, Connection, SendResult } from "../quic/port.ts";
import { SignalChannel } from "../quic/signal_channel.ts";
import { EchoMeter } from "./echo_meter.ts";
import { ClientError } from "./errors.ts";
import { farewell } from "./farewell.ts";
import { PathMeter } from "./path_meter.ts";
import { type RelayInfo, roomHandshake } from "./room_handshake.ts";
import type { RoomLink } from "./room_link.ts";
import type { ClientSocket } from "./socket.ts";
import type { Move } from "./voice.ts";

const DIAL_TIMEOUT_MS = 10_000;
/** As long as a relay gives us for our part. */
const HANDSHAKE_TIMEOUT_MS = 15_000;
const MEASURE_EVERY_MS = 500;
/**
 * A relay that sends echoes is lost after so many measurements without a sign of it, 6 s: it sends one as often as
 * we measure and answers ours. They are counted, because time during which we ourselves stood still proves nothing.
 */
const LOST_AFTER_MEASUREMENTS = 12;
/**
 * Signals an original relay never reads. It gives no credit back for their streams, so more than 100 would
 * leave none for the Hangup.
 */
const MAX_UNREAD_SIGNALS = 90;
/** What happens in a room, in order. */
export type RoomEvent =
  /** The first one. */
  | { readonly type: "joined"; readonly relay: RelayInfo }
  /** The complete list, ourselves included. */
  | { readonly type: "participants"; readonly participants: readonly RoomParticipant[] }
  /** The relay wants this profile sent from now on. */
  | { readonly type: "directive"; readonly profile: QualityProfile; readonly reason: string | null }
  /** The relay stops at the deadline, Unix milliseconds; others are `name|addr`. */
  | {
    readonly type: "draining";
    readonly deadlineMs: number;
    readonly relays: readonly string[];
    readonly reason: string | null;
  }
  | { readonly type: "hangup"; readonly reason: HangupReason }
  /** Another relay carries the session from now on. */
  | { readonly type: "moved"; readonly move: Move; readonly relay: RelayInfo }
  /** A message that cannot be understood; the session goes on. */
  | { readonly type: "unreadable"; readonly problem: string }
  /** The last one. */
  | { readonly type: "closed"; readonly info: CloseInfo };

export interface JoinOptions {
  readonly endpoint: ClientSocket;
  readonly address: SocketAddress;
  readonly room: string;
  readonly identity: Identity;
  readonly clock: Clock;
  readonly crypto: Crypto;
  readonly alias?: string;
  readonly token?: string;
  /** SHA-256 of the only certificate that is accepted. */
  readonly pin?: Uint8Array;
  readonly dialTimeoutMs?: number;
  readonly handshakeTimeoutMs?: number;
  /** Ends dialling and the handshake. */
  readonly signal?: AbortSignal;
  /** To the relay's room, if it was dialled before. */
  readonly connection?: Promise<Connection>;
  /** Datagrams other than echoes. Must not throw. */
  readonly onMedia?: (datagram: Uint8Array) => void;
  /**
   * Every 500 ms: measurements in a row without a sign of the relay, 0 where it announces no echoes. Must not
   * throw.
   */
  readonly onMeasure?: (silent: number) => void;
  /** Must not throw. */
  readonly onEvent?: (event: RoomEvent) => void;
}

/** Joins; rejects with `ClientError` or `QuicError`. */
export async function joinRoom(options: JoinOptions): Promise<RoomSession> {
  const { endpoint, address, clock, pin, signal } = options;
  const room = parseRoomName(options.room);
  if (!room.ok) throw new ClientError("usage", `${room.problem}.`);
  const connection = await (options.connection ?? endpoint.dial({
    address,
    serverName: room.name,
    timeoutMs: options.dialTimeoutMs ?? DIAL_TIMEOUT_MS,
    ...(pin === undefined ? {} : { pin }),
    ...(signal && { signal }),
  }));
  const abort = () => connection.close(0, "not wanted any more");
  signal?.addEventListener("abort", abort);
  if (signal?.aborted) abort();
  try {
    const signals = new SignalChannel(connection, { clock });
    const relay = await roomHandshake({
      connection,
      signals,
      clock,
      crypto: options.crypto,
      identity: options.identity,
      alias: options.alias ?? null,
      token: options.token ?? null,
      timeoutMs: options.handshakeTimeoutMs ?? HANDSHAKE_TIMEOUT_MS,
    });
    return new RoomSession({ connection, signals, relay, room: room.name, options });
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

interface Joined {
  readonly connection: Connection;
  readonly signals: SignalChannel;
  readonly relay: RelayInfo;
  readonly room: string;
  readonly options: JoinOptions;
}

export class RoomSession implements RoomLink {
  /** As the relay knows it, lower case. */
  readonly room: string;
  readonly relay: RelayInfo;
  readonly relayAddr: string;
  readonly moves: readonly Move[] = [];
  readonly closed: Promise<CloseInfo>;
  readonly #connection: Connection;
  readonly #signals: SignalChannel;
  readonly #options: JoinOptions;
  readonly #path = new PathMeter();
  /** Null for a relay that announces no echoes, whose silence means nothing. */
  readonly #echo: EchoMeter | null;
  readonly #measuring: Timer;
  /** Measurements since the last sign of the relay. */
  #silent = 0;
  #heardAt: number;
  #lost: CloseInfo | null = null;
  #onSign: (() => void)[] = [];
  #unread = 0;
  #hungUp = false;

  /** Use `joinRoom`. */
  constructor({ connection, signals, relay, room, options }: Joined) {
    this.room = room;
    this.relay = relay;
    this.relayAddr = formatSocketAddress(options.address);
    this.closed = connection.closed.then((info) => this.#lost ?? info);
    this.#connection = connection;
    this.#signals = signals;
    this.#options = options;
    this.#heardAt = options.clock.now();
    this.#echo = relay.caps.includes("echo") ? new EchoMeter() : null;
    this.#measuring = options.clock.every(MEASURE_EVERY_MS, () => this.#measure());
    this.#emit({ type: "joined", relay });
    connection.onDatagram((bytes) => this.#datagram(bytes));
    this.#readSignals();
    this.#measure();
  }

  /** When the relay gave the last sign of itself, as the clock has it. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** How it ended; null while it lasts. */
  get closeInfo(): CloseInfo | null {
    const info = this.#connection.closeInfo;
    return info && (this.#lost ?? info);
  }

  /** Resolves when the relay is heard next, at once where it announces no echoes. Not when it is lost. */
  signOfLife(): Promise<void> {
    if (this.#echo === null) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onSign.push(resolve);
      this.#sendEcho();
    });
  }

  /** Sends a media packet or says why not; never waits. */
  sendMedia(packet: Uint8Array): SendResult {
    return this.#connection.sendDatagram(packet);
  }

  /** Queues a signal; false when it was dropped. Of several waiting ones of a `kind` the newest counts. */
  sendSignal(message: KnownSignal, kind?: string): boolean {
    if (this.relay.original && ++this.#unread > MAX_UNREAD_SIGNALS) return false;
    return this.#signals.send(message, kind);
  }

  /** Loss and round trip to the relay, or null where neither the transport nor the relay lets us measure. */
  quality(): PathQuality | null {
    return this.#path.quality() ?? this.#echo?.quality(this.#options.clock.now()) ?? null;
  }

  /** Tells the relay that the call is over. The session stays open to listen on. */
  hangUp(reason: HangupReason = "Normal"): void {
    if (this.#hungUp) return;
    this.#hungUp = true;
    this.#signals.send({ type: "Hangup", reason, call_id: null });
  }

  /** Hangs up and closes; resolves when both are done, with how the connection ended. */
  async leave(reason?: HangupReason): Promise<CloseInfo> {
    this.hangUp(reason);
    await farewell(this.#connection, this.#signals, this.#options.clock);
    return await this.closed;
  }

  /** Closes now, because the relay is not there any more. */
  abandon(): void {
    this.#giveUp();
  }

  #measure(): void {
    if (this.#echo !== null && ++this.#silent > LOST_AFTER_MEASUREMENTS) return this.#giveUp();
    const stats = this.#connection.pathStats?.() ?? null;
    if (stats !== null) this.#path.add(stats);
    else this.#sendEcho();
    this.#options.onMeasure?.(this.#silent);
  }

  #sendEcho(): void {
    if (this.#echo === null) return;
    this.#connection.sendDatagram(this.#echo.request(this.#options.clock.now()));
  }

  #giveUp(): void {
    if (this.#connection.closeInfo !== null) return;
    this.#lost = { kind: "idle", code: 0, reason: "" };
    this.#connection.close(0, "nothing heard");
  }

  #heard(): void {
    this.#silent = 0;
    this.#heardAt = this.#options.clock.now();
    if (this.#onSign.length === 0) return;
    for (const resolve of this.#onSign.splice(0)) resolve();
  }

  #datagram(bytes: Uint8Array): void {
    this.#heard();
    if (!echoDatagram.matches(bytes)) this.#options.onMedia?.(bytes);
    else if (echoDatagram.isRequest(bytes)) {
      this.#connection.sendDatagram(echoDatagram.replyTo(bytes));
    } else this.#echo?.reply(bytes, this.#options.clock.now());
  }

  async #readSignals(): Promise<void> {
    for (
      let signal = await this.#signals.receive();
      signal !== null;
      signal = await this.#signals.receive()
    ) this.#signal(signal);
    this.#measuring.cancel();
    this.#emit({ type: "closed", info: await this.closed });
  }

  #signal(signal: Signal | WireError): void {
    this.#heard();
    if (signal instanceof WireError) {
      this.#emit({ type: "unreadable", problem: signal.message });
      return;
    }
    switch (signal.type) {
      case "RoomUpdate":
        return this.#emit({ type: "participants", participants: signal.participants });
      case "QualityDirective":
        return this.#emit({
          type: "directive",
          profile: signal.recommended_profile,
          reason: signal.reason,
        });
      case "RelayDraining":
        return this.#emit(draining(signal));
      case "Hangup":
        return this.#emit({ type: "hangup", reason: signal.reason });
      case "Ping":
        this.sendSignal({ type: "Pong", timestamp_ms: signal.timestamp_ms }, "pong");
        return;
      default:
        // Newer relays may say things that mean nothing to us.
        return;
    }
  }

  #emit(event: RoomEvent): void {
    this.#options.onEvent?.(event);
  }
}

function draining({ deadline_ms, relays, reason }: SignalOf<"RelayDraining">): RoomEvent {
  return { type: "draining", deadlineMs: deadline_ms, relays, reason };
}
