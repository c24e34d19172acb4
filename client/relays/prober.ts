/**
 * Measures many relays at the same time: a handshake, which shows that they take one, then a few pings. One that is dead
 * costs its own time only.
 */
import { QuicError } from "../../quic/errors.ts";
import type { Clock } from "../../quic/clock.ts";
import type { PongOptions } from "./pongs.ts";

export interface ProbeTarget {
  readonly addr: string;
  /** SHA-256 of the only certificate that is accepted; null for any. */
  readonly pin: Uint8Array | null;
}

/** Why a relay was not reached. */
export type ProbeProblem =
  | "silent"
  /** It has another certificate than the pinned one. */
  | "certificate"
  /** This machine has no way to such addresses. */
  | "no_route"
  | "refused";

export interface ProbeReports {
  /** It has taken a handshake; what it is measured by comes later. */
  reached?(addr: string, draining: boolean): void;
  /** Another answer came, after so many milliseconds; the relay said whether it takes nobody. */
  measured(addr: string, rttMs: number, draining: boolean): void;
  /** None was. */
  failed(addr: string, problem: ProbeProblem): void;
  /** There will be no more of this relay. */
  finished?(addr: string, reached: boolean): void;
}

export interface HandshakeResult {
  readonly rttMs: number;
  readonly draining: boolean;
}

/** One handshake; rejects with `QuicError`. */
export type Handshake = (target: ProbeTarget, timeoutMs: number) => Promise<HandshakeResult>;

/** Pings, some time after a handshake; nothing is told when the relay does not answer such. */
export type Pongs = (target: ProbeTarget, options: Omit<PongOptions, "stamp">) => Promise<void>;

export interface ProberOptions {
  readonly handshake: Handshake;
  /** Default: no relay answers pings. */
  readonly pongs?: Pongs;
  readonly clock: Clock;
  /** Relays at a time, of those that have not been waited for longer than most take. */
  readonly parallel?: number;
  /** Pings of each, one after the other; where they are not answered, handshakes. */
  readonly times?: number;
  readonly timeoutMs?: number;
}

const PARALLEL = 8;
const TIMES = 3;
/** Whoever takes longer is waited for beside the others: a list may begin with dozens of relays that are dead. */
const PLACE_MS = 150;
/** Long enough for a first packet that is lost and sent again. */
const TIMEOUT_MS = 1_500;
/** A handshake that does not keep to its time is left behind so much later. */
const GRACE_MS = 250;
/** Pings and the handshake before them take so many times what the first handshake took, and a little. */
const PONGS_PATIENCE = 6;
const PONGS_MS = 200;

export class Prober {
  readonly #options: Required<ProberOptions>;
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(options: ProberOptions) {
    const pongs = () => Promise.resolve();
    this.#options = { parallel: PARALLEL, times: TIMES, timeoutMs: TIMEOUT_MS, pongs, ...options };
    this.#free = this.#options.parallel;
  }

  /** Resolves when all have answered or failed; rejects for faults of ours only. */
  async probe(targets: readonly ProbeTarget[], reports: ProbeReports): Promise<void> {
    await Promise.all(targets.map(async (target) => {
      await this.#enter();
      let here = true;
      const leave = () => {
        if (here) this.#leave();
        here = false;
      };
      const slow = this.#options.clock.after(PLACE_MS, leave);
      try {
        const reached = await this.#measure(target, reports);
        reports.finished?.(target.addr, reached);
      } finally {
        slow.cancel();
        leave();
      }
    }));
  }

  async #measure(target: ProbeTarget, reports: ProbeReports): Promise<boolean> {
    let reached = false;
    for (let i = 0; i < this.#options.times; i++) {
      try {
        const { rttMs, draining } = await this.#once(target);
        if (!reached) reports.reached?.(target.addr, draining);
        // What pings say and what handshakes take are not comparable, so it is the one or the other.
        const measured = (ms: number) => reports.measured(target.addr, ms, draining);
        if (!reached && await this.#pinged(target, rttMs, measured)) return true;
        reached = true;
        reports.measured(target.addr, rttMs, draining);
      } catch (error) {
        const problem = problemOf(error);
        // A lost packet is no reason to doubt a relay that has just answered.
        if (reached && problem === "silent") continue;
        reports.failed(target.addr, problem);
        return false;
      }
    }
    return reached;
  }

  /** Whether it answers pings. */
  async #pinged(
    target: ProbeTarget,
    handshakeMs: number,
    measured: (rttMs: number) => void,
  ): Promise<boolean> {
    const { pongs, times, timeoutMs } = this.#options;
    let answered = false;
    await pongs(target, {
      times,
      timeoutMs: Math.min(timeoutMs, PONGS_PATIENCE * handshakeMs + PONGS_MS),
      onPong(rttMs) {
        answered = true;
        measured(rttMs);
      },
    });
    return answered;
  }

  async #once(target: ProbeTarget): Promise<HandshakeResult> {
    const { handshake, clock, timeoutMs } = this.#options;
    const late = Promise.withResolvers<never>();
    const timer = clock.after(
      timeoutMs + GRACE_MS,
      () => late.reject(new QuicError("timeout", "The handshake did not end.")),
    );
    const working = handshake(target, timeoutMs);
    working.catch(() => {});
    try {
      return await Promise.race([working, late.promise]);
    } finally {
      timer.cancel();
    }
  }

  #enter(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return Promise.resolve();
    }
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}

/** Faults of ours are not hidden. */
function problemOf(error: unknown): ProbeProblem {
  if (!(error instanceof QuicError)) throw error;
  switch (error.code) {
    case "timeout":
      return "silent";
    case "pin_mismatch":
      return "certificate";
    case "cannot_bind":
      return "no_route";
    default:
      return "refused";
  }
}
