/** Direct calls for applications: registers, calls and is called, one call at a time, with its sound. */
import type { Identity } from "../../proto/identity.ts";
import type { HangupReason, SignalOf } from "../../proto/signal/mod.ts";
import { QuicError } from "../../quic/errors.ts";
import type { CloseInfo, Connection } from "../../quic/port.ts";
import { ClientError } from "../errors.ts";
import type { RelayAdvisor } from "../failover/relay_advisor.ts";
import { closeReason } from "../room_handshake.ts";
import { RoomVoice } from "../room_voice.ts";
import { opusModule } from "../sound/opus_module.ts";
import type { SoundSource } from "../sound/source.ts";
import type { SoundSink } from "../sound/voice_receiver.ts";
import type { Voice } from "../voice.ts";
import type { DirectPort } from "./direct_calls.ts";
import type { DirectLink } from "./direct_link.ts";
import { DirectVoice } from "./direct_voice.ts";
import { type MediaTarget, mediaTarget } from "./media_address.ts";
import { MediaRace, type MediaWinner } from "./media_race.ts";
import { NOT_SELECTED, raceRole } from "./path_race.ts";
import {
  type Call,
  type CallEnd,
  type Contact,
  newCallId,
  NO_CONTACT,
  Phone,
  type PhoneEvent,
} from "./phone.ts";
import type { CallClientEvent, MediaPath } from "./call_events.ts";
import { type RegistrationMoved, Registrations } from "./registrations.ts";
import type { SignalEvent, SignalSession, SignalSessionOptions } from "./signal_session.ts";

export interface CallClientOptions extends Omit<SignalSessionOptions, "identity" | "onEvent"> {
  readonly identity: Identity;
  /** What is said in a call; without it we only listen. */
  readonly source?: () => SoundSource;
  /** Where what is heard goes. Must not throw. */
  readonly sink?: SoundSink;
  readonly suppressSilence?: boolean;
  /** Media goes directly where both sides can and trust each other. */
  readonly direct?: DirectPort;
  /** Milliseconds to relays, by `ip:port`: a call is placed where that is best for both. */
  readonly rtts?: () => ReadonlyMap<string, number>;
  /** Says where a call goes on when its relay fails; without one it ends. */
  readonly advisor?: RelayAdvisor;
  /** Must not throw. */
  readonly onEvent?: (event: CallClientEvent) => void;
}

/** A direct connection ends before the Hangup arrives through the relay. */
const HANGUP_WAIT_MS = 5_000;
/** A party that has not come by then may still come, or the relay does not tell. */
const COMPANY_LIMIT_MS = 5_000;

export class CallClient {
  readonly #registrations: Registrations;
  readonly #options: CallClientOptions;
  readonly #phone: Phone;
  /** Where we can be reached, as the other party of the present call was told. */
  #contact: Contact | null = null;
  #peerPin: Uint8Array | null = null;
  #race: MediaRace | null = null;
  #voice: Voice | null = null;
  #problem: string | null = null;
  /** Media on its way up and calls on their way down. */
  readonly #busy = new Set<Promise<void>>();

  /** Registers; rejects with `ClientError` or `QuicError`. */
  static async register(options: CallClientOptions): Promise<CallClient> {
    // Signals can come before the client they are for exists.
    const early: (SignalEvent | RegistrationMoved)[] = [];
    let handle = (event: SignalEvent | RegistrationMoved): void => void early.push(event);
    let busy = () => false;
    // Loading Opus only when somebody answers would be heard as a gap.
    const [registrations] = await Promise.all([
      Registrations.begin({
        ...options,
        onEvent: (event) => handle(event),
        busy: () => busy(),
      }),
      opusModule(),
    ]);
    const client = new CallClient(registrations, options);
    busy = () => client.call !== null;
    handle = (event) => client.#signal(event);
    for (const event of early) handle(event);
    return client;
  }

  private constructor(registrations: Registrations, options: CallClientOptions) {
    const { identity } = options;
    this.#registrations = registrations;
    this.#options = options;
    this.#phone = new Phone({
      ...options,
      fingerprint: identity.fingerprint,
      publicKey: identity.publicKey,
      send: (message) => registrations.send(message),
      onEvent: (event) => this.#phoneEvent(event),
    });
  }

  /** The registration in use; another one takes its place when its relay fails. */
  get session(): SignalSession {
    return this.#registrations.session;
  }

  /** Where it is, `ip:port`. */
  get relayAddr(): string {
    return this.#registrations.addr;
  }

  /** How the last registration ended, when there is none any more. */
  get closed(): Promise<CloseInfo> {
    return this.#registrations.closed;
  }

  /** The call there is. */
  get call(): Call | null {
    return this.#phone.call;
  }

  /** Calls somebody by fingerprint; how it goes is told by events. */
  async place(target: string): Promise<Call> {
    const { clock, crypto } = this.#options;
    const contact = await this.#ownContact();
    const call = this.#phone.place(target, newCallId(clock.wall(), crypto.random(3)), contact);
    this.#contact = contact;
    return call;
  }

  /** Takes an incoming call, if it is still there; `trusted` lets the caller know our addresses. */
  async accept(call: Call, mode: "trusted" | "generic"): Promise<void> {
    if (mode === "generic") return this.#phone.accept(call, null);
    const contact = await this.#ownContact();
    if (this.#phone.call !== call) {
      if (this.#phone.call === null) this.#options.direct?.forget();
      return;
    }
    this.#contact = contact;
    this.#phone.accept(call, contact);
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
    await this.#registrations.leave();
  }

  /** Resolves when no connection of a call is being opened or closed any more. */
  async idle(): Promise<void> {
    while (this.#busy.size > 0) await Promise.all(this.#busy);
  }

  #signal(event: SignalEvent | RegistrationMoved): void {
    if (event.type === "call") return this.#phone.handle(event.signal);
    if (event.type === "registration moved") {
      // The relay we left knew of it, and the new one does not.
      this.#phone.lost();
      return this.#emit({ type: "moved", call: null, move: event.move });
    }
    if (event.type === "closed") this.#phone.lost();
    this.#emit(event);
  }

  #phoneEvent(event: PhoneEvent): void {
    switch (event.type) {
      case "setup":
        this.#registrations.callBegins(event.setup.ext?.relays ?? []);
        return this.#meanwhile(this.#connect(event.call, event.setup));
      case "path":
        return this.#race?.peerReport(event.directOk);
      case "ended":
        this.#registrations.callEnds();
        return this.#meanwhile(this.#ended(event.call, event.end));
      case "incoming":
        this.#peerPin = event.offer.ext?.direct_cert ?? null;
        return this.#emit(event);
      case "answered":
        this.#peerPin = event.answer.ext?.direct_cert ?? null;
        return this.#emit(event);
      default:
        return this.#emit(event);
    }
  }

  /** Without direct calls, or when the relay does not tell where it sees us, there is nothing to tell. */
  async #ownContact(): Promise<Contact> {
    const { direct } = this.#options;
    if (direct === undefined) return NO_CONTACT;
    try {
      return direct.contact(await this.session.reflect());
    } catch (error) {
      if (error instanceof ClientError) return NO_CONTACT;
      throw error;
    }
  }

  #meanwhile(work: Promise<void>): void {
    this.#busy.add(work);
    work.finally(() => this.#busy.delete(work));
  }

  async #connect(call: Call, setup: SignalOf<"CallSetup">): Promise<void> {
    try {
      const winner = await this.#runRace(call, setup);
      if (this.#phone.call !== call) return;
      if (winner?.path === "direct") await this.#talkDirectly(call, setup, winner.link);
      else await this.#talkThroughRelay(call, setup, winner?.connection);
    } catch (error) {
      if (!(error instanceof ClientError || error instanceof QuicError)) throw error;
      this.#fail(call, error.message);
    }
  }

  /** Null when there is none to run, or the call ended first. */
  async #runRace(call: Call, setup: SignalOf<"CallSetup">): Promise<MediaWinner | null> {
    const { clock, direct } = this.#options;
    const { peer_direct_addr: reflexive, peer_local_addrs: locals, room } = setup;
    const role = raceRole(this.#contact?.reflexive ?? null, reflexive);
    if (direct === undefined || role === null) return null;
    const race = new MediaRace({
      clock,
      direct,
      role,
      peer: { reflexive, locals, pin: this.#peerPin },
      room,
      dialRelay: () => this.#dialRelay(setup),
      report: (directOk) =>
        this.#registrations.send({
          type: "MediaPathReport",
          call_id: call.id,
          direct_ok: directOk,
          race_winner: directOk ? "Direct" : "Relay",
        }),
    });
    this.#race = race;
    const winner = await race.winner;
    if (this.#race === race) this.#race = null;
    // A call that ended in this very moment has nobody left to close its winner.
    if (this.#phone.call !== call) race.cancel();
    return winner;
  }

  async #talkDirectly(call: Call, setup: SignalOf<"CallSetup">, link: DirectLink): Promise<void> {
    const voice = await DirectVoice.open({
      link,
      room: setup.room,
      clock: this.#options.clock,
      ...this.#sound(),
    });
    await this.#talk(call, "direct", voice, (info) => {
      // The other side gave up waiting for our report, so it is in the relay's room now.
      if (info.reason === NOT_SELECTED) {
        this.#voice = null;
        this.#meanwhile(voice.leave().then(() => this.#retryRelay(call, setup)));
        return;
      }
      // The Hangup takes the longer way.
      this.#options.clock.after(HANGUP_WAIT_MS, () => this.#fail(call, mediaEnd(info)));
    });
  }

  async #retryRelay(call: Call, setup: SignalOf<"CallSetup">): Promise<void> {
    try {
      await this.#talkThroughRelay(call, setup);
    } catch (error) {
      if (!(error instanceof ClientError || error instanceof QuicError)) throw error;
      this.#fail(call, error.message);
    }
  }

  async #talkThroughRelay(
    call: Call,
    setup: SignalOf<"CallSetup">,
    connection?: Promise<Connection>,
  ): Promise<void> {
    const company = Promise.withResolvers<void>();
    const voice = await this.#joinRelay(call, setup, company.resolve, connection);
    const limit = this.#options.clock.after(COMPANY_LIMIT_MS, company.resolve);
    company.promise.then(() => limit.cancel());
    await this.#talk(
      call,
      "relay",
      voice,
      (info) => this.#fail(call, mediaEnd(info)),
      company.promise,
    );
  }

  async #talk(
    call: Call,
    path: MediaPath,
    voice: Voice,
    onClosed: (info: CloseInfo) => void,
    heard: Promise<void> = Promise.resolve(),
  ): Promise<void> {
    if (this.#phone.call !== call) return await voice.leave();
    this.#voice = voice;
    voice.session.closed.then((info) => {
      if (this.#voice === voice) onClosed(info);
    });
    this.#emit({ type: "media", call, path, voice });
    await Promise.race([heard, voice.session.closed]);
    if (this.#voice === voice) voice.sender?.start();
  }

  get #relay(): MediaTarget {
    const { address, pin } = this.#registrations.target;
    return { address, ...(pin && { pin }) };
  }

  #dialRelay(setup: SignalOf<"CallSetup">): Promise<Connection> {
    const { endpoint } = this.#options;
    return endpoint.dial({ ...mediaTarget(setup, this.#relay, endpoint), serverName: setup.room });
  }

  #sound() {
    const { source, sink, suppressSilence = false } = this.#options;
    return { suppressSilence, ...(sink && { sink }), ...(source && { source: source() }) };
  }

  /** `onCompany` is called when the other party is in the room too: it does not hear what is said before. */
  #joinRelay(
    call: Call,
    setup: SignalOf<"CallSetup">,
    onCompany: () => void,
    connection?: Promise<Connection>,
  ): Promise<Voice> {
    const { advisor, endpoint, identity, clock, crypto, alias, token } = this.#options;
    return RoomVoice.join({
      endpoint,
      ...mediaTarget(setup, this.#relay, endpoint),
      room: setup.room,
      identity,
      clock,
      crypto,
      onEvent: (event) => {
        if (event.type === "participants" && event.participants.length > 1) onCompany();
        if (event.type === "moved") this.#emit({ type: "moved", call, move: event.move });
      },
      ...(advisor && {
        wayOut: {
          advisor,
          relays: setup.ext?.relays ?? [],
          admit: (addr, target) => this.#registrations.admit(addr, target),
        },
      }),
      ...this.#sound(),
      ...(connection && { connection }),
      ...(alias !== undefined && { alias }),
      ...(token !== undefined && { token }),
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
    this.#voice =
      this.#problem =
      this.#contact =
      this.#peerPin =
        null;
    this.#race?.cancel();
    this.#race = null;
    this.#options.direct?.forget();
    await voice?.leave();
    this.#emit({ type: "ended", call, end, voice, problem });
  }

  #emit(event: CallClientEvent): void {
    this.#options.onEvent?.(event);
  }
}

function mediaEnd(info: CloseInfo): string {
  return `the media connection ended: ${closeReason(info)}`;
}
