/** Being in a room over one relay after the other: carries out what failover decides, and hides it from who talks. */
import type { PathQuality } from "../../proto/quality_report.ts";
import type { HangupReason, KnownSignal } from "../../proto/signal/mod.ts";
import { formatSocketAddress } from "../../proto/socket_address.ts";
import type { Timer } from "../../quic/clock.ts";
import { CLOSED, type CloseInfo, QUEUE_FULL, type SendResult } from "../../quic/port.ts";
import type { RelayInfo } from "../room_handshake.ts";
import type { RoomLink } from "../room_link.ts";
import { type JoinOptions, joinRoom, type RoomEvent, type RoomSession } from "../room_session.ts";
import type { Move } from "../voice.ts";
import { Failover } from "./failover.ts";
import type { Decision, FailoverEvent, MoveReason } from "./failover_events.ts";
import { Itinerary } from "./itinerary.ts";
import { Member } from "./member.ts";
import { moveClause } from "./move_clause.ts";
import { NewsFilter } from "./news_filter.ts";
import type { RelayAdvisor } from "./relay_advisor.ts";
import type { Target, WayOut } from "./way_out.ts";

/** A relay that takes longer to let us in does not help. */
const DIAL_TIMEOUT_MS = 3_000;
const HANDSHAKE_TIMEOUT_MS = 3_000;
/** Relays say so when they stop; other words of a relay that closes are meant for us. */
const STOPS: readonly string[] = ["shutdown", "draining", "internal error"];

export interface MovingOptions extends Omit<JoinOptions, "onMeasure"> {
  readonly wayOut: WayOut;
}

export class MovingSession implements RoomLink {
  readonly closed: Promise<CloseInfo>;
  readonly #options: MovingOptions;
  readonly #advisor: RelayAdvisor;
  readonly #failover: Failover;
  readonly #itinerary: Itinerary;
  readonly #news: NewsFilter;
  /** Sessions that are open or being opened, by their number. */
  readonly #members = new Map<number, Member>();
  readonly #moves: Move[] = [];
  /** The one that sends; the last one while there is none. */
  #present: Member;
  #relay!: RelayInfo;
  #room = "";
  #closeInfo: CloseInfo | null = null;
  #resolveClosed!: (info: CloseInfo) => void;
  #wakeUp: Timer | null = null;
  /** Advice that changes because of what we do is looked at afterwards. */
  #busy = false;
  #lookAgain = false;
  #stopAdvice = () => {};
  #onMove: (() => void)[] = [];

  /** Joins; rejects with `ClientError` or `QuicError` when the first relay does not take us. */
  static async join(options: MovingOptions): Promise<MovingSession> {
    const moving = new MovingSession(options);
    await moving.#enter(moving.#present, options);
    moving.#stopAdvice = options.wayOut.advisor.onChange(() => moving.#look());
    return moving;
  }

  private constructor(options: MovingOptions) {
    const addr = formatSocketAddress(options.address);
    this.#options = options;
    this.#advisor = options.wayOut.advisor;
    this.#failover = new Failover(addr);
    this.#itinerary = new Itinerary({ ...options, ...options.wayOut });
    this.#news = new NewsFilter(options.crypto);
    this.#present = new Member(0, addr);
    this.#members.set(0, this.#present);
    this.closed = new Promise((resolve) => this.#resolveClosed = resolve);
  }

  get room(): string {
    return this.#room;
  }

  get relay(): RelayInfo {
    return this.#relay;
  }

  get relayAddr(): string {
    return this.#present.addr;
  }

  get moves(): readonly Move[] {
    return this.#moves;
  }

  get closeInfo(): CloseInfo | null {
    return this.#closeInfo;
  }

  quality(): PathQuality | null {
    return this.#session?.quality() ?? null;
  }

  async signOfLife(): Promise<void> {
    for (;;) {
      const session = this.#session;
      const moved = new Promise<void>((resolve) => this.#onMove.push(resolve));
      await Promise.race([moved, ...session ? [session.signOfLife()] : []]);
      if (session !== null && session === this.#session) return;
    }
  }

  sendMedia(packet: Uint8Array): SendResult {
    if (this.#closeInfo !== null) return CLOSED;
    this.#news.sent(packet, this.#options.clock.now());
    const result = this.#session?.sendMedia(packet) ?? QUEUE_FULL;
    // Whoever sends stops at CLOSED, and this is not the end.
    return result === CLOSED ? QUEUE_FULL : result;
  }

  sendSignal(message: KnownSignal, kind?: string): boolean {
    return this.#session?.sendSignal(message, kind) ?? false;
  }

  hangUp(reason?: HangupReason): void {
    this.#session?.hangUp(reason);
    this.#run(this.#failover.end());
    if (this.#session === null) this.#finish(LEFT);
  }

  async leave(reason?: HangupReason): Promise<CloseInfo> {
    this.hangUp(reason);
    const info = await this.#session?.leave(reason);
    this.#finish(info ?? LEFT);
    return await this.closed;
  }

  /** Null while no relay carries us. */
  get #session(): RoomSession | null {
    return this.#members.has(this.#present.id) ? this.#present.session : null;
  }

  #step(event: FailoverEvent): void {
    if (this.#closeInfo !== null) return;
    const outlook = this.#itinerary.outlook(this.#present.addr, this.#options.clock.now());
    this.#run(this.#failover.step(event, outlook));
  }

  #look(): void {
    if (this.#busy) this.#lookAgain = true;
    else this.#step({ type: "look" });
  }

  #run(decisions: readonly Decision[]): void {
    this.#busy = true;
    for (const decision of decisions) this.#carryOut(decision);
    this.#busy = false;
    if (this.#lookAgain) {
      this.#lookAgain = false;
      return this.#step({ type: "look" });
    }
    this.#wakeUp?.cancel();
    const at = this.#failover.wakeAt;
    this.#wakeUp = at === null || this.#closeInfo !== null
      ? null
      : this.#options.clock.after(Math.max(0, at - this.#options.clock.now()), () =>
        this.#step({ type: "look" }));
  }

  #carryOut(decision: Decision): void {
    switch (decision.do) {
      case "join":
        return this.#join(decision.id, decision.addr);
      case "use":
        return this.#use(this.#members.get(decision.id)!, decision.reason);
      case "leave":
        this.#members.get(decision.id)?.leave();
        return this.#forget(decision.id);
      case "drop":
        this.#members.get(decision.id)?.session?.abandon();
        this.#advisor.failed(this.#present.addr);
        return this.#forget(decision.id);
      case "give up":
        return this.#finish(this.#present.session?.closeInfo ?? LEFT);
    }
  }

  #forget(id: number): void {
    this.#members.delete(id);
    if (this.#members.size <= 1) this.#news.single(this.#options.clock.now());
  }

  #join(id: number, addr: string): void {
    const target = this.#itinerary.target(addr);
    const member = new Member(id, addr);
    this.#members.set(id, member);
    this.#news.several();
    this.#follow(member, target).then(() => this.#step({ type: "joined", id }), () => {
      member.leave();
      if (!this.#members.has(id)) return;
      this.#advisor.failed(addr);
      this.#forget(id);
      this.#step({ type: "failed", id });
    });
  }

  async #follow(member: Member, { address, pin }: Target): Promise<void> {
    const { pin: _, connection: _dialled, wayOut, ...who } = this.#options;
    await member.admit(wayOut.admit?.(member.addr, { address, pin }));
    await this.#enter(member, {
      ...who,
      address,
      ...(pin && { pin }),
      dialTimeoutMs: DIAL_TIMEOUT_MS,
      handshakeTimeoutMs: HANDSHAKE_TIMEOUT_MS,
      signal: member.stop.signal,
    });
  }

  async #enter(member: Member, options: JoinOptions): Promise<void> {
    const session = await joinRoom({
      ...options,
      onMedia: (datagram) => this.#media(member, datagram),
      onMeasure: (silent) => this.#measured(member, silent),
      onEvent: (event) => this.#event(member, event),
    });
    member.session = session;
    this.#room = session.room;
    // It was left while it was being opened.
    if (!this.#members.has(member.id)) member.leave();
  }

  #media(member: Member, datagram: Uint8Array): void {
    if (!this.#news.isNews(datagram, member.id, this.#options.clock.now())) return;
    this.#options.onMedia?.(datagram);
    if (member !== this.#present) this.#nowReady(member);
  }

  #measured(member: Member, silent: number): void {
    if (silent <= 1 && member.session !== null) this.#advisor.heard(member.addr);
    const quality = member.session?.quality() ?? null;
    if (quality !== null && silent <= 1) this.#advisor.report?.(member.addr, quality);
    this.#step({ type: "measured", id: member.id, silent, quality });
  }

  #event(member: Member, event: RoomEvent): void {
    member.remember(event);
    if (event.type === "closed") return this.#memberClosed(member, event.info);
    if (!this.#members.has(member.id)) return;
    const present = member === this.#present;
    if (present && event.type === "joined") this.#arrive(event.relay);
    if (present && event.type === "draining") this.#itinerary.narrow(event.relays);
    if (present) this.#options.onEvent?.(event);
    if (event.type === "draining") this.#advisor.draining?.(member.addr);
    if (event.type === "draining") this.#step({ type: "draining", id: member.id });
    if (event.type === "participants") {
      for (const other of this.#members.values()) {
        if (other !== this.#present && other.sees(this.#present)) this.#nowReady(other);
      }
    }
  }

  #memberClosed(member: Member, info: CloseInfo): void {
    if (!this.#members.has(member.id)) return;
    if (this.#failover.over) {
      if (member === this.#present) this.#finish(info);
      return;
    }
    const how = info.kind === "peer" && !STOPS.includes(info.reason) ? "ended" : "lost";
    if (how === "lost") this.#advisor.failed(member.addr);
    if (member !== this.#present) member.leave();
    this.#forget(member.id);
    this.#step({ type: "closed", id: member.id, how });
  }

  #nowReady(member: Member): void {
    if (member.ready || !this.#members.has(member.id)) return;
    member.ready = true;
    this.#step({ type: "ready", id: member.id });
  }

  #arrive(relay: RelayInfo): void {
    this.#relay = relay;
    this.#itinerary.arrive(this.#present.addr, relay.relays);
  }

  #use(member: Member, reason: MoveReason): void {
    const { clock, onEvent } = this.#options;
    const old = this.#present;
    const dead = !this.#members.has(old.id);
    const gapMs = dead ? clock.now() - (old.session?.heardAt ?? clock.now()) : 0;
    const move: Move = {
      from: old.addr,
      to: member.addr,
      reason,
      because: moveClause(reason, this.#advisor.better(old.addr), member.addr),
      atMs: clock.wall(),
      gapMs,
    };
    this.#moves.push(move);
    this.#present = member;
    member.use();
    this.#arrive(member.session!.relay);
    onEvent?.({ type: "moved", move, relay: this.#relay });
    for (const event of member.remembered) onEvent?.(event);
    for (const resolve of this.#onMove.splice(0)) resolve();
  }

  #finish(info: CloseInfo): void {
    if (this.#closeInfo !== null) return;
    this.#closeInfo = info;
    this.#wakeUp?.cancel();
    this.#stopAdvice();
    this.#resolveClosed(info);
    this.#options.onEvent?.({ type: "closed", info });
  }
}

const LEFT: CloseInfo = { kind: "local", code: 0, reason: "normal close" };
