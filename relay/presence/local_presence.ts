/** Who is at this relay, counted by session: one fingerprint may be registered and in several rooms at once. */
import type { Clock } from "../../quic/clock.ts";
import type { LocalPresence, PresenceSink } from "../ports/presence.ts";

interface Session {
  readonly alias: string | null;
  readonly room: string | null;
}

interface Entry {
  readonly since: number;
  /** In order of entering. */
  readonly sessions: Set<Session>;
}

/** Bounded by the connections there may be: each entry stands for at least one. */
export class LocalPresences implements PresenceSink {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  enter(fingerprint: string, alias: string | null, room: string | null): () => void {
    const session: Session = { alias, room };
    const present = this.#entries.get(fingerprint);
    const entry = present ?? { since: this.#clock.wall(), sessions: new Set() };
    if (present === undefined) this.#entries.set(fingerprint, entry);
    entry.sessions.add(session);
    return () => {
      if (!entry.sessions.delete(session) || entry.sessions.size > 0) return;
      this.#entries.delete(fingerprint);
    };
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
}
