/** Keeps discovering and probing relays in the background, and says which one to use. */
import type { PathQuality } from "../../proto/quality_report.ts";
import type { Clock, Timer } from "../../quic/clock.ts";
import { ClientError } from "../errors.ts";
import type { Alternative, BetterRelay, RelayAdvisor } from "../failover/relay_advisor.ts";
import { Degradation } from "../quality/degradation.ts";
import { score, throughRelay } from "../quality/e_model.ts";
import type { Discovered, TierOutcome } from "./discovery.ts";
import { FirstProbes } from "./first_probes.ts";
import type { KnownRelay } from "./known_relay.ts";
import type { Prober } from "./prober.ts";
import { type Choice, type ChoiceOptions, lives } from "./relay_choice.ts";
import type { RelayMap } from "./relay_map.ts";
import { type RelayState, RelayStates } from "./relay_states.ts";
import { Reprobe, type ReprobeTimes } from "./reprobe.ts";
import { SteadyChoice } from "./steady_choice.ts";

export interface RelayWatchOptions {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** `hasty` while somebody waits for the first relay. Must not reject for what others do. */
  readonly discover: (hasty: boolean) => Promise<Discovered>;
  readonly prober: Pick<Prober, "probe">;
  /** Of earlier runs, or empty. */
  readonly map: RelayMap;
  readonly choice: ChoiceOptions;
  readonly times?: ReprobeTimes;
}

/** A relay to begin with. */
export interface PickedRelay {
  readonly relay: KnownRelay;
  readonly reason: string;
}

/** Longest wait for the first probes, and for any answer at all: until relays that are silent have had their time. */
const FIRST_PROBES_MS = 1_500;
const ANY_ANSWER_MS = 2_000;
const REDISCOVER_MS = 300_000;
/** After a registry that was down. */
const REDISCOVER_SOON_MS = 10_000;
/** Another relay must promise so many points more before one is given up that answers but serves badly. */
const WORTH_IT = 10;
const MAX_WANTED = 32;

export class RelayWatch implements RelayAdvisor {
  /** See `want`. */
  readonly wanted = new Set<string>();
  readonly #options: RelayWatchOptions;
  readonly #states: RelayStates;
  readonly #steady: SteadyChoice;
  readonly #reprobe: Reprobe;
  readonly #listeners = new Set<() => void>();
  readonly #degraded = new Map<string, Degradation>();
  #tiers: readonly TierOutcome[] = [];
  #rediscovery: Timer | null = null;
  #stopped = false;
  #firstProbes: FirstProbes | null = null;

  constructor(options: RelayWatchOptions) {
    const { clock, random, times, map, choice } = options;
    this.#options = options;
    this.#states = new RelayStates(clock, map);
    this.#steady = new SteadyChoice(choice);
    this.#reprobe = new Reprobe({
      clock,
      random,
      ...(times && { times }),
      probe: (maxAgeMs) => this.#probe(this.#states.stale(maxAgeMs)),
    });
  }

  get map(): RelayMap {
    return this.#states.map;
  }

  /** What became of the tiers when relays were looked for last. */
  get tiers(): readonly TierOutcome[] {
    return this.#tiers;
  }

  /** In order of discovery. */
  get relays(): readonly RelayState[] {
    return this.#states.all;
  }

  /** Where the client is, as far as it said so. */
  get current(): string | null {
    return this.#steady.current;
  }

  /** Looks for relays and begins to probe them; resolves when it knows which there are. */
  async start(): Promise<void> {
    await this.#discover(true);
    const { clock } = this.#options;
    const relays = this.#states.all;
    this.#firstProbes = new FirstProbes(clock);
    const probing = this.#probe(relays);
    probing.then(() => {
      this.#firstProbes?.end();
      if (!this.#stopped) this.#reprobe.start();
    });
  }

  /** Once every relay was probed. */
  async allProbed(): Promise<void> {
    await this.#firstProbes?.ended;
  }

  /** The relay to begin with, soon after `start`. Rejects with `ClientError` when there is none. */
  async first(): Promise<PickedRelay> {
    const { clock, choice } = this.#options;
    const all = this.#states.all.map(({ relay }) => relay);
    if (all.length === 0) {
      throw new ClientError("unreachable", `No relay is known. ${this.#tierTexts()}`);
    }
    await this.#firstProbes?.settled(FIRST_PROBES_MS, ANY_ANSWER_MS);
    const now = clock.now();
    const candidates = this.#states.candidates(null);
    // Where none has answered yet, one that may still do so is a better beginning than one that failed.
    const hopeful = candidates.some((candidate) => lives(candidate, now))
      ? candidates
      : candidates.filter(({ addr }) => this.#states.get(addr)?.problem === null);
    const picked = this.#steady.first(hopeful, now);
    const relay = all.find(({ addr }) => addr === picked?.addr);
    if (picked === null || relay === undefined) {
      throw new ClientError("unreachable", noneOf(this.#states.all, choice));
    }
    return { relay, reason: picked.reason };
  }

  stop(): void {
    this.#stopped = true;
    this.#reprobe.stop();
    this.#rediscovery?.cancel();
    this.#firstProbes?.end();
  }

  /** The client is there from now on. */
  hold(addr: string): void {
    this.#steady.hold(addr, this.#options.clock.now());
  }

  alternatives(allowed: (addr: string) => boolean): readonly Alternative[] {
    const { clock, choice } = this.#options;
    let left = this.#states.candidates(null).filter(({ addr, region, takesClients }) =>
      takesClients && allowed(addr) && (choice.region === null || region === choice.region)
    );
    const best: Alternative[] = [];
    while (left.length > 0) {
      const next = this.#steady.first(left, clock.now());
      if (next === null) break;
      best.push({ addr: next.addr, pin: this.#states.get(next.addr)?.relay.pin ?? null });
      left = left.filter(({ addr }) => addr !== next.addr);
    }
    return best;
  }

  better(current: string): BetterRelay | null {
    this.hold(current);
    return this.#better();
  }

  heard(addr: string): void {
    this.#states.heard(addr);
  }

  failed(addr: string): void {
    this.#states.dead(addr);
    // It may answer probes all the same. Those that are no candidates need not be remembered.
    if (this.#states.get(addr) !== null) this.#steady.shun(addr, this.#options.clock.now());
    this.#reprobe.hurry();
    this.#changed();
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** What a session measured on its way to a relay, about once a second. */
  report(addr: string, quality: PathQuality): void {
    const { clock } = this.#options;
    const now = clock.now();
    this.#states.heard(addr);
    const points = score(throughRelay(quality));
    if (this.#states.worsened(addr, quality, points)) this.#reprobe.hurry();
    let degraded = this.#degraded.get(addr);
    if (degraded === undefined) this.#degraded.set(addr, degraded = new Degradation());
    if (!degraded.add(now, points) || !this.#promises(addr, points + WORTH_IT)) return;
    this.#degraded.delete(addr);
    this.#steady.shun(addr, now);
    this.#changed();
  }

  /** This relay will take nobody any more. */
  draining(addr: string): void {
    this.#states.draining(addr);
    this.#changed();
  }

  /** Relays that another relay named: `name|addr`, with its certificate's hash as a third part where known. */
  told(relays: readonly string[], region: string | null): void {
    const fresh = this.#states.told(relays, region);
    if (fresh.length > 0 && !this.#stopped) this.#probe(fresh).then(() => this.#changed());
  }

  /** Relays that somebody else measured, by address: looked for in long lists before others. */
  want(addrs: readonly string[]): void {
    const missing = addrs.slice(0, MAX_WANTED).filter((addr) =>
      !this.wanted.has(addr) && this.#states.get(addr) === null
    );
    if (missing.length === 0) return;
    this.wanted.clear();
    for (const addr of addrs.slice(0, MAX_WANTED)) this.wanted.add(addr);
    this.#rediscovery?.cancel();
    this.#rediscover();
  }

  #better(): Choice | null {
    const { current } = this.#steady;
    return this.#steady.better(this.#states.candidates(current), this.#options.clock.now());
  }

  /** Whether another relay that lives would have so many points with what probes tell. */
  #promises(addr: string, points: number): boolean {
    const now = this.#options.clock.now();
    return this.#states.candidates(null).some((candidate) =>
      candidate.addr !== addr && candidate.takesClients && lives(candidate, now) &&
      candidate.rttMs !== null &&
      score({ latencyMs: candidate.rttMs, jitterMs: 0, lossPct: 0 }) >= points
    );
  }

  async #discover(hasty: boolean): Promise<void> {
    const { clock, random, discover } = this.#options;
    const { relays, tiers } = await discover(hasty);
    if (this.#stopped) return;
    this.#tiers = tiers;
    this.#states.discovered(relays);
    const complete = tiers.every(({ state }) => state === "ok" || state === "unused");
    const wait = (complete ? REDISCOVER_MS : REDISCOVER_SOON_MS) * (0.8 + 0.4 * random());
    this.#rediscovery = clock.after(wait, () => this.#rediscover());
  }

  async #rediscover(): Promise<void> {
    await this.#discover(false);
    // Newcomers are measured at once; the others when it is their turn.
    await this.#probe(
      this.#states.all.filter(({ rttMs, problem }) => rttMs === null && problem === null),
    );
  }

  async #probe(states: readonly RelayState[]): Promise<void> {
    await this.#options.prober.probe(states.map(({ relay }) => relay), {
      reached: (addr, draining) => {
        if (!draining) this.#states.heard(addr);
      },
      measured: (addr, rttMs, draining) => {
        this.#states.measured(addr, rttMs, draining);
        this.#firstProbes?.measured();
      },
      failed: (addr, problem) => this.#states.failed(addr, problem),
      finished: (_addr, reached) => this.#firstProbes?.finished(reached),
    });
    this.#changed();
  }

  #changed(): void {
    if (this.#stopped) return;
    for (const listener of this.#listeners) listener();
  }

  #tierTexts(): string {
    return this.#tiers.filter(({ state }) => state !== "unused").map(({ text }) => text).join(" ");
  }
}

/** Why there is nothing to begin with. */
function noneOf(states: readonly RelayState[], { region }: ChoiceOptions): string {
  const inRegion = states.filter(({ relay }) => region === null || relay.region === region);
  if (inRegion.length === 0) {
    const which = states.length === 1
      ? "The only relay is not"
      : `None of the ${states.length} relays is`;
    return `${which} in region "${region}".`;
  }
  const count = (test: (state: RelayState) => boolean) => inRegion.filter(test).length;
  const why = [
    [count(({ problem }) => problem === "silent"), "does not answer", "do not answer"],
    [
      count(({ problem }) => problem === "certificate"),
      "has another certificate than expected",
      "have another certificate than expected",
    ],
    [count(({ problem }) => problem === "refused"), "refuses", "refuse"],
    [
      count(({ problem }) => problem === "no_route"),
      "cannot be reached from this machine",
      "cannot be reached from this machine",
    ],
    [count(({ problem, full }) => problem === null && full), "takes nobody now", "take nobody now"],
  ] as const;
  const found = why.filter(([n]) => n > 0);
  if (inRegion.length === 1) return `The only relay ${found[0]?.[1] ?? "has not answered yet"}.`;
  const parts = found.map(([n, one, more]) => `${n} ${n === 1 ? one : more}`).join(", ");
  const all = `None of the ${inRegion.length} relays can be used`;
  return `${all}: ${parts === "" ? "no answer yet" : parts}.`;
}
