/** One room: who is in it, and telling them so after every change. */
import { encodeFrame, type KnownSignal, type RoomParticipant } from "../../proto/signal/mod.ts";
import type { Clock, Timer } from "../../quic/clock.ts";
import type { Observers } from "./observers.ts";
import type { Participant } from "./participant.ts";
import { listOf, ROOM_UPDATE, roomUpdateFrame } from "./room_update.ts";

/** In rooms above this size changes are told together: there n joins would cost n x n messages. */
const LARGE_ROOM = 20;
const GATHER_MS = 100;

export interface RoomParts {
  readonly clock: Clock;
  readonly observers: Observers;
  /** Participants of this room on other relays. */
  readonly remote: (room: string) => readonly RoomParticipant[];
}

export class Room {
  readonly name: string;
  /** In the order they joined. Changed in place by `Rooms` only. */
  readonly members: Participant[] = [];
  readonly #parts: RoomParts;
  #gathering: Timer | null = null;

  constructor(name: string, parts: RoomParts) {
    this.name = name;
    this.#parts = parts;
  }

  /** Tells everybody who is here, at once or a little later. */
  changed(): void {
    if (this.members.length <= LARGE_ROOM) return this.#tell();
    this.#gathering ??= this.#parts.clock.after(GATHER_MS, () => this.#tell());
  }

  /** Sends a message, serialised once, to everybody. */
  broadcast(message: KnownSignal, kind?: string): void {
    this.#send(encodeFrame(message), kind);
  }

  /** The room is empty and gone. */
  close(): void {
    this.#gathering?.cancel();
    this.#gathering = null;
  }

  #tell(): void {
    this.close();
    const list = listOf(this.members, this.#parts.remote(this.name));
    this.#send(roomUpdateFrame(list), ROOM_UPDATE);
    const { all } = this.#parts.observers;
    if (all.length === 0) return;
    const aliases = list.map(({ alias }) => alias);
    for (const observer of all) observer.roomUpdate?.(this.name, aliases);
  }

  #send(frame: Uint8Array, kind?: string): void {
    for (const { channel } of this.members) channel.sendFrame(frame, kind);
  }
}
