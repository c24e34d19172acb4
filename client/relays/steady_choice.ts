/** Choosing again and again without going back and forth: remembers when it moved last, and what served badly. */
import {
  type Candidate,
  type Choice,
  type ChoiceOptions,
  chooseRelay,
  lives,
} from "./relay_choice.ts";

/** Between two moves that nothing forces. */
export const REST_MS = 60_000;
/** A relay that was left because it served badly is not gone back to for so long, whatever its probes say. */
export const SHUN_MS = 120_000;

export class SteadyChoice {
  readonly #options: ChoiceOptions;
  readonly #shunned = new Map<string, number>();
  #current: string | null = null;
  #movedAt = -Infinity;

  constructor(options: ChoiceOptions) {
    this.#options = options;
  }

  get current(): string | null {
    return this.#current;
  }

  /** The client is there from now on. Its first relay is no move. */
  hold(addr: string, now: number): void {
    if (addr === this.#current) return;
    if (this.#current !== null) this.#movedAt = now;
    this.#current = addr;
  }

  /** The relay serves badly although it answers: others are tried first for a while. */
  shun(addr: string, now: number): void {
    this.#shunned.set(addr, now + SHUN_MS);
  }

  /** Where to be instead of `current`, which the client holds; null to stay. */
  better(candidates: readonly Candidate[], now: number): Choice | null {
    const choice = this.#choose(this.#current, candidates, now);
    if (choice === null || choice.addr === this.#current) return null;
    const here = candidates.find(({ addr }) => addr === this.#current);
    const forced = here === undefined || !lives(here, now) || !here.takesClients;
    return forced || now - this.#movedAt >= REST_MS ? choice : null;
  }

  /** Where to begin, or to go when the present one is lost. */
  first(candidates: readonly Candidate[], now: number): Choice | null {
    return this.#choose(null, candidates, now);
  }

  /** Shunned relays count only where there is no other that lives. */
  #choose(current: string | null, all: readonly Candidate[], now: number): Choice | null {
    const good = all.filter((candidate) => !this.#isShunned(candidate, now));
    const choice = chooseRelay(current, good, this.#options, now);
    const chosen = good.find(({ addr }) => addr === choice?.addr);
    if (chosen !== undefined && lives(chosen, now)) return choice;
    return chooseRelay(current, all, this.#options, now);
  }

  #isShunned({ addr }: Candidate, now: number): boolean {
    const until = this.#shunned.get(addr);
    if (until === undefined) return false;
    if (now < until) return true;
    this.#shunned.delete(addr);
    return false;
  }
}
