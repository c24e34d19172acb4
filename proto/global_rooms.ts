/** Which rooms are shared between relays, and under which canonical name. */
import type { Crypto } from "./crypto_port.ts";
import { hashRoomName, isCallRoom } from "./room_name.ts";

/** The configured global rooms of one relay. */
export class GlobalRooms {
  readonly configured: readonly string[];
  /** Canonical name by each room name that stands for it. */
  readonly #canonical = new Map<string, string>();

  /** Names are taken literally: one with capitals can only be joined through its hash. */
  constructor(crypto: Pick<Crypto, "sha256">, configured: readonly string[]) {
    this.configured = [...configured];
    for (const name of configured) {
      for (const alias of [name, hashRoomName(crypto, name)]) {
        // The first entry in the list wins, as in the original.
        if (!this.#canonical.has(alias)) this.#canonical.set(alias, name);
      }
    }
  }

  /** The canonical name of the room that clients joined under `room`, or null when it is not shared. */
  canonicalOf(room: string): string | null {
    // Call rooms are global everywhere, or calls across relays would have no media.
    return this.#canonical.get(room) ?? (isCallRoom(room) ? room : null);
  }
}
