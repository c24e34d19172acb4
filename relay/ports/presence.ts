/** Who is here: the services tell it; routes, gossip and the API read it. */

/** Where the services tell who is here. */
export interface PresenceSink {
  /**
   * Somebody registered on `_signal` (room null) or joined a room. Call the answer once when that ends. The same
   * fingerprint may be here several times over; it is present until the last of them ends.
   */
  enter(fingerprint: string, alias: string | null, room: string | null): () => void;
}

/** Somebody at this relay. */
export interface LocalPresence {
  readonly fingerprint: string;
  /** The newest one given. */
  readonly alias: string | null;
  /** The room joined last; null for who is only registered. */
  readonly room: string | null;
  /** Unix time in milliseconds since when without a break. */
  readonly since: number;
  /** Registrations and rooms in which this fingerprint is at present. */
  readonly sessions: number;
}

/** Somebody at another relay, as that relay said. */
export interface RemotePresence {
  readonly fingerprint: string;
  /** Canonical `ip:port`. */
  readonly relay: string;
  /** Milliseconds since that relay last said so. */
  readonly ageMs: number;
}

/** Another relay that told who is there. */
export interface PresencePeer {
  /** Canonical `ip:port`. */
  readonly address: string;
  readonly fingerprints: readonly string[];
  readonly ageMs: number;
  /** Measured by the probe of that relay; null where none runs. */
  readonly rttMs: number | null;
}

/** Where a fingerprint is; `local` wins. */
export type PresencePlace =
  | ({ readonly at: "local" } & LocalPresence)
  | ({ readonly at: "remote" } & RemotePresence);

/** Is told of registrations; must not throw. Rooms do not count: only who is registered can be called. */
export interface PresenceObserver {
  /** The first registration of a fingerprint began. */
  registered(fingerprint: string): void;
  /** The last one ended. */
  unregistered(fingerprint: string): void;
}

/** Somebody else who knows who is at other relays, and is asked whenever it matters. */
export interface PresenceElsewhere {
  find(fingerprint: string): RemotePresence | null;
  peers(): Iterable<PresencePeer>;
}

/** Reading it all. Lists are in order of fingerprint or address. */
export interface PresenceView {
  find(fingerprint: string): PresencePlace | null;
  locals(): LocalPresence[];
  /** Without those who are also local; of several relays that name one, the one heard last counts. */
  remotes(): RemotePresence[];
  peers(): PresencePeer[];
  /** Only the names, in no order; cheap. */
  localFingerprints(): Iterable<string>;
  /** The names of everybody, here or elsewhere, in no order and some more than once; may be read bit by bit. */
  fingerprints(): Iterable<string>;
  /** Who is registered on `_signal`, in no order. */
  registered(): Iterable<string>;
  /** Call the answer to end it. */
  observe(observer: PresenceObserver): () => void;
  /**
   * Asks this one too, for whom no probe has told of; one at a time, the newest. Its names are as good as its word:
   * it bounds them itself. Call the answer to end it.
   */
  follow(elsewhere: PresenceElsewhere): () => void;
}
