/** Where the sound of a room goes: what the media bridge asks, answered from tables that change with the state only. */
import type { Link, RelayKey } from "../link.ts";

/** What is known of the mesh; the topology answers it. */
export interface Mesh {
  /** Whether a chain of links leads there. A relay with a link to this one always counts as reachable. */
  reachable(relay: RelayKey): boolean;
  /** The link on the shortest way there, or null. */
  nextHop(relay: RelayKey): Link | null;
  /** Whether two other relays have a link of their own: not legacy, and both say so. */
  linked(a: RelayKey, b: RelayKey): boolean;
  /** Calls whenever one of the answers above may have changed; call the result to end that. */
  onChange(listener: () => void): () => void;
}

/** A room that is shared. The same object as long as it is; its fields change with the state, never per packet. */
export interface RoutedRoom {
  /** Canonical; clients of this relay are in it under this name. */
  readonly name: string;
  /** The 8 bytes that tag its media. */
  readonly hash: Uint8Array;
  /**
   * The room of a call: `targets` are the links of the call's own path, so a packet goes to every one of them but the
   * one it came from, whatever links the relays behind them have.
   */
  readonly scoped: boolean;
  /**
   * Links that have, or lead to, listeners; legacy links always. Links that are up, each once. A new array after a
   * change, never changed in place. Who passes a packet on leaves out where it came from, its origin, and (unless
   * `scoped`) links to relays that are `linked` to its origin.
   */
  readonly targets: readonly Link[];
  /**
   * Participants announced, by the relay that answers for them: the origin of `media2` datagrams, or the relay at the
   * other end of a link without `rooms`. Relays without any are missing. Replaced like `targets`.
   */
  readonly announced: ReadonlyMap<RelayKey, number>;
  /** Grows whenever `targets` or `announced` was replaced, so that what was made of them can be kept. */
  readonly revision: number;
}

/** Is told which rooms are shared. */
export interface RoutingWatcher<Room = RoutedRoom> {
  /** A room is shared from now on. */
  shared(room: Room): void;
  /** It ceased to be: what is kept of it can go. */
  gone(room: Room): void;
}

/** Finding rooms on the media path; neither of those methods allocates. */
export interface Routing {
  /** By canonical name, for what clients of this relay send; null for a room that is not shared. */
  byName(room: string): RoutedRoom | null;
  /** By the eight bytes at `at`, which must be there; null when no shared room has this hash. */
  byHash(bytes: Uint8Array, at: number): RoutedRoom | null;
  /** Calls whenever a room begins or ceases to be shared; call the result to end that. */
  watch(watcher: RoutingWatcher): () => void;
}
