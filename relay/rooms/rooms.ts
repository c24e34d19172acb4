/** All rooms of this relay: they appear with the first who joins and vanish with the last who leaves. */
import type { QualityProfile } from "../../proto/codec.ts";
import { isCallRoom } from "../../proto/room_name.ts";
import type { RoomParticipant, SignalOf } from "../../proto/signal/mod.ts";
import type { Clock, Timer } from "../../quic/clock.ts";
import type { CloseInfo } from "../../quic/port.ts";
import type { SessionView } from "../ports/admin.ts";
import type { Counters } from "../ports/counters.ts";
import type { Log } from "../ports/log.ts";
import type { PresenceSink } from "../ports/presence.ts";
import type { ParticipantView, RoomObserver } from "../ports/room_observer.ts";
import { isDenied } from "../denied.ts";
import { sourceKey } from "../source_key.ts";
import { type Refusal, refusalOf, type RoomSettings } from "./admission.ts";
import { DrainNotice } from "./drain_notice.ts";
import { FanOut } from "./fan_out.ts";
import { Kicked } from "./kicked.ts";
import { forgetSession } from "./loss_recovery.ts";
import { Observers } from "./observers.ts";
import type { PacketLimits } from "./packet_rate.ts";
import { ECHO_PERIOD_MS, type Newcomer, Participant } from "./participant.ts";
import { Room } from "./room.ts";
import { sessionViews } from "./session_views.ts";
import { Tally } from "./tally.ts";

export interface RoomsOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: Counters;
  readonly presence: PresenceSink;
  /** Asked whenever it matters, so that a reload counts. */
  readonly settings: () => RoomSettings;
  /** A drain waits for what is held; `LifeCycle.hold`. */
  readonly hold: () => () => void;
  /** Participants of a room on other relays; nobody by default. Call `refresh` when they change. */
  readonly remote?: (room: string) => readonly RoomParticipant[];
  /** The one name of a room that has several spellings; every room has one by default. */
  readonly canonical?: (room: string) => string;
  /** Where a drain sends those in a room, `name|addr`; absent: where its notice says. */
  readonly carriers?: (room: string) => readonly string[];
}

/** What belongs to a stay and ends with it. */
interface Stay {
  readonly room: Room;
  readonly ip: string;
  readonly endings: readonly (() => void)[];
  /** What of the connection's own figures has been counted. */
  droppedLate: number;
  signalsSent: number;
  signalsDropped: number;
  signalsReplaced: number;
}

export class Rooms {
  readonly #options: RoomsOptions;
  readonly #rooms = new Map<string, Room>();
  readonly #stays = new Map<Participant, Stay>();
  readonly #byAddress = new Tally();
  readonly #byFingerprint = new Tally();
  readonly #observers = new Observers();
  readonly #fanOut: FanOut;
  readonly #kicked: Kicked;
  #tick: Timer | null = null;
  #lastId = 0;
  /** What newcomers are told of a drain; null while there is none. */
  #notice: DrainNotice | null = null;

  constructor(options: RoomsOptions) {
    this.#options = options;
    this.#kicked = new Kicked(options.clock);
    this.#fanOut = new FanOut({ ...options, observers: this.#observers }, this.#limits());
  }

  /** Lets an observer watch all rooms; call the answer to end that. */
  observe(observer: RoomObserver): () => void {
    return this.#observers.add(observer);
  }

  /**
   * Takes a client in or says why not. `welcome` sends its CallAnswer, which must be the first it gets. All of it
   * happens at once, so that two clients never get the same last place.
   */
  join(asked: string, newcomer: Newcomer, welcome: () => void): Participant | Refusal {
    const { clock, counters, presence, hold, log, canonical } = this.#options;
    const { connection, fingerprint } = newcomer;
    const name = canonical?.(asked) ?? asked;
    const { ip } = connection.remoteAddress;
    const refusal = this.#refusal(name, fingerprint, ip);
    if (refusal !== null) return refusal;
    welcome();

    const room = this.#rooms.get(name) ?? this.#open(name);
    this.#fanOut.limits = this.#limits();
    const participant = new Participant(
      ++this.#lastId,
      newcomer,
      room,
      this.#fanOut.limits,
      clock.now(),
    );
    this.#stays.set(participant, {
      room,
      ip,
      endings: [
        this.#byAddress.add(sourceKey(ip)),
        this.#byFingerprint.add(fingerprint),
        presence.enter(fingerprint, newcomer.alias, name),
        hold(),
      ],
      droppedLate: 0,
      signalsSent: 0,
      signalsDropped: 0,
      signalsReplaced: 0,
    });
    room.members.push(participant);
    counters.activeSessions += 1;
    counters.joins.add("joined");
    log.info("joined", {
      conn: participant.session,
      addr: connection.remoteAddress,
      room: name,
      fingerprint,
      alias: participant.alias,
      participants: room.members.length,
    });
    for (const observer of this.#observers.all) observer.joined?.(participant);
    room.changed();
    this.#tellOfDrain(participant);
    this.#tick ??= clock.every(ECHO_PERIOD_MS, () => this.#look());
    connection.closed.then((info) => this.#leave(participant, info));
    connection.onDatagram((bytes) => this.#fanOut.receive(participant, bytes));
    return participant;
  }

  /** The rooms there are, with who is in them in the order they joined. */
  *list(): Generator<{ readonly name: string; readonly participants: readonly ParticipantView[] }> {
    for (const { name, members } of this.#rooms.values()) yield { name, participants: members };
  }

  /** Who of this relay's clients is in a room. */
  participants(room: string): readonly ParticipantView[] {
    return this.#rooms.get(room)?.members ?? [];
  }

  /** Forwards a packet that came from elsewhere and was validated there. How many took it. */
  deliver(room: string, bytes: Uint8Array): number {
    const target = this.#rooms.get(room);
    return target === undefined ? 0 : this.#fanOut.deliver(target.members, bytes);
  }

  /** Sends the list of participants again because those on other relays have changed. */
  refresh(room: string): void {
    this.#rooms.get(room)?.changed();
  }

  /** Tells everybody in a room to send with a profile from now on. */
  direct(room: string, profile: QualityProfile, reason: string): void {
    const message = { type: "QualityDirective", recommended_profile: profile, reason } as const;
    this.#rooms.get(room)?.broadcast(message, "QualityDirective");
    for (const observer of this.#observers.all) observer.directive?.(room, profile.codec, reason);
  }

  /** Everybody in all rooms, one after the other, in the order they joined. */
  views(): Iterable<SessionView> {
    return sessionViews(this.#stays.keys(), this.#options.counters);
  }

  /**
   * Closes a session, and refuses its fingerprint for so long, with all other sessions it has. Who it was, or null when
   * there is none of this name.
   */
  kick(session: string, refuseMs: number): ParticipantView | null {
    for (const participant of this.#stays.keys()) {
      if (participant.session !== session) continue;
      const { fingerprint } = participant;
      this.#kicked.refuse(fingerprint, refuseMs);
      for (const other of refuseMs > 0 ? this.#stays.keys() : [participant]) {
        if (other.fingerprint === fingerprint) other.connection.close(0, "kicked");
      }
      return participant;
    }
    return null;
  }

  /** Everybody in all rooms. */
  get sessions(): number {
    return this.#stays.size;
  }

  /** True once nobody is taken in any more, the parties of calls excepted. */
  get draining(): boolean {
    return this.#notice !== null;
  }

  /** Takes nobody but parties of calls in from now on, and tells those who are here and understand it where to go. */
  drain(notice: Omit<SignalOf<"RelayDraining">, "type">): void {
    this.#notice = new DrainNotice(notice, this.#options.carriers ?? null);
    const made = new Map<string, Uint8Array>();
    for (const participant of this.#stays.keys()) this.#tellOfDrain(participant, made);
  }

  /** Closes every session. */
  closeAll(reason: string): void {
    for (const { connection } of this.#stays.keys()) connection.close(0, reason);
  }

  /** Closes those who are denied since the configuration was reloaded. */
  closeDenied(): void {
    const settings = this.#options.settings();
    for (const [{ connection, fingerprint }, { ip }] of this.#stays) {
      if (isDenied(settings, fingerprint, ip)) connection.close(0, "denied");
    }
  }

  #refusal(room: string, fingerprint: string, ip: string): Refusal | null {
    // The room of a call is for its parties, and the call is what the drain waits for.
    if (this.draining && !isCallRoom(room)) return "draining";
    if (this.#kicked.holds(fingerprint)) return "kicked";
    const { settings, canonical } = this.#options;
    const there = {
      sessions: this.#stays.size,
      inRoom: this.participants(room).length,
      fromAddress: this.#byAddress.of(sourceKey(ip)),
      ofFingerprint: this.#byFingerprint.of(fingerprint),
    };
    return refusalOf(settings(), room, fingerprint, ip, there, canonical);
  }

  #tellOfDrain(
    { channel, room, understandsDrain }: Participant,
    made?: Map<string, Uint8Array>,
  ): void {
    if (this.#notice === null || !understandsDrain) return;
    channel.sendFrame(this.#notice.frame(room, made));
  }

  #open(name: string): Room {
    const { clock, counters, remote = () => [] } = this.#options;
    const room = new Room(name, { clock, observers: this.#observers, remote });
    this.#rooms.set(name, room);
    counters.activeRooms = this.#rooms.size;
    return room;
  }

  #leave(participant: Participant, { kind, reason }: CloseInfo): void {
    const { clock, counters, log } = this.#options;
    const stay = this.#stays.get(participant)!;
    const { members, name } = stay.room;
    this.#account(participant, stay);
    // The transport gives up what it still holds a little after it said that the connection is closed.
    clock.after(ECHO_PERIOD_MS, () => this.#account(participant, stay));
    this.#stays.delete(participant);
    members.splice(members.indexOf(participant), 1);
    participant.places = 0;
    counters.activeSessions -= 1;
    const last = members.length === 0;
    if (last) {
      stay.room.close();
      this.#rooms.delete(name);
      counters.activeRooms = this.#rooms.size;
    }
    log.info("left", {
      conn: participant.session,
      room: name,
      fingerprint: participant.fingerprint,
      by: kind,
      reason,
      forwarded: participant.forwarded,
      participants: members.length,
    });
    for (const observer of this.#observers.all) {
      observer.left?.(participant, participant.forwarded, last);
    }
    // After the observers: they may have counted per session until now.
    forgetSession(counters, participant.session);
    if (!last) stay.room.changed();
    if (this.#stays.size === 0) {
      this.#tick?.cancel();
      this.#tick = null;
    }
    // Last, because the end of the last session may end the relay.
    for (const end of stay.endings) end();
  }

  /** What is not worth doing per packet: limits, echoes, slow receivers. */
  #look(): void {
    const { clock, counters, log, settings } = this.#options;
    const now = clock.now();
    const timeoutMs = settings().slow_receiver_timeout * 1000;
    this.#fanOut.limits = this.#limits();
    for (const [participant, stay] of this.#stays) {
      const { age, channel, connection, slow, session, room } = participant;
      this.#account(participant, stay);
      slow.signals(channel.queued, channel.sent, now);
      if (age !== null) slow.late(age.stale, now);
      if (slow.tooSlow(timeoutMs, now)) {
        counters.slowConsumers += 1;
        log.warn("client takes nothing any more, closed", { conn: session, room });
        connection.close(0, "slow consumer");
      } else if (age !== null) this.#fanOut.sendEcho(participant, age);
    }
  }

  /** Counts what the connection alone knows. */
  #account(participant: Participant, stay: Stay): void {
    const { counters } = this.#options;
    const { channel, connection } = participant;
    const late = connection.droppedAfterSend ?? 0;
    if (late > stay.droppedLate) this.#fanOut.droppedLate(participant, late - stay.droppedLate);
    stay.droppedLate = late;
    counters.signalsSent += channel.sent - stay.signalsSent;
    stay.signalsSent = channel.sent;
    counters.signalsDropped.add("queue_full", channel.dropped - stay.signalsDropped);
    stay.signalsDropped = channel.dropped;
    counters.signalsDropped.add("coalesced", channel.replaced - stay.signalsReplaced);
    stay.signalsReplaced = channel.replaced;
  }

  #limits(): PacketLimits {
    const { max_packets_per_second, max_kbit_per_second } = this.#options.settings();
    return {
      packetsPerSecond: max_packets_per_second,
      bytesPerSecond: max_kbit_per_second * 125,
    };
  }
}
