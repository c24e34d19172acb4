/** Runs the race of one call: opens what the race wants, tells it what came of it, closes the loser. */
import type { Clock } from "../../quic/clock.ts";
import type { Connection } from "../../quic/port.ts";
import { reaches } from "../socket.ts";
import type { DirectPort } from "./direct_calls.ts";
import { DirectLink } from "./direct_link.ts";
import { directCandidates, NOT_SELECTED, PathRace, type RaceRole } from "./path_race.ts";

/** What the other side told of itself. */
export interface PeerContact {
  readonly reflexive: string | null;
  readonly locals: readonly string[];
  /** SHA-256 of its certificate. */
  readonly pin: Uint8Array | null;
}

export interface MediaRaceOptions {
  readonly clock: Clock;
  readonly direct: DirectPort;
  readonly role: RaceRole;
  readonly peer: PeerContact;
  readonly room: string;
  readonly dialRelay: () => Promise<Connection>;
  readonly report: (directOk: boolean) => void;
}

/** The winner. */
export type MediaWinner =
  | { readonly path: "direct"; readonly link: DirectLink }
  /** Dialled already; it can still fail. */
  | { readonly path: "relay"; readonly connection: Promise<Connection> };

export class MediaRace {
  /** Null when the call ended first. */
  readonly winner: Promise<MediaWinner | null>;
  readonly #race: PathRace;
  readonly #link: DirectLink;
  #relay: Promise<Connection> | null = null;
  #resolve!: (winner: MediaWinner | null) => void;

  constructor({ clock, direct, role, peer, room, dialRelay, report }: MediaRaceOptions) {
    this.winner = new Promise((resolve) => this.#resolve = resolve);
    this.#link = new DirectLink(() => this.#race.directUp(), () => this.#race.directDown());
    this.#race = new PathRace({
      clock,
      report,
      dialRelay: () => {
        this.#relay = dialRelay();
        // Whoever takes it hears of its failure.
        this.#relay.catch(() => {});
      },
      decide: (path) => this.#decide(path),
    });
    const serverName = `call-${room}`;
    if (role === "acceptor") direct.expect(serverName, this.#link);
    else {
      const { endpoint } = direct;
      const reached = (ip: string) => reaches(endpoint, ip);
      const candidates = directCandidates(peer.locals, peer.reflexive, reached);
      this.#link.dial({ endpoint, candidates, serverName, pin: peer.pin });
    }
  }

  peerReport(directOk: boolean): void {
    this.#race.peerReport(directOk);
  }

  /** The call is over. */
  cancel(): void {
    this.#race.cancel();
    this.#link.close(NOT_SELECTED);
    this.#dropRelay();
    this.#resolve(null);
  }

  #decide(path: "direct" | "relay"): void {
    if (path === "direct") {
      this.#dropRelay();
      return this.#resolve({ path, link: this.#link });
    }
    const connection = this.#relay;
    if (connection === null) throw new TypeError("The race chose a relay it had not dialled");
    this.#resolve({ path, connection });
    this.#link.close(NOT_SELECTED);
  }

  #dropRelay(): void {
    this.#relay?.then((connection) => connection.close(0, NOT_SELECTED), () => {});
  }
}
