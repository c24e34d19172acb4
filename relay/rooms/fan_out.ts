/**
 * The media path: a packet of one participant to all others in the room. Nothing here waits, allocates for a
 * receiver, builds text or looks anything up by text. For every packet that is forwarded,
 * fan-out = delivered + dropped.
 */
import { echoDatagram } from "../../proto/echo_datagram.ts";
import { MEDIA_CODEC, payloadLengthOf, validateMedia } from "../../proto/media_header.ts";
import type { Clock } from "../../quic/clock.ts";
import { QUEUE_FULL, type SendResult, SENT, TOO_LARGE } from "../../quic/port.ts";
import type { Counters } from "../ports/counters.ts";
import type { DropReason } from "../ports/room_observer.ts";
import type { Observers } from "./observers.ts";
import type { PacketLimits } from "./packet_rate.ts";
import type { Participant } from "./participant.ts";

export interface FanOutParts {
  readonly clock: Clock;
  readonly counters: Counters;
  readonly observers: Observers;
}

export class FanOut {
  /** Replaced when the configuration changes. */
  limits: PacketLimits;
  readonly #clock: Clock;
  readonly #counters: Counters;
  readonly #observers: Observers;
  readonly #malformed: number;
  readonly #rateLimited: number;
  readonly #noReceiver: number;
  readonly #tooLarge: number;
  readonly #slow: number;
  readonly #stale: number;
  readonly #closed: number;
  /** Packets counted as delivered which the transport dropped later, and which no counter shows yet. */
  #lateTooLarge = 0;
  #lateClosed = 0;

  constructor({ clock, counters, observers }: FanOutParts, limits: PacketLimits) {
    this.limits = limits;
    this.#clock = clock;
    this.#counters = counters;
    this.#observers = observers;
    const { packetsRejected, packetsDropped } = counters;
    this.#malformed = packetsRejected.index("malformed");
    this.#rateLimited = packetsRejected.index("rate_limited");
    this.#noReceiver = packetsRejected.index("no_receiver");
    this.#tooLarge = packetsDropped.index("too_large");
    this.#slow = packetsDropped.index("slow_receiver");
    this.#stale = packetsDropped.index("stale_receiver");
    this.#closed = packetsDropped.index("closed");
  }

  /** A datagram came from a participant. */
  receive(from: Participant, bytes: Uint8Array): void {
    this.#counters.bytesReceived += bytes.length;
    if (!from.rate.take(bytes.length, this.#clock.now(), this.limits)) {
      return this.#reject(from, this.#rateLimited, "rate_limited");
    }
    const problem = validateMedia(bytes);
    if (problem !== 0) {
      if (problem === MEDIA_CODEC && from.age !== null && echoDatagram.matches(bytes)) {
        return this.#echo(from, bytes);
      }
      return this.#reject(from, this.#malformed, "malformed");
    }
    const fanOut = from.members.length - from.places;
    const watchers = this.#observers.ofPackets;
    for (let i = 0; i < watchers.length; i++) watchers[i]!.packet!(from, bytes, fanOut);
    if (fanOut === 0) return this.#alone(from);
    this.#counters.packetsReceived += 1;
    from.received += 1;
    if (this.#forward(from, from.members, bytes) > 0) from.forwarded += 1;
    const timers = this.#observers.ofForwards;
    for (let i = 0; i < timers.length; i++) timers[i]!.forwarded!(from);
  }

  /** A valid packet that came from elsewhere, for all of them. How many took it. */
  deliver(members: readonly Participant[], bytes: Uint8Array): number {
    return this.#forward(null, members, bytes);
  }

  /** Asks one that knows echoes how far behind it is. */
  sendEcho(to: Participant, age: NonNullable<Participant["age"]>): void {
    const now = this.#clock.now();
    const seq = age.request(now) % 0x1_0000_0000;
    const clockUs = BigInt(Math.round(now * 1000));
    const result = to.connection.sendDatagram(
      echoDatagram.encode({ kind: "request", seq, clockUs }),
    );
    if (result === SENT) to.slow.taken();
    else if (result === QUEUE_FULL) to.slow.full(now);
  }

  /** The transport dropped so many of the packets it had taken for a receiver. */
  droppedLate(to: Participant, count: number): void {
    const closed = to.connection.closeInfo !== null;
    if (closed) this.#lateClosed += count;
    else this.#lateTooLarge += count;
    const reason = closed ? "closed" : "too_large";
    for (const observer of this.#observers.ofDrops) {
      for (let i = 0; i < count; i++) observer.dropped!(null, to, reason);
    }
  }

  #forward(from: Participant | null, members: readonly Participant[], bytes: Uint8Array): number {
    let fanOut = 0;
    let sent = 0;
    for (let i = 0; i < members.length; i++) {
      const to = members[i]!;
      if (to === from) continue;
      fanOut += 1;
      if (to.age !== null && to.age.stale) {
        this.#drop(from, to, this.#stale, "stale_receiver");
        continue;
      }
      const result = to.connection.sendDatagram(bytes);
      if (result === SENT) {
        sent += 1;
        to.slow.taken();
      } else this.#notSent(from, to, result);
    }
    const counters = this.#counters;
    counters.packetsForwarded += fanOut;
    counters.bytesForwarded += fanOut * payloadLengthOf(bytes);
    counters.bytesSent += sent * bytes.length;
    counters.packetsDelivered += this.#lateTooLarge + this.#lateClosed > 0
      ? sent - this.#bookLate(sent)
      : sent;
    return sent;
  }

  #notSent(from: Participant | null, to: Participant, result: SendResult): void {
    if (result === QUEUE_FULL) {
      to.slow.full(this.#clock.now());
      this.#drop(from, to, this.#slow, "slow_receiver");
    } else if (result === TOO_LARGE) this.#drop(from, to, this.#tooLarge, "too_large");
    else this.#drop(from, to, this.#closed, "closed");
  }

  /** Late drops are counted in place of deliveries of now, because a counter must never go back. */
  #bookLate(sent: number): number {
    const tooLarge = Math.min(this.#lateTooLarge, sent);
    const closed = Math.min(this.#lateClosed, sent - tooLarge);
    this.#lateTooLarge -= tooLarge;
    this.#lateClosed -= closed;
    this.#counters.packetsDropped.inc(this.#tooLarge, tooLarge);
    this.#counters.packetsDropped.inc(this.#closed, closed);
    return tooLarge + closed;
  }

  /** Nobody else is in the room here; an observer may have passed the packet on to listeners elsewhere. */
  #alone(from: Participant): void {
    for (const observer of this.#observers.ofBeyond) {
      if (observer.beyond!(from) === 0) continue;
      this.#counters.packetsReceived += 1;
      from.received += 1;
      from.forwarded += 1;
      return;
    }
    this.#reject(from, this.#noReceiver, "no_receiver");
  }

  #echo(from: Participant, bytes: Uint8Array): void {
    if (echoDatagram.isRequest(bytes)) from.connection.sendDatagram(echoDatagram.replyTo(bytes));
    else if (from.age!.reply(echoDatagram.decode(bytes).seq, this.#clock.now())) {
      this.sendEcho(from, from.age!);
    }
  }

  #reject(from: Participant, place: number, reason: DropReason): void {
    this.#counters.packetsReceived += 1;
    from.received += 1;
    this.#counters.packetsRejected.inc(place);
    for (const observer of this.#observers.ofDrops) observer.dropped!(from, null, reason);
  }

  #drop(from: Participant | null, to: Participant, place: number, reason: DropReason): void {
    this.#counters.packetsDropped.inc(place);
    for (const observer of this.#observers.ofDrops) observer.dropped!(from, to, reason);
  }
}
