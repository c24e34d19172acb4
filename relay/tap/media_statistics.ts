/** Every five seconds, for each participant whose packets flow: how they flow, and warnings when they do badly. */
import type { Clock } from "../../quic/clock.ts";
import type { Log } from "../ports/log.ts";
import type { DropReason, ParticipantView, RoomObserver } from "../ports/room_observer.ts";
import { PerParticipant } from "./per_participant.ts";

/** A pause this long is heard: jitter buffers of clients are shorter. */
const RECEIVE_GAP_MS = 200;
/** Handing one packet to a room takes microseconds; this long means that something blocked the thread. */
const SLOW_FORWARD_MS = 50;
/** The first failures are told one by one, then one of so many. */
const FIRST_ERRORS = 5;
const ERRORS_PER_LINE = 100;

interface Flow {
  /** Over the whole stay. */
  forwarded: number;
  sendErrors: number;
  /** Of the last packet; `receivedAt` is NaN before the first. */
  receivedAt: number;
  fanOut: number;
  /** Since the last line. */
  packets: number;
  maxGapMs: number;
  longGaps: number;
  maxForwardMs: number;
  slowForwards: number;
}

/**
 * Lines for the path are kept back until the period ends, so a sender that pauses after each word costs two numbers
 * per packet and one warning per period.
 */
export class MediaStatistics implements RoomObserver {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #flows: PerParticipant<Flow>;
  /** The flow whose packet is being forwarded. */
  #current: Flow = newFlow();

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
    this.#flows = new PerParticipant(
      clock,
      newFlow,
      (participant, flow) => this.#print(participant, flow),
    );
  }

  packet(from: ParticipantView, _bytes: Uint8Array, fanOut: number): void {
    const flow = this.#flows.of(from);
    const now = this.#clock.now();
    const gap = now - flow.receivedAt;
    // False for the first packet, whose gap is NaN.
    if (gap > flow.maxGapMs) flow.maxGapMs = gap;
    if (gap > RECEIVE_GAP_MS) flow.longGaps += 1;
    flow.receivedAt = now;
    flow.fanOut = fanOut;
    flow.packets += 1;
    if (fanOut > 0) flow.forwarded += 1;
    this.#current = flow;
  }

  forwarded(): void {
    const flow = this.#current;
    const took = this.#clock.now() - flow.receivedAt;
    if (took > flow.maxForwardMs) flow.maxForwardMs = took;
    if (took > SLOW_FORWARD_MS) flow.slowForwards += 1;
  }

  dropped(from: ParticipantView | null, to: ParticipantView | null, reason: DropReason): void {
    // A send can fail after its sender left; that must not bring the sender back.
    const flow = from === null || to === null ? undefined : this.#flows.known(from);
    if (from === null || to === null || flow === undefined) return;
    const errors = flow.sendErrors += 1;
    if (errors > FIRST_ERRORS && errors % ERRORS_PER_LINE !== 0) return;
    this.#log.warn("a packet did not reach a receiver", {
      room: from.room,
      participant: from.id,
      receiver: to.id,
      reason,
      send_errors: errors,
    });
  }

  left(participant: ParticipantView): void {
    this.#flows.end(participant);
  }

  #print(participant: ParticipantView, flow: Flow): void {
    const { packets, maxGapMs, longGaps, maxForwardMs, slowForwards } = flow;
    if (packets === 0) return;
    flow.packets = 0;
    flow.maxGapMs = 0;
    flow.longGaps = 0;
    flow.maxForwardMs = 0;
    flow.slowForwards = 0;

    const who = { room: participant.room, participant: participant.id };
    this.#log.info("participant statistics", {
      ...who,
      forwarded: flow.forwarded,
      room_size: flow.fanOut + 1,
      fan_out: flow.fanOut,
      max_recv_gap_ms: Math.round(maxGapMs),
      max_forward_ms: oneDecimal(maxForwardMs),
      send_errors: flow.sendErrors,
    });
    if (longGaps > 0) {
      this.#log.warn("gaps between packets of a participant", {
        ...who,
        gaps: longGaps,
        max_recv_gap_ms: Math.round(maxGapMs),
      });
    }
    if (slowForwards > 0) {
      this.#log.warn("forwarding was slow", {
        ...who,
        packets: slowForwards,
        max_forward_ms: oneDecimal(maxForwardMs),
      });
    }
  }
}

function newFlow(): Flow {
  return {
    forwarded: 0,
    sendErrors: 0,
    receivedAt: NaN,
    fanOut: 0,
    packets: 0,
    maxGapMs: 0,
    longGaps: 0,
    maxForwardMs: 0,
    slowForwards: 0,
  };
}

function oneDecimal(value: number): number {
  return Math.round(value * 10) / 10;
}
