/** Direct calls for applications: registers, calls and is called, one call at a time, with its sound. */
import type { Identity } from "../../proto/identity.ts";
import type { HangupReason, SignalOf } from "../../proto/signal/mod.ts";
import { QuicError } from "../../quic/errors.ts";
import { ClientError } from "../errors.ts";
import { closeReason } from "../room_handshake.ts";
import { RoomVoice } from "../room_voice.ts";
import type { SoundSource } from "../sound/source.ts";
import type { SoundSink } from "../sound/voice_receiver.ts";
import type { Voice } from "../voice.ts";
import { mediaAddress } from "./media_address.ts";
import { type Call, type CallEnd, newCallId, NO_CONTACT, Phone, type PhoneEvent } from "./phone.ts";
import {
  register,
  type SignalEvent,
  type SignalSession,
  type SignalSessionOptions,
} from "./signal_session.ts";

/** What carries the media of a call. */
export type MediaPath = "relay" | "direct";

export interface CallClientOptions extends Omit<SignalSessionOptions, "identity" | "onEvent"> {
  readonly identity: Identity;
  /** What is said in a call; without it we only listen. */
  readonly source?: () => SoundSource;
  /** Where what is heard goes. Must not throw. */
  readonly sink?: SoundSink;
  readonly suppressSilence?: boolean;
  /** Must not throw. */
  readonly onEvent?: (event: CallClientEvent) => void;
}

export type CallClientEvent =
  | Exclude<PhoneEvent, { readonly type: "setup" | "path" | "ended" }>
  /** Sound goes both ways from now on. */
  | {
    readonly type: "media";
    readonly call: Call;
    readonly path: MediaPath;
    readonly voice: Voice;
  }
  /** The last one of a call. */
  | {
    readonly type: "ended";
    readonly call: Call;
    readonly end: CallEnd;
    /** Closed by now; null when it never came to that. */
    readonly voice: Voice | null;
    /** What went wrong with the media, if that ended the call. */
    readonly problem: string | null;
  }
  | Exclude<SignalEvent, { readonly type: "call" }>;

export class CallClient {
  readonly session: SignalSession;
  readonly #options: CallClientOptions;
  readonly #phone: Phone;
  #voice: Voice | null = null;
  #problem: string | null = null;
  /** Media on its way up and calls on their way down. */
  readonly #busy = new Set<Promise<void>>();

  /** Registers; rejects with `ClientError` or `QuicError`. */
  static async register(options: CallClientOptions): Promise<CallClient> {
    // Signals can come before the client they are for exists.
    const early: SignalEvent[] = [];
    let handle = (event: SignalEvent): void => void early.push(event);
    const session = await register({ ...options, onEvent: (event) => handle(event) });
    const client = new CallClient(session, options);
    handle = (event) => client.#signal(event);
    for (const event of early) handle(event);
    return client;
  }

  private constructor(session: SignalSession, options: CallClientOptions) {
    const { alias, clock, identity } = options;
    this.session = session;
    this.#options = options;
    this.#phone = new Phone({
      clock,
      fingerprint: identity.fingerprint,
      publicKey: identity.publicKey,
      ...(alias !== undefined && { alias }),
      send: (message) => session.send(message),
      onEvent: (event) => this.#phoneEvent(event),
    });
  }

  /** The call there is. */
  get call(): Call | null {
    return this.#phone.call;
  }

  /** Calls somebody by fingerprint; how it goes is told by events. */
  place(target: string): Call {
    const { clock, crypto } = this.#options;
    return this.#phone.place(target, newCallId(clock.wall(), crypto.random(3)));
  }

  /** Takes an incoming call, if it is still there; `trusted` lets the caller know our addresses. */
  accept(call: Call, mode: "trusted" | "generic"): void {
    this.#phone.accept(call, mode === "trusted" ? NO_CONTACT : null);
  }

  /** Turns an incoming call away. */
  reject(call: Call): void {
    this.#phone.reject(call);
  }

  /** Ends the call there is. */
  hangUp(reason?: HangupReason): void {
    this.#phone.hangUp(reason);
  }

  /** Hangs up, waits until the call has been told as ended, and leaves the relay. */
  async leave(): Promise<void> {
    this.#phone.hangUp();
    await this.idle();
    await this.session.leave();
  }

  /** Resolves when no connection of a call is being opened or closed any more. */
  async idle(): Promise<void> {
    while (this.#busy.size > 0) await Promise.all(this.#busy);
  }

  #signal(event: SignalEvent): void {
    if (event.type === "call") return this.#phone.handle(event.signal);
    if (event.type === "closed") this.#phone.lost();
    this.#emit(event);
  }

  #phoneEvent(event: PhoneEvent): void {
    switch (event.type) {
      case "setup":
        return this.#meanwhile(this.#connect(event.call, event.setup));
      case "path":
        return;
      case "ended":
        return this.#meanwhile(this.#ended(event.call, event.end));
      default:
        return this.#emit(event);
    }
  }

  #meanwhile(work: Promise<void>): void {
    this.#busy.add(work);
    work.finally(() => this.#busy.delete(work));
  }

  async #connect(call: Call, setup: SignalOf<"CallSetup">): Promise<void> {
    try {
      const voice = await this.#joinRelay(setup);
      if (this.#phone.call !== call) return await voice.leave();
      this.#voice = voice;
      voice.session.closed.then((info) => {
        if (this.#voice === voice) {
          this.#fail(call, `the media connection ended: ${closeReason(info)}`);
        }
      });
      voice.sender?.start();
      this.#emit({ type: "media", call, path: "relay", voice });
    } catch (error) {
      if (!(error instanceof ClientError || error instanceof QuicError)) throw error;
      this.#fail(call, error.message);
    }
  }

  #joinRelay(setup: SignalOf<"CallSetup">): Promise<Voice> {
    const { address, source, ...rest } = this.#options;
    const { endpoint, identity, clock, crypto, alias, token, pin, sink, suppressSilence } = rest;
    return RoomVoice.join({
      endpoint,
      address: mediaAddress(setup.relay_addr, address),
      room: setup.room,
      identity,
      clock,
      crypto,
      suppressSilence: suppressSilence ?? false,
      ...(alias !== undefined && { alias }),
      ...(token !== undefined && { token }),
      ...(pin && { pin }),
      ...(sink && { sink }),
      ...(source && { source: source() }),
    });
  }

  /** The media cannot go on, so the call cannot either. */
  #fail(call: Call, problem: string): void {
    if (this.#phone.call !== call) return;
    this.#problem = problem;
    this.#phone.hangUp("Error");
  }

  async #ended(call: Call, end: CallEnd): Promise<void> {
    const [voice, problem] = [this.#voice, this.#problem];
    this.#voice = this.#problem = null;
    await voice?.leave();
    this.#emit({ type: "ended", call, end, voice, problem });
  }

  #emit(event: CallClientEvent): void {
    this.#options.onEvent?.(event);
  }
}
