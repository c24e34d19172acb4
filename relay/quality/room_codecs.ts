/** Which codec each room was last told to use, for whoever looks on. */
import type { ParticipantView, RoomObserver } from "../ports/room_observer.ts";

export class RoomCodecs implements RoomObserver {
  readonly #codecs = new Map<string, string>();

  directive(room: string, codec: string): void {
    this.#codecs.set(room, codec);
  }

  left({ room }: ParticipantView, _forwarded: number, roomClosed: boolean): void {
    if (roomClosed) this.#codecs.delete(room);
  }

  /** Null before the first directive. */
  of(room: string): string | null {
    return this.#codecs.get(room) ?? null;
  }
}
