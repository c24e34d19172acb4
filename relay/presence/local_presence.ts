/** Who is at this relay, counted by session: one fingerprint may be registered and in several rooms at once. */
import type { Clock } from "../../quic/clock.ts";
import type { LocalPresence, PresenceObserver, PresenceSink } from "../ports/presence.ts";

interface Session {
  readonly alias: string | null;
  readonly room: string | null;
}

interface Entry {
  readonly since: number;
  /** In order of entering. */
  readonly sessions: Set<Session>;
  /** Sessions without a room. */
  registrations: number;
}

/** Bounded by the connections there may be: each entry stands for at least one. */
export class LocalPresences implements PresenceSink {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  readonly #registered = new Set<string>();
  readonly #observers = new Set<PresenceObserver>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  enter(fingerprint: string, alias: string | null, room: string | null): () => void {
    const session: Session = { alias, room };
    const present = this.#entries.get(fingerprint);
    const entry = present ??
      { since: this.#clock.wall(), sessions: new Set(), registrations: 0 };
    if (present === undefined) this.#entries.set(fingerprint, entry);
    entry.sessions.add(session);
    if (room === null) this.#register(fingerprint, entry, 1);
    return () => {
      if (!entry.sessions.delete(session)) return;
      if (entry.sessions.size === 0) this.#entries.delete(fingerprint);
      if (room === null) this.#register(fingerprint, entry, -1);
    };
  }

  registered(): Iterable<string> {
    return this.#registered;
  }

  observe(observer: PresenceObserver): () => void {
    this.#observers.add(observer);
    return () => void this.#observers.delete(observer);
  }

  has(fingerprint: string): boolean {
    return this.#entries.has(fingerprint);
  }

  get(fingerprint: string): LocalPresence | null {
    const entry = this.#entries.get(fingerprint);
    if (entry === undefined) return null;
    let alias: string | null = null;
    let room: string | null = null;
    for (const session of entry.sessions) {
      alias = session.alias ?? alias;
      room = session.room ?? room;
    }
    return { fingerprint, alias, room, since: entry.since, sessions: entry.sessions.size };
  }

  fingerprints(): Iterable<string> {
    return this.#entries.keys();
  }

  #register(fingerprint: string, entry: Entry, more: 1 | -1): void {
    const before = entry.registrations;
    entry.registrations += more;
    if (before > 0 && entry.registrations > 0) return;
    if (more > 0) this.#registered.add(fingerprint);
    else this.#registered.delete(fingerprint);
    for (const observer of this.#observers) {
      if (more > 0) observer.registered(fingerprint);
      else observer.unregistered(fingerprint);
    }
  }
}
