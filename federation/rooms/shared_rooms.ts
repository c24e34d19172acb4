/**
 * Which global rooms the neighbours share, whether or not anybody is in them: what clients may move to when this relay
 * stops. Neighbours alone; nothing of it is passed on.
 */
import type { Crypto } from "../../proto/crypto_port.ts";
import { hashRoomName } from "../../proto/room_name.ts";
import type { SignalOf } from "../../proto/signal/mod.ts";
import type { Link, LinkHandler } from "../link.ts";

/** More than anybody writes into a configuration; what is above is not kept of one link. */
const MAX_ROOMS = 4_096;
/** A hash has 32 characters. */
const HASH = /^[0-9a-f]{32}$/;

export class SharedRooms implements LinkHandler {
  readonly #crypto: Pick<Crypto, "sha256">;
  /** Hash of each room shared here, by its canonical name. */
  #own: ReadonlyMap<string, string> = new Map();
  /** Hashes of what the relay at the other end shares; nothing for one that has not said. */
  readonly #said = new Map<Link, ReadonlySet<string>>();

  constructor(crypto: Pick<Crypto, "sha256">) {
    this.#crypto = crypto;
  }

  /** Takes over the global rooms of the configuration and tells the neighbours what is new. */
  configure(globalRooms: readonly string[]): void {
    const before = this.#own;
    const hashes = globalRooms.map((name) => [name, hashRoomName(this.#crypto, name)] as const);
    this.#own = new Map(hashes);
    const same = before.size === this.#own.size && globalRooms.every((name) => before.has(name));
    if (!same) { for (const link of this.#said.keys()) this.#tell(link); }
  }

  up(link: Link): void {
    if (!link.can("carry")) return;
    this.#said.set(link, new Set());
    this.#tell(link);
  }

  renewed(link: Link): void {
    if (this.#said.has(link)) this.#tell(link);
  }

  down(link: Link): void {
    this.#said.delete(link);
  }

  /** Replaces what that neighbour said before. */
  heard(link: Link, { rooms }: SignalOf<"SharedRooms">): void {
    if (!this.#said.has(link)) return;
    this.#said.set(link, new Set(rooms.slice(0, MAX_ROOMS).filter((room) => HASH.test(room))));
  }

  /** Neighbours that share a room, by the name it goes by here. */
  sharing(room: string): Link[] {
    const hash = this.#own.get(room);
    if (hash === undefined) return [];
    return [...this.#said].filter(([, said]) => said.has(hash)).map(([link]) => link);
  }

  #tell(link: Link): void {
    const rooms = [...this.#own.values()].slice(0, MAX_ROOMS);
    link.send({ type: "SharedRooms", rooms }, "shared rooms");
  }
}
