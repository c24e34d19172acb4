/** Which relay to use: stay with the present one, or go to another. Pure. */

/** A relay as it stands now. */
export interface Candidate {
  readonly addr: string;
  readonly name: string;
  readonly region: string | null;
  /** Recent, smoothed; null until measured. */
  readonly rttMs: number | null;
  /** As the last probe found it. */
  readonly reachable: boolean;
  /** Time of the last sign of life, on the clock of `now`. */
  readonly heardAt: number | null;
  /** Neither draining nor full. Of the present relay only the drain counts: we are one of those that fill it. */
  readonly takesClients: boolean;
}

export interface ChoiceOptions {
  /** Address or name of the relay that the operator wants. */
  readonly preferred: string | null;
  /** Only relays of this region. */
  readonly region: string | null;
}

export interface Choice {
  readonly addr: string;
  /** One clause for people. */
  readonly reason: string;
}

/** A relay that was heard so recently lives, whatever became of probes. */
export const HEARD_MS = 8_000;
/** A smaller gain is not worth a move. */
export const MIN_GAIN_MS = 10;
/** The new round trip may be at most this share of the old one. */
export const MAX_SHARE = 2 / 3;

/**
 * `current` to stay, another one to move, null when there is nothing to choose from. `candidates` are in the order of
 * their discovery, which decides where no measurement does.
 */
export function chooseRelay(
  current: string | null,
  candidates: readonly Candidate[],
  options: ChoiceOptions,
  now: number,
): Choice | null {
  const inRegion = candidates.filter(({ region }) =>
    options.region === null || region === options.region
  );
  const open = inRegion.filter(({ takesClients }) => takesClients);
  const living = open.filter((candidate) => lives(candidate, now));
  const here = inRegion.find(({ addr }) => addr === current) ?? null;
  const hereLives = here !== null && lives(here, now);

  const wanted = living.find((candidate) => isNamed(candidate, options.preferred));
  if (wanted !== undefined) return choice(wanted, "it is the preferred one");

  const nearest = nearestOf(living);
  if (here === null || !hereLives || !here.takesClients) {
    if (nearest !== null) {
      const why = arrival(here, hereLives, nearest);
      return choice(nearest, why + unknownWish(candidates, options.preferred));
    }
    if (here !== null && hereLives) return choice(here, "no other relay can be reached");
    const first = open.find((candidate) => isNamed(candidate, options.preferred)) ?? open[0];
    return first === undefined ? null : choice(first, "none was measured, it comes first");
  }

  if (nearest === null || nearest === here) return choice(here, "it is the nearest");
  if (nearest.rttMs === null || here.rttMs === null) return choice(here, "nothing says otherwise");
  const gain = here.rttMs - nearest.rttMs;
  if (gain < MIN_GAIN_MS || nearest.rttMs > here.rttMs * MAX_SHARE) {
    return choice(here, "no other is so much nearer that a move is worth it");
  }
  return choice(nearest, `nearer: ${ms(nearest.rttMs)} instead of ${ms(here.rttMs)}`);
}

/** A probe that came back, or any other sign within the last seconds. */
export function lives({ reachable, heardAt }: Candidate, now: number): boolean {
  return reachable || heardAt !== null && now - heardAt < HEARD_MS;
}

/** Of equals the first; those without a round trip after all others. */
function nearestOf(candidates: readonly Candidate[]): Candidate | null {
  let best: Candidate | null = null;
  for (const candidate of candidates) {
    if (best === null || (candidate.rttMs ?? Infinity) < (best.rttMs ?? Infinity)) best = candidate;
  }
  return best;
}

function isNamed({ addr, name }: Candidate, preferred: string | null): boolean {
  return preferred !== null && (addr === preferred || name === preferred);
}

/** Said once, when a relay is chosen: a wish with a slip of the pen would be ignored in silence. */
function unknownWish(candidates: readonly Candidate[], preferred: string | null): string {
  if (preferred === null || candidates.some((one) => isNamed(one, preferred))) return "";
  return `; no relay is called "${preferred}"`;
}

function arrival(here: Candidate | null, hereLives: boolean, to: Candidate): string {
  const near = to.rttMs === null ? "it was heard" : `it is the nearest, ${ms(to.rttMs)}`;
  if (here === null) return near;
  return `${hereLives ? "the other takes nobody" : "the other does not answer"}; ${near}`;
}

function choice({ addr }: Candidate, reason: string): Choice {
  return { addr, reason };
}

function ms(value: number): string {
  return `${Math.round(value)} ms`;
}
