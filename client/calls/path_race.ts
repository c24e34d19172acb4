/**
 * Which way the media of a call goes: directly, when both sides say in time that they can, else through the
 * relay. Decides from what it is told and from the clock; opens nothing.
 */
import { formatSocketAddress, parseSocketAddress } from "../../proto/socket_address.ts";
import type { SocketAddress } from "../../proto/socket_address.ts";
import type { Clock, Timer } from "../../quic/clock.ts";

/** The relay's connection is opened early, so that giving up the direct one costs no time. */
export const RELAY_START_MS = 1_000;
/** A direct connection that is not up by then never will be. */
export const DIRECT_LIMIT_MS = 2_000;
/** How long the other side may take to tell, once we can. */
export const REPORT_LIMIT_MS = 3_000;

/** What a loser of the race is closed with. */
export const NOT_SELECTED = "not-selected";

/** Who dials; the other one listens. */
export type RaceRole = "dialer" | "acceptor";

/** Both sides come to opposite answers; null when an address is missing or the same. */
export function raceRole(own: string | null, peer: string | null): RaceRole | null {
  if (own === null || peer === null || own === peer) return null;
  return own < peer ? "acceptor" : "dialer";
}

/** Where to dial, best first: what can be reached, each once. */
export function directCandidates(
  locals: readonly string[],
  reflexive: string | null,
  reached: (ip: string) => boolean,
): SocketAddress[] {
  const found = new Map<string, SocketAddress>();
  const add = (text: string, most: number) => {
    const address = parseSocketAddress(text);
    if (address === null || address.port === 0 || !reached(address.ip)) return;
    if (found.size < most) found.set(formatSocketAddress(address), address);
  };
  // However many interfaces there are, it has its place.
  for (const text of locals) add(text, MAX_CANDIDATES - 1);
  if (reflexive !== null) add(reflexive, MAX_CANDIDATES);
  return [...found.values()];
}

/** The other side chooses where we send packets to, so there is a limit. */
const MAX_CANDIDATES = 16;

export interface PathRaceOptions {
  readonly clock: Clock;
  /** Opens the relay's connection; at most once. */
  readonly dialRelay: () => void;
  /** Tells the other side; at most once. */
  readonly report: (directOk: boolean) => void;
  /** Called exactly once, unless cancelled. */
  readonly decide: (path: "direct" | "relay") => void;
}

export class PathRace {
  readonly #options: PathRaceOptions;
  readonly #timers: Timer[] = [];
  #direct: "trying" | "up" | "down" = "trying";
  #peer: boolean | null = null;
  #dialled = false;
  #reported = false;
  #over = false;

  /** Begins now, together with the attempt to connect directly. */
  constructor(options: PathRaceOptions) {
    this.#options = options;
    this.#after(RELAY_START_MS, () => this.#dialRelay());
    this.#after(DIRECT_LIMIT_MS, () => {
      if (this.#direct === "trying") this.directDown();
    });
  }

  /** A direct connection is up. */
  directUp(): void {
    if (this.#over || this.#direct !== "trying") return;
    this.#direct = "up";
    this.#report(true);
    this.#after(REPORT_LIMIT_MS, () => this.#decide("relay"));
    this.#judge();
  }

  /** No direct connection will be up, or it is lost again. */
  directDown(): void {
    if (this.#over) return;
    this.#direct = "down";
    this.#report(false);
    this.#decide("relay");
  }

  /** What the other side says of its end. Only its first word counts. */
  peerReport(directOk: boolean): void {
    if (this.#over) return;
    this.#peer ??= directOk;
    this.#judge();
  }

  /** The call is over. */
  cancel(): void {
    this.#over = true;
    for (const timer of this.#timers) timer.cancel();
  }

  #judge(): void {
    if (this.#peer === false) this.directDown();
    else if (this.#peer === true && this.#direct === "up") this.#decide("direct");
  }

  #report(directOk: boolean): void {
    if (this.#reported) return;
    this.#reported = true;
    this.#options.report(directOk);
  }

  #dialRelay(): void {
    if (this.#dialled) return;
    this.#dialled = true;
    this.#options.dialRelay();
  }

  #decide(path: "direct" | "relay"): void {
    if (this.#over) return;
    this.cancel();
    if (path === "relay") this.#dialRelay();
    this.#options.decide(path);
  }

  #after(ms: number, run: () => void): void {
    this.#timers.push(this.#options.clock.after(ms, run));
  }
}
