/** Watches all rooms and tells each what to send with whenever its weakest path has changed. */
import type { QualityProfile } from "../../proto/codec.ts";
import { hasTrailer } from "../../proto/media_header.ts";
import type { Clock, Timer } from "../../quic/clock.ts";
import type { ParticipantView, RoomObserver } from "../ports/room_observer.ts";
import { type Directive, RoomQuality, type SessionGauges } from "./room_quality.ts";

export interface QualityDirectorParts {
  readonly clock: Clock;
  readonly gauges: SessionGauges;
  /** Sends a QualityDirective to everybody in a room. */
  readonly direct: (room: string, profile: QualityProfile, reason: string) => void;
}

/** How late a report may be let go. */
const EXPIRE_MS = 1_000;

/** Must watch from the beginning: who joined before it came is not known to it. */
export class QualityDirector implements RoomObserver {
  readonly #parts: QualityDirectorParts;
  readonly #rooms = new Map<string, RoomQuality>();
  #timer: Timer | null = null;

  constructor(parts: QualityDirectorParts) {
    this.#parts = parts;
  }

  joined(participant: ParticipantView): void {
    const { clock, gauges } = this.#parts;
    const { room } = participant;
    const known = this.#rooms.get(room);
    const quality = known ?? new RoomQuality(clock, gauges);
    if (known === undefined) this.#rooms.set(room, quality);
    quality.join(participant);
    this.#timer ??= clock.every(EXPIRE_MS, () => this.#expire());
  }

  left(participant: ParticipantView, _forwarded: number, roomClosed: boolean): void {
    const { room } = participant;
    const directive = this.#rooms.get(room)?.leave(participant);
    if (roomClosed) this.#rooms.delete(room);
    if (this.#rooms.size === 0) {
      this.#timer?.cancel();
      this.#timer = null;
    }
    this.#tell(room, directive);
  }

  /** Nearly all packets end at the look at one bit; those that do not come about once a second. */
  packet(from: ParticipantView, bytes: Uint8Array): void {
    if (!hasTrailer(bytes)) return;
    this.#tell(from.room, this.#rooms.get(from.room)?.report(from, bytes));
  }

  #expire(): void {
    for (const [room, quality] of this.#rooms) this.#tell(room, quality.expire());
  }

  #tell(room: string, directive: Directive | null | undefined): void {
    if (directive) this.#parts.direct(room, directive.profile, directive.reason);
  }
}
