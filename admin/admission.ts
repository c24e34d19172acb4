/** How many connections the server has at a time, so that a flood of them costs memory for a few and time for none. */
import { type Release, SourceLimit } from "../relay/ports/source_limit.ts";
import { isLoopbackIp } from "./guard/host_header.ts";

export interface ConnectionLimits {
  readonly total: number;
  /** Places of the total that only this machine may take, for its operator and scrapers. */
  readonly keptForLoopback: number;
  readonly perSource: number;
  /** Everybody behind a proxy on this machine is one source. */
  readonly perLoopbackSource: number;
}

/** A page takes six at most, a feed keeps one; each costs about 30 KB. */
export const CONNECTION_LIMITS: ConnectionLimits = {
  total: 256,
  keptForLoopback: 64,
  perSource: 32,
  perLoopbackSource: 192,
};

export class Admission {
  readonly #limits: ConnectionLimits;
  readonly #elsewhere: SourceLimit;
  readonly #loopback: SourceLimit;
  #open = 0;

  constructor(limits: ConnectionLimits = CONNECTION_LIMITS) {
    this.#limits = limits;
    this.#elsewhere = new SourceLimit(limits.perSource);
    this.#loopback = new SourceLimit(limits.perLoopbackSource);
  }

  get open(): number {
    return this.#open;
  }

  /** A place for a connection from this address, or null. */
  take(ip: string): Release | null {
    const here = isLoopbackIp(ip);
    const { total, keptForLoopback } = this.#limits;
    if (this.#open >= (here ? total : total - keptForLoopback)) return null;
    const release = (here ? this.#loopback : this.#elsewhere).take(ip);
    if (release === null) return null;
    this.#open += 1;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#open -= 1;
      release();
    };
  }
}
