/** Over which relays the accepted calls of this relay go, and who wants to know when that changes. */
import type { RelayKey } from "../link.ts";
import { type CallRoute, routeAside, routeOf } from "./call_route.ts";
import type { CallMeetings } from "./call_meetings.ts";
import type { CallWays } from "./call_ways.ts";

/** Whoever wants to know over which relays accepted calls go. Nothing of it may wait or throw. */
export interface CallRouteListener {
  /** A call was accepted, or its way has changed. */
  changed(route: CallRoute): void;
  closed(callId: string): void;
}

export interface CallRoutesOptions {
  /** This relay. */
  readonly own: RelayKey;
  readonly ways: CallWays;
  readonly places: () => Pick<CallMeetings, "aside" | "askedBy">;
}

export class CallRoutes {
  readonly #options: CallRoutesOptions;
  readonly #listeners = new Set<CallRouteListener>();

  constructor(options: CallRoutesOptions) {
    this.#options = options;
  }

  /** Tells of all accepted calls from now on. Call the result to end that. */
  watch(listener: CallRouteListener): () => void {
    this.#listeners.add(listener);
    for (const { id } of this.#options.ways.all()) {
      const route = this.find(id);
      if (route !== null) listener.changed(route);
    }
    return () => void this.#listeners.delete(listener);
  }

  /** The way of an accepted call, or of one whose parties meet here or at a neighbour; else null. */
  find(callId: string): CallRoute | null {
    const { places, ways } = this.#options;
    const way = ways.get(callId);
    const aside = places().aside(callId);
    if (way?.state === "active") return routeOf(way, aside);
    const neighbour = aside ?? places().askedBy(callId);
    return neighbour === null ? null : routeAside(callId, neighbour);
  }

  /** The relays of the parties of an accepted call, other than this one. */
  relaysOf(callId: string): RelayKey[] {
    const { own, places, ways } = this.#options;
    const way = ways.get(callId);
    const neighbour = places().askedBy(callId);
    if (way?.state !== "active") return neighbour === null ? [] : [neighbour];
    const ends = [way.origin, way.target].filter((relay) => relay !== null);
    return ends.filter((relay) => relay !== own);
  }

  /** The route of this call may be another one now. */
  changed(callId: string): void {
    const route = this.find(callId);
    for (const listener of this.#listeners) {
      if (route === null) listener.closed(callId);
      else listener.changed(route);
    }
  }
}
