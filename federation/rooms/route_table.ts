/** The tables the media bridge reads: shared rooms by name and by hash, replaced only when the state changes. */
import type { Crypto } from "../../proto/crypto_port.ts";
import { roomHash, roomHashKey, sameRoomHash } from "../../proto/room_hash.ts";
import type { Link, RelayKey } from "../link.ts";
import type { RoutedRoom, Routing, RoutingWatcher } from "./routing.ts";

class Route implements RoutedRoom {
  readonly name: string;
  readonly hash: Uint8Array;
  readonly scoped: boolean;
  targets: readonly Link[] = [];
  announced: ReadonlyMap<RelayKey, number> = new Map();
  revision = 0;

  constructor(name: string, hash: Uint8Array, scoped: boolean) {
    this.name = name;
    this.hash = hash;
    this.scoped = scoped;
  }
}

export class RouteTable implements Routing {
  readonly #crypto: Pick<Crypto, "sha256">;
  readonly #byName = new Map<string, Route>();
  /** Lists, because the key is only part of the hash. */
  readonly #byHash = new Map<number, readonly Route[]>();
  readonly #watchers = new Set<RoutingWatcher>();

  constructor(crypto: Pick<Crypto, "sha256">) {
    this.#crypto = crypto;
  }

  byName(room: string): RoutedRoom | null {
    return this.#byName.get(room) ?? null;
  }

  byHash(bytes: Uint8Array, at: number): RoutedRoom | null {
    const routes = this.#byHash.get(roomHashKey(bytes, at));
    if (routes === undefined) return null;
    for (let i = 0; i < routes.length; i++) {
      if (sameRoomHash(bytes, at, routes[i]!.hash)) return routes[i]!;
    }
    return null;
  }

  watch(watcher: RoutingWatcher): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  set(
    name: string,
    scoped: boolean,
    targets: readonly Link[],
    announced: ReadonlyMap<RelayKey, number>,
  ): void {
    const known = this.#byName.get(name);
    const route = known ?? this.#add(name, scoped);
    const same = sameLinks(route.targets, targets) && sameCounts(route.announced, announced);
    if (!same) {
      route.targets = targets;
      route.announced = announced;
      route.revision += 1;
    }
    if (known !== undefined) return;
    for (const watcher of this.#watchers) watcher.shared(route);
  }

  remove(name: string): void {
    const route = this.#byName.get(name);
    if (route === undefined) return;
    this.#byName.delete(name);
    const key = roomHashKey(route.hash);
    const others = this.#byHash.get(key)!.filter((other) => other !== route);
    if (others.length > 0) this.#byHash.set(key, others);
    else this.#byHash.delete(key);
    for (const watcher of this.#watchers) watcher.gone(route);
  }

  #add(name: string, scoped: boolean): Route {
    const route = new Route(name, roomHash(this.#crypto, name), scoped);
    this.#byName.set(name, route);
    const key = roomHashKey(route.hash);
    this.#byHash.set(key, [...this.#byHash.get(key) ?? [], route]);
    return route;
  }
}

function sameLinks(a: readonly Link[], b: readonly Link[]): boolean {
  return a.length === b.length && a.every((link, at) => link === b[at]);
}

function sameCounts(
  a: ReadonlyMap<RelayKey, number>,
  b: ReadonlyMap<RelayKey, number>,
): boolean {
  if (a.size !== b.size) return false;
  for (const [relay, count] of a) if (b.get(relay) !== count) return false;
  return true;
}
