/** Joins, leaves and drops of rooms as events; drops are summed per participant and reason. */
import type { Clock, Timer } from "../../quic/clock.ts";
import type { DropReason, ParticipantView, RoomObserver } from "../ports/room_observer.ts";
import { type DropSum, DropTally } from "./drop_tally.ts";
import type { EventFields } from "./event_line.ts";

export type WriteEvent = (event: string, fields?: EventFields) => void;

const DROP_PERIOD_MS = 5_000;
/** Lines about single participants per period; the rest is one line per reason. */
const MAX_DROP_LINES = 100;

export class RoomEvents implements RoomObserver {
  readonly #clock: Clock;
  readonly #write: WriteEvent;
  /** What somebody sent and nobody got. */
  readonly #ofSenders = new DropTally();
  /** What somebody should have got. */
  readonly #ofReceivers = new DropTally();
  #timer: Timer | null = null;

  constructor(clock: Clock, write: WriteEvent) {
    this.#clock = clock;
    this.#write = write;
  }

  joined({ room, session, fingerprint, alias }: ParticipantView): void {
    this.#write("join", { room, src: session, fingerprint, alias: alias ?? undefined });
  }

  left(participant: ParticipantView, forwarded: number, roomClosed: boolean): void {
    for (const sum of this.#ofSenders.take(participant)) this.#ofSender(sum);
    for (const sum of this.#ofReceivers.take(participant)) this.#ofReceiver(sum);
    const { room, session, fingerprint, alias } = participant;
    this.#write("leave", {
      room,
      src: session,
      action: roomClosed ? "room_closed" : undefined,
      fingerprint,
      alias: alias ?? undefined,
      forwarded,
    });
  }

  dropped(from: ParticipantView | null, to: ParticipantView | null, reason: DropReason): void {
    if (to !== null) this.#ofReceivers.add(to, reason);
    else if (from !== null) this.#ofSenders.add(from, reason);
    else return;
    this.#timer ??= this.#clock.after(DROP_PERIOD_MS, () => this.flush());
  }

  /** Writes the drops that were not told yet. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = null;
    const senders = this.#ofSenders.takeAll();
    const receivers = this.#ofReceivers.takeAll();
    const rest = [...senders.slice(MAX_DROP_LINES), ...receivers.slice(MAX_DROP_LINES)];
    senders.slice(0, MAX_DROP_LINES).forEach((sum) => this.#ofSender(sum));
    receivers.slice(0, MAX_DROP_LINES).forEach((sum) => this.#ofReceiver(sum));
    for (const [reason, sums] of Map.groupBy(rest, ({ reason }) => reason)) {
      const participants = new Set(sums.map(({ participant }) => participant)).size;
      const count = sums.reduce((total, { count }) => total + count, 0);
      this.#write("drop", { reason, participants, count });
    }
  }

  #ofSender({ participant, reason, count }: DropSum): void {
    this.#write("drop", { room: participant.room, src: participant.session, reason, count });
  }

  #ofReceiver({ participant, reason, count }: DropSum): void {
    this.#write("drop", { room: participant.room, reason, dst: participant.session, count });
  }
}
