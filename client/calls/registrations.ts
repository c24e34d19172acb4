/** Being registered at a relay, and while a call goes on at another one when the first one dies or stops. */
import type { KnownSignal, SignalOf } from "../../proto/signal/mod.ts";
import { formatSocketAddress } from "../../proto/socket_address.ts";
import type { Timer } from "../../quic/clock.ts";
import type { CloseInfo } from "../../quic/port.ts";
import { Itinerary } from "../failover/itinerary.ts";
import type { RelayAdvisor } from "../failover/relay_advisor.ts";
import type { Admission, Target } from "../failover/way_out.ts";
import { firstOf } from "./first_of.ts";
import {
  register,
  type SignalEvent,
  type SignalSession,
  type SignalSessionOptions,
} from "./signal_session.ts";

/** A relay that takes longer to take us does not help. */
const REGISTER_TIMEOUT_MS = 3_000;
/** Between the first tries at several relays, and until all are tried again. */
const STAGGER_MS = 150;
const PAUSE_MS = 500;
/** Relays keep the call of a party whose relay is gone for so long. */
const GIVE_UP_MS = 10_000;
/** Media that goes through the same relay moves first, and takes the registration along. */
const DRAIN_WAIT_MS = 3_000;
/** Nothing else tells soon that a relay is dead which carries signals only. */
const PING_EVERY_MS = 1_000;
const DEAD_AFTER_PINGS = 3;

export interface RegistrationsOptions extends Omit<SignalSessionOptions, "onEvent"> {
  /** Without one the registration ends with its relay. */
  readonly advisor?: RelayAdvisor;
  /** Of the relay in use; `closed` is the last one. Must not throw. */
  readonly onEvent: (event: SignalEvent) => void;
}

export class Registrations {
  /** How the last one ended, when there is none any more. */
  readonly closed: Promise<CloseInfo>;
  readonly #options: RegistrationsOptions;
  #session!: SignalSession;
  #addr: string;
  /** Being made, or made and not yet the one in use. */
  readonly #others = new Map<string, Promise<SignalSession>>();
  /** Where the present call may go on. */
  #itinerary: Itinerary | null = null;
  #pinging: Timer | null = null;
  #unanswered = 0;
  #recovering = false;
  /** Until a relay that stops is left, if no media goes first. */
  #handover: Timer | null = null;
  /** Said while there was nobody to hear it. */
  #unsaid: SignalOf<"Hangup"> | null = null;
  #leaving = false;
  #resolveClosed!: (info: CloseInfo) => void;

  /** Registers; rejects with `ClientError` or `QuicError`. */
  static async begin(options: RegistrationsOptions): Promise<Registrations> {
    const registrations = new Registrations(options);
    // Signals can come before we know the session they came over.
    const early: SignalEvent[] = [];
    let handle = (event: SignalEvent): void => void early.push(event);
    const session = await register({ ...options, onEvent: (event) => handle(event) });
    registrations.#session = session;
    handle = (event) => registrations.#event(session, event);
    for (const event of early) handle(event);
    return registrations;
  }

  private constructor(options: RegistrationsOptions) {
    this.#options = options;
    this.#addr = formatSocketAddress(options.address);
    this.closed = new Promise((resolve) => this.#resolveClosed = resolve);
  }

  /** The one in use. */
  get session(): SignalSession {
    return this.#session;
  }

  /** Where the one in use is. */
  get addr(): string {
    return this.#addr;
  }

  send(message: KnownSignal): boolean {
    const nobodyHears = this.#recovering || this.#session.closeInfo !== null;
    if (message.type === "Hangup" && nobodyHears && this.#itinerary !== null) {
      this.#unsaid = message;
      return true;
    }
    return this.#session.send(message);
  }

  /** A call is set up, which these relays know of. */
  callBegins(relays: readonly string[]): void {
    const { address, advisor, clock, pin } = this.#options;
    if (advisor === undefined || relays.length === 0) return;
    this.#itinerary = new Itinerary({ address, advisor, relays, ...(pin && { pin }) });
    this.#itinerary.arrive(formatSocketAddress(address), []);
    this.#unanswered = 0;
    this.#pinging = clock.every(PING_EVERY_MS, () => this.#ping());
  }

  /** There is no call any more, so nowhere to go. */
  callEnds(): void {
    this.#pinging?.cancel();
    this.#pinging = null;
    this.#endHandover();
    this.#forgetCall();
  }

  /** Registers there as well, so that this relay takes us for the party we are. */
  async admit(addr: string, target: Target): Promise<Admission> {
    if (addr === this.#addr && this.#session.closeInfo === null) {
      return { used: () => {}, unused: () => {} };
    }
    const session = await this.#at(addr, target);
    return {
      used: () => this.#use(addr, session),
      unused: () => this.#drop(addr, session),
    };
  }

  /** Leaves the relay. */
  async leave(): Promise<void> {
    this.#leaving = true;
    this.callEnds();
    for (const other of this.#others.values()) other.then((session) => session.leave(), () => {});
    await this.#session.leave();
  }

  #at(addr: string, { address, pin }: Target): Promise<SignalSession> {
    const known = this.#others.get(addr);
    if (known !== undefined) return known;
    const { pin: _, signal: _signal, ...who } = this.#options;
    const early: SignalEvent[] = [];
    let handle = (event: SignalEvent): void => void early.push(event);
    const registering = register({
      ...who,
      address,
      ...(pin && { pin }),
      dialTimeoutMs: REGISTER_TIMEOUT_MS,
      ackTimeoutMs: REGISTER_TIMEOUT_MS,
      comesOver: true,
      onEvent: (event) => handle(event),
    }).then((session) => {
      handle = (event) => this.#event(session, event);
      for (const event of early) handle(event);
      return session;
    });
    this.#others.set(addr, registering);
    registering.catch(() => this.#others.delete(addr));
    return registering;
  }

  #use(addr: string, session: SignalSession): void {
    if (this.#session === session) return;
    this.#others.delete(addr);
    this.#endHandover();
    this.#session.leave();
    this.#session = session;
    this.#addr = addr;
    this.#unanswered = 0;
    this.#recovering = false;
    if (this.#unsaid !== null) session.send(this.#unsaid);
    this.#unsaid = null;
    this.#forgetCall();
    if (session.closeInfo !== null) this.#lost(session.closeInfo);
  }

  /** Until a Hangup has found its way the call counts. */
  #forgetCall(): void {
    const open = this.#pinging !== null || this.#recovering || this.#unsaid !== null;
    if (!open) this.#itinerary = null;
  }

  #drop(addr: string, session: SignalSession): void {
    if (this.#session === session) return;
    this.#others.delete(addr);
    session.leave();
  }

  #event(session: SignalSession, event: SignalEvent): void {
    if (event.type === "closed") {
      if (session === this.#session) this.#lost(event.info);
      return;
    }
    if (event.type === "draining" && session === this.#session) {
      this.#itinerary?.narrow(event.relays);
      this.#options.advisor?.draining?.(this.#addr);
      // However often it says so.
      this.#handover ??= this.#options.clock.after(DRAIN_WAIT_MS, () => {
        if (session === this.#session && this.#goesOn) this.#recover(null);
      });
    }
    // Of a call: it may be over before the move to this relay is.
    if (session === this.#session || event.type === "call") this.#options.onEvent(event);
  }

  get #goesOn(): boolean {
    return this.#itinerary !== null && !this.#leaving &&
      this.#itinerary.outlook(this.#addr, 0).alternatives.length > 0;
  }

  #lost(info: CloseInfo): void {
    if (this.#recovering) return;
    if (this.#goesOn) this.#recover(info);
    else this.#end(info);
  }

  #end(info: CloseInfo): void {
    this.#unsaid = null;
    this.callEnds();
    this.#resolveClosed(info);
    this.#options.onEvent({ type: "closed", info });
  }

  #endHandover(): void {
    this.#handover?.cancel();
    this.#handover = null;
  }

  /** Looks for a relay that takes us; with `info` the present one is gone. */
  async #recover(info: CloseInfo | null): Promise<void> {
    if (this.#recovering) return;
    this.#recovering = info !== null;
    const { clock } = this.#options;
    const began = clock.now();
    const gone = this.#session;
    while (this.#session === gone && clock.now() - began < GIVE_UP_MS && this.#goesOn) {
      const itinerary = this.#itinerary!;
      const found = await firstOf(
        clock,
        itinerary.outlook(this.#addr, 0).alternatives,
        STAGGER_MS,
        (addr) => this.#at(addr, itinerary.target(addr)),
        (addr, session) => this.#drop(addr, session),
      );
      if (found !== null && this.#session === gone) return this.#use(found.key, found.value);
      await new Promise<void>((resolve) => void clock.after(PAUSE_MS, resolve));
    }
    this.#recovering = false;
    const ended = gone.closeInfo ?? info;
    if (this.#session === gone && ended !== null) this.#end(ended);
  }

  async #ping(): Promise<void> {
    const session = this.#session;
    if (session.closeInfo !== null) return;
    if (++this.#unanswered <= DEAD_AFTER_PINGS) {
      await session.ping(PING_EVERY_MS).then(() => this.#unanswered = 0, () => {});
      return;
    }
    this.#options.advisor?.failed(this.#addr);
    // It is over as soon as we say so: nobody is there to agree.
    session.close();
  }
}
