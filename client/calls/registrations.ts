/** Being registered at a relay, and at another one when that one dies or stops. */
import type { KnownSignal, SignalOf } from "../../proto/signal/mod.ts";
import { formatSocketAddress } from "../../proto/socket_address.ts";
import type { Timer } from "../../quic/clock.ts";
import type { CloseInfo } from "../../quic/port.ts";
import type { MoveReason } from "../failover/failover_events.ts";
import { Itinerary } from "../failover/itinerary.ts";
import { moveClause } from "../failover/move_clause.ts";
import type { RelayAdvisor } from "../failover/relay_advisor.ts";
import type { Admission, Target } from "../failover/way_out.ts";
import type { Move } from "../voice.ts";
import { type Found, ownWays, searchRelay, thrownOut, type Ways } from "./relay_search.ts";
import { SignOfLife } from "./sign_of_life.ts";
import {
  register,
  type SignalEvent,
  type SignalSession,
  type SignalSessionOptions,
} from "./signal_session.ts";

/** A relay that takes longer to take us does not help. */
const REGISTER_TIMEOUT_MS = 3_000;
/** Relays keep the call of a party whose relay is gone for so long. */
const GIVE_UP_MS = 10_000;
/** Without a call there is nothing to be late for. */
const IDLE_GIVE_UP_MS = 30_000;
/** A late answer is a sign of life all the same; a dead connection ends sooner. */
const ANSWER_LIMIT_MS = 60_000;
/** Media that goes through the same relay moves first, and takes the registration along. */
const DRAIN_WAIT_MS = 3_000;
/** Nothing else tells soon that a relay is dead which carries signals only. */
const PING_EVERY_MS = 1_000;
const DEAD_AFTER_PINGS = 3;

export interface RegistrationsOptions extends Omit<SignalSessionOptions, "onEvent"> {
  /** Without one the registration ends with its relay. */
  readonly advisor?: RelayAdvisor;
  /** Of the relay in use; `closed` is the last one. Must not throw. */
  readonly onEvent: (event: SignalEvent | RegistrationMoved) => void;
  /** Whether there is a call, set up or not. */
  readonly busy: () => boolean;
}

/** Another relay has us from now on. */
export interface RegistrationMoved {
  readonly type: "registration moved";
  readonly move: Move;
}

export class Registrations {
  /** How the last one ended, when there is none any more. */
  readonly closed: Promise<CloseInfo>;
  readonly #options: RegistrationsOptions;
  #session: SignalSession;
  #addr: string;
  #target: Target;
  readonly #life: SignOfLife;
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
  /** Looking for a relay although there is no call. */
  #searching = false;
  #draining = false;
  #leaving = false;
  #resolveClosed!: (info: CloseInfo) => void;

  /** Registers; rejects with `ClientError` or `QuicError`. */
  static async begin(options: RegistrationsOptions): Promise<Registrations> {
    // Signals can come before we know the session they came over.
    const early: SignalEvent[] = [];
    let handle = (event: SignalEvent): void => void early.push(event);
    const session = await register({ ...options, onEvent: (event) => handle(event) });
    const registrations = new Registrations(options, session);
    handle = (event) => registrations.#event(session, event);
    for (const event of early) handle(event);
    return registrations;
  }

  private constructor(options: RegistrationsOptions, session: SignalSession) {
    const { address, clock, pin = null } = options;
    this.#options = options;
    this.#session = session;
    this.#addr = formatSocketAddress(address);
    this.#target = { address, pin };
    this.#life = new SignOfLife({
      clock,
      wanted: () => this.#idle && this.#session.closeInfo === null && this.#ways().size > 0,
      ask: () => this.#session.ping(ANSWER_LIMIT_MS),
      onSilent: () => this.#search("silent"),
    });
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

  /** How it is reached. */
  get target(): Target {
    return this.#target;
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
    const { advisor, clock, endpoint } = this.#options;
    if (advisor === undefined || relays.length === 0) return;
    const { address, pin } = this.#target;
    this.#itinerary = new Itinerary({ endpoint, address, advisor, relays, ...(pin && { pin }) });
    this.#itinerary.arrive(this.#addr, []);
    this.#unanswered = 0;
    this.#pinging = clock.every(PING_EVERY_MS, () => this.#ping());
  }

  /** There is no call any more, so nowhere to go. */
  callEnds(): void {
    this.#pinging?.cancel();
    this.#pinging = null;
    this.#endHandover();
    this.#forgetCall();
    if (this.#draining) this.#search("draining");
  }

  /** Registers there as well, so that this relay takes us for the party we are. */
  async admit(addr: string, target: Target): Promise<Admission> {
    if (addr === this.#addr && this.#session.closeInfo === null) {
      return { used: () => {}, unused: () => {} };
    }
    const session = await this.#at(addr, target);
    return {
      used: () => this.#use(addr, session, target),
      unused: () => this.#drop(addr, session),
    };
  }

  /** Leaves the relay. */
  async leave(): Promise<void> {
    this.#finish();
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
      comesOver: this.#itinerary !== null,
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

  #use(addr: string, session: SignalSession, target: Target): void {
    if (this.#session === session) return;
    this.#others.delete(addr);
    this.#endHandover();
    this.#session.leave();
    this.#session = session;
    this.#addr = addr;
    this.#target = target;
    this.#unanswered = 0;
    this.#recovering = false;
    this.#draining = false;
    this.#life.heard();
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
    if (session === this.#session) this.#life.heard();
    if (event.type === "draining" && session === this.#session) {
      this.#draining = true;
      this.#itinerary?.narrow(event.relays);
      this.#options.advisor?.draining?.(this.#addr);
      this.#search("draining");
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
    if (this.#recovering || this.#searching) return;
    if (this.#goesOn) this.#recover(info);
    else if (thrownOut(info) || this.#ways().size === 0) this.#end(info);
    else this.#search(this.#draining ? "draining" : "closed");
  }

  #end(info: CloseInfo): void {
    this.#unsaid = null;
    this.#finish();
    this.#resolveClosed(info);
    this.#options.onEvent({ type: "closed", info });
  }

  #finish(): void {
    this.#leaving = true;
    this.#life.stop();
    this.callEnds();
  }

  #endHandover(): void {
    this.#handover?.cancel();
    this.#handover = null;
  }

  /** Looks for a relay that takes us and knows the call; with `info` the present one is gone. */
  async #recover(info: CloseInfo | null): Promise<void> {
    if (this.#recovering) return;
    this.#recovering = info !== null;
    const gone = this.#session;
    const found = await searchRelay({
      clock: this.#options.clock,
      giveUpMs: GIVE_UP_MS,
      ways: () => this.#callWays(this.#itinerary!),
      needed: () => this.#session === gone && this.#goesOn,
      attempt: (addr, target) => this.#at(addr, target),
      drop: (addr, session) => this.#drop(addr, session),
    });
    if (found !== null) return this.#use(found.addr, found.value, found.target);
    this.#recovering = false;
    const ended = gone.closeInfo ?? info;
    if (this.#session === gone && ended !== null) this.#end(ended);
  }

  #callWays(itinerary: Itinerary): Ways {
    const { alternatives } = itinerary.outlook(this.#addr, 0);
    return new Map(alternatives.map((addr) => [addr, itinerary.target(addr)]));
  }

  /** Nobody talks, so any relay will do. */
  get #idle(): boolean {
    return this.#itinerary === null && !this.#leaving && !this.#options.busy();
  }

  /** Where the user would have us, whatever the present relay names. */
  #ways(): Ways {
    const { advisor, endpoint, pin } = this.#options;
    if (advisor === undefined || this.#leaving) return new Map();
    const ways = ownWays({
      advisor,
      endpoint,
      pinned: pin !== undefined,
      allowed: (addr) => addr !== this.#addr,
    });
    // It may have been started again meanwhile.
    const again = this.#session.closeInfo !== null && !this.#draining && ways.size > 0;
    return again ? new Map([...ways, [this.#addr, this.#target]]) : ways;
  }

  /** Looks for any relay of the user's choice; the present one is left when another one has us. */
  async #search(reason: MoveReason): Promise<void> {
    const gone = this.#session;
    if (this.#searching || this.#leaving || gone.closeInfo === null && !this.#idle) return;
    this.#searching = true;
    const { advisor, clock } = this.#options;
    if (reason !== "draining") advisor?.failed(this.#addr);
    const wanted = () => this.#idle && (this.#draining || this.#life.silent);
    const found = await searchRelay({
      clock,
      giveUpMs: IDLE_GIVE_UP_MS,
      ways: () => this.#ways(),
      needed: () =>
        this.#session === gone && !this.#leaving &&
        (gone.closeInfo === null ? wanted() : !thrownOut(gone.closeInfo)),
      attempt: (addr, target) => this.#at(addr, target),
      drop: (addr, session) => this.#drop(addr, session),
      failed: (addr) => advisor?.failed(addr),
    });
    this.#searching = false;
    if (found !== null) return this.#moveTo(found, reason);
    if (this.#session === gone && gone.closeInfo !== null) this.#end(gone.closeInfo);
  }

  #moveTo({ addr, value, target }: Found<SignalSession>, reason: MoveReason): void {
    const { advisor, clock, onEvent } = this.#options;
    const there = reason === "draining" && this.#session.closeInfo === null;
    const move: Move = {
      from: this.#addr,
      to: addr,
      reason,
      because: moveClause(reason, null, addr),
      atMs: clock.wall(),
      gapMs: there ? 0 : clock.now() - this.#life.heardAt,
    };
    this.#use(addr, value, target);
    // Who advises holds that we are where we ask from.
    advisor?.better(addr);
    onEvent({ type: "registration moved", move });
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
