/**
 * Where the media of calls between relays goes: over the link with the relay of the other party if there is one, else
 * over a relay link made for the session, else along the way of the call. In between, from one neighbour to the other.
 */
import type { CallRouteListener } from "../calls/call_routes.ts";
import type { CallRoute } from "../calls/call_route.ts";
import type { Link, LinkHandler, RelayKey } from "../link.ts";

export interface CallMediaOptions {
  readonly find: (relay: RelayKey) => Link | null;
  readonly sessions: {
    register(callId: string): void;
    unregister(callId: string): void;
    link(callId: string): Link | null;
  };
}

interface Entry {
  route: CallRoute;
  targets: readonly Link[];
  /** Somebody has asked where media goes, so there is or will be some. */
  used: boolean;
  /** A session link would be better than the way there is. */
  wanting: boolean;
}

const NOWHERE: readonly Link[] = [];

export class CallMedia implements CallRouteListener, LinkHandler {
  readonly #options: CallMediaOptions;
  readonly #calls = new Map<string, Entry>();
  readonly #listeners = new Set<(callId: string) => void>();

  constructor(options: CallMediaOptions) {
    this.#options = options;
  }

  /**
   * The links that media of this call goes to now, but for the one it came over: at most one where a party is at this
   * relay, the two neighbours in between. A new array after a change, never changed in place. That somebody asks is
   * what makes a session link be dialled.
   */
  targets(callId: string): readonly Link[] {
    const entry = this.#calls.get(callId);
    if (entry === undefined) return NOWHERE;
    if (!entry.used) {
      entry.used = true;
      this.#update(entry);
    }
    return entry.targets;
  }

  /** Whether media of this call may come from this relay: from the other party's, or over a neighbour on its way. */
  accepts(callId: string, relay: RelayKey): boolean {
    const route = this.#calls.get(callId)?.route;
    return route !== undefined &&
      (route.peer === relay || route.aside === relay || route.neighbours.includes(relay));
  }

  /** Whether an accepted call has one party here and the other there. */
  hasCallWith(relay: RelayKey): boolean {
    for (const { route } of this.#calls.values()) if (route.peer === relay) return true;
    return false;
  }

  /** Calls with the id of a call whose targets or way have changed. Call the result to end that. */
  onChange(listener: (callId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The session link of this call has come or gone. */
  sessionChanged(callId: string): void {
    const entry = this.#calls.get(callId);
    if (entry !== undefined) this.#update(entry);
  }

  changed(route: CallRoute): void {
    const present = this.#calls.get(route.callId);
    if (present === undefined) {
      const entry = { route, targets: NOWHERE, used: false, wanting: false };
      this.#calls.set(route.callId, entry);
      return this.#update(entry, true);
    }
    present.route = route;
    this.#update(present, true);
  }

  closed(callId: string): void {
    const entry = this.#calls.get(callId);
    if (entry === undefined) return;
    this.#calls.delete(callId);
    this.#options.sessions.unregister(callId);
    this.#tell(callId);
  }

  up({ relay }: Link): void {
    this.#linkChanged(relay);
  }

  down({ relay }: Link): void {
    this.#linkChanged(relay);
  }

  #linkChanged(relay: RelayKey): void {
    for (const entry of this.#calls.values()) {
      if (this.accepts(entry.route.callId, relay)) this.#update(entry);
    }
  }

  #update(entry: Entry, moved = false): void {
    const { find, sessions } = this.#options;
    const { aside = null, callId, here, meetsElsewhere = false, neighbours, peer } = entry.route;
    const direct = peer === null ? null : find(peer);
    // The relay of the caller makes the session link, so that there is but one.
    const wants = here === "caller" && peer !== null && direct === null && entry.used &&
      !meetsElsewhere;
    if (wants !== entry.wanting) {
      entry.wanting = wants;
      if (wants) sessions.register(callId);
      else sessions.unregister(callId);
    }
    const session = meetsElsewhere ? null : sessions.link(callId);
    const best = here === null ? null : direct ?? session;
    const along = best === null ? neighbours.map((relay) => find(relay)) : [best];
    const all = aside === null ? along : [...along, find(aside)];
    const targets = [...new Set(all)].filter((link) => link !== null);
    const same = targets.length === entry.targets.length &&
      targets.every((link, at) => link === entry.targets[at]);
    if (same && !moved) return;
    if (!same) entry.targets = targets;
    this.#tell(callId);
  }

  #tell(callId: string): void {
    for (const listener of this.#listeners) listener(callId);
  }
}
