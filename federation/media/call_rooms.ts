/**
 * Rooms for the media bridge, those of calls among them: what is said in a room of a call goes where the call's media
 * goes, whichever links have announced somebody.
 */
import { callIdOf } from "../../proto/room_name.ts";
import type { RelayKey } from "../link.ts";
import type { RoutingWatcher } from "../rooms/routing.ts";
import type { MediaRouting } from "./media_bridge.ts";
import type { MediaTarget } from "./outlet.ts";
import type { MediaRoom } from "./room_routes.ts";

/** Where the media of calls goes. */
export interface CallTargets {
  targets(callId: string): readonly MediaTarget[];
  accepts(callId: string, relay: RelayKey): boolean;
  /** Calls with the id of a call for which one of the answers above may have changed. */
  onChange(listener: (callId: string) => void): () => void;
}

class CallRoom implements MediaRoom {
  readonly scoped = true;
  /** Changes of the call's targets. */
  changes = 0;
  readonly #room: MediaRoom;
  readonly #callId: string;
  readonly #calls: CallTargets;

  constructor(room: MediaRoom, callId: string, calls: CallTargets) {
    this.#room = room;
    this.#callId = callId;
    this.#calls = calls;
  }

  get name() {
    return this.#room.name;
  }

  get hash() {
    return this.#room.hash;
  }

  get announced() {
    return this.#room.announced;
  }

  /** Asked once a change: whoever asks sees to it that a link for the call is made. */
  get targets() {
    return this.#calls.targets(this.#callId);
  }

  /** Each part only grows, so the sum does with every change of either. */
  get revision() {
    return this.#room.revision + this.changes;
  }

  accepts(relay: RelayKey): boolean {
    return this.#calls.accepts(this.#callId, relay);
  }
}

export class CallRooms implements MediaRouting {
  readonly #rooms: MediaRouting;
  readonly #calls: CallTargets;
  readonly #byRoom = new Map<MediaRoom, CallRoom>();
  readonly #byCall = new Map<string, CallRoom>();

  constructor(rooms: MediaRouting, calls: CallTargets) {
    this.#rooms = rooms;
    this.#calls = calls;
    calls.onChange((callId) => {
      const room = this.#byCall.get(callId);
      if (room !== undefined) room.changes += 1;
    });
  }

  byName(room: string): MediaRoom | null {
    const found = this.#rooms.byName(room);
    return found === null ? null : this.#of(found);
  }

  byHash(bytes: Uint8Array, at: number): MediaRoom | null {
    const found = this.#rooms.byHash(bytes, at);
    return found === null ? null : this.#of(found);
  }

  watch(watcher: RoutingWatcher<MediaRoom>): () => void {
    return this.#rooms.watch({
      shared: (room) => watcher.shared(this.#of(room)),
      gone: (room) => {
        const ofCall = this.#byRoom.get(room);
        if (ofCall === undefined) return watcher.gone(room);
        this.#byRoom.delete(room);
        const callId = callIdOf(room.name);
        if (callId !== null) this.#byCall.delete(callId);
        watcher.gone(ofCall);
      },
    });
  }

  #of(room: MediaRoom): MediaRoom {
    return room.scoped ? this.#byRoom.get(room) ?? this.#add(room) : room;
  }

  #add(room: MediaRoom): MediaRoom {
    const callId = callIdOf(room.name);
    if (callId === null) return room;
    const ofCall = new CallRoom(room, callId, this.#calls);
    this.#byRoom.set(room, ofCall);
    this.#byCall.set(callId, ofCall);
    return ofCall;
  }
}
