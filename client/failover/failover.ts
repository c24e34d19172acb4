/** Which relay carries a session, and when it moves: a state machine without I/O or clock of its own. */
import type { Decision, FailoverEvent, MoveReason, Outlook } from "./failover_events.ts";
import { PathWatch } from "./path_watch.ts";

/** Measurements in a row, one every 500 ms, without a sign of the relay: up to 1 s, and up to 2 s. */
export const STANDBY_AFTER = 2;
export const DEAD_AFTER = 4;
/** Voluntary moves are so far from any move before, and from a voluntary one that came to nothing. */
export const VOLUNTARY_EVERY_MS = 60_000;
const VOLUNTARY_RETRY_MS = 15_000;
/** Others are dialled so far apart, by whoever has lost its relay all of them, again after growing pauses, and in the end gives up. */
const STAGGER_MS = 150;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5_000;
export const GIVE_UP_MS = 30_000;
/** Relays that send us on sooner than this, one after the other, wait for us longer each time. */
const BRIEF_MS = 10_000;
/** Two in a row may be an accident, or a restart of both. */
const BRIEF_STAYS = 2;
/** A standby that has not told who else is there by then will not: somebody left, or the lists differ. */
const READY_LIMIT_MS = 2_000;
/** How long a standby is measured before it takes over from a relay that is merely poor. */
const TRIAL_MS = 3_000;
/** What a standby may take from being dialled. */
const STANDBY_LIMIT_MS = 8_000;

interface Present {
  readonly id: number;
  readonly addr: string;
  readonly path: PathWatch;
  draining: boolean;
  silent: number;
}

interface Attempt {
  readonly addr: string;
  readonly since: number;
  readonly path: PathWatch;
  joinedAt: number | null;
  ready: boolean;
}

export class Failover {
  #present: Present | null;
  #over = false;
  /** Dialled or joined, not yet used. */
  readonly #attempts = new Map<number, Attempt>();
  /** Why there are attempts while there is a present relay. */
  #goal: MoveReason | null = null;
  /** Tried for this goal, or in this round. */
  readonly #tried = new Set<string>();
  #nextDial = 0;
  #pause = FIRST_PAUSE_MS;
  #usedAt = -Infinity;
  /** Brief stays in a row. */
  #brief = 0;
  #lost: { readonly addr: string; readonly reason: MoveReason; readonly at: number } | null = null;
  #round = 0;
  #voluntaryFrom = -Infinity;
  #ids = 0;
  #wakeAt: number | null = null;
  #decisions: Decision[] = [];

  constructor(addr: string) {
    this.#present = present(0, addr);
  }

  /** Number of the session that sends; null while there is none. */
  get present(): number | null {
    return this.#present?.id ?? null;
  }

  get over(): boolean {
    return this.#over;
  }

  /** When it wants to look again although nothing happens. */
  get wakeAt(): number | null {
    return this.#wakeAt;
  }

  /** What to do now, in order. */
  step(event: FailoverEvent, outlook: Outlook): readonly Decision[] {
    this.#decisions = [];
    this.#wakeAt = null;
    if (this.#over) return this.#decisions;
    this.#take(event, outlook);
    if (!this.#over) {
      if (this.#present !== null) this.#accompanied(this.#present, outlook);
      if (this.#present === null) this.#alone(outlook);
    }
    return this.#decisions;
  }

  /** The session ends by our own will: whatever is open besides is to be left. */
  end(): readonly Decision[] {
    this.#decisions = [];
    this.#finish();
    return this.#decisions;
  }

  #take(event: FailoverEvent, outlook: Outlook): void {
    const { now } = outlook;
    if (event.type === "look") return;
    if (event.id === this.#present?.id) return this.#ofPresent(this.#present, event, outlook);
    const attempt = this.#attempts.get(event.id);
    if (attempt === undefined) return;
    switch (event.type) {
      case "joined":
        attempt.joinedAt = now;
        return;
      case "ready":
        attempt.ready = true;
        return;
      case "measured":
        attempt.path.add(event.quality);
        if (event.silent >= STANDBY_AFTER) this.#leave(event.id);
        return;
      case "draining":
        return this.#leave(event.id);
      case "failed":
      case "closed":
        this.#attempts.delete(event.id);
        return;
    }
  }

  #ofPresent(present: Present, event: FailoverEvent, { now, alternatives }: Outlook): void {
    switch (event.type) {
      case "measured":
        present.silent = event.silent;
        present.path.add(event.quality);
        // Without anywhere to go there is nothing better than to wait for it.
        if (event.silent < DEAD_AFTER || alternatives.length === 0) return;
        this.#decide({ do: "drop", id: present.id });
        return this.#lose(present, "silent", now);
      case "draining":
        present.draining = true;
        return;
      case "closed":
        if (event.how === "lost" || present.draining) {
          return this.#lose(present, present.draining ? "draining" : "closed", now);
        }
        this.#present = null;
        this.#finish();
        return this.#decide({ do: "give up" });
    }
  }

  #lose({ addr }: Present, reason: MoveReason, now: number): void {
    this.#present = null;
    this.#lost = { addr, reason, at: now };
    this.#goal = null;
    this.#round = 0;
    this.#pause = FIRST_PAUSE_MS;
    this.#nextDial = now + this.#respite;
    this.#tried.clear();
    for (const { addr } of this.#attempts.values()) this.#tried.add(addr);
  }

  /** There is a relay: is there a reason to leave it, and somewhere to go? */
  #accompanied(present: Present, outlook: Outlook): void {
    const goal = this.#goalOf(present, outlook);
    if (goal !== this.#goal) this.#turnTo(goal, outlook.now);
    if (goal === null) return;
    for (const [id, attempt] of this.#attempts) {
      const verdict = judge(goal, attempt, outlook.now);
      if (verdict === "take") return this.#use(id, goal, outlook.now);
      if (verdict === "refuse") this.#leave(id);
    }
    if (this.#attempts.size === 0) this.#tryNext(goal, present, outlook);
    for (const attempt of this.#attempts.values()) this.#wake(wakeOf(goal, attempt));
  }

  #goalOf(present: Present, { now, alternatives, better }: Outlook): MoveReason | null {
    if (present.draining) return "draining";
    if (present.silent >= STANDBY_AFTER) return "silent";
    const begun = this.#goal === "better" || this.#goal === "degraded";
    if (begun && this.#attempts.size > 0) return this.#goal;
    if (now < this.#voluntaryFrom) return null;
    if (better !== null && alternatives.includes(better)) return "better";
    return present.path.poor ? "degraded" : null;
  }

  #turnTo(goal: MoveReason | null, now: number): void {
    const standbyServes = goal !== null && urgent(goal);
    if (!standbyServes) { for (const id of [...this.#attempts.keys()]) this.#leave(id); }
    this.#goal = goal;
    this.#tried.clear();
    this.#nextDial = now + this.#respite;
    this.#pause = FIRST_PAUSE_MS;
  }

  /** Before the next dial: none, unless relays pass us on and on. */
  get #respite(): number {
    const beyond = this.#brief - BRIEF_STAYS;
    return beyond < 0 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** beyond, LONGEST_PAUSE_MS);
  }

  #tryNext(goal: MoveReason, present: Present, outlook: Outlook): void {
    const { now, alternatives, better } = outlook;
    if (now < this.#nextDial) return this.#wake(this.#nextDial);
    const wanted = goal === "better"
      ? alternatives.filter((addr) => addr === better)
      : alternatives;
    this.#forgetAllBut(wanted);
    const next = wanted.find((addr) => addr !== present.addr && !this.#tried.has(addr));
    if (next !== undefined) return this.#join(next, now);
    if (!urgent(goal)) {
      this.#voluntaryFrom = now + VOLUNTARY_RETRY_MS;
      this.#goal = null;
      return;
    }
    this.#tried.clear();
    this.#nextPause(now);
  }

  /** There is none: whoever takes us first. */
  #alone({ now, alternatives }: Outlook): void {
    const lost = this.#lost!;
    for (const [id, attempt] of this.#attempts) {
      if (attempt.joinedAt !== null) return this.#use(id, lost.reason, now);
      if (now - attempt.since >= STANDBY_LIMIT_MS) this.#leave(id);
    }
    // The lost one may have been started again meanwhile.
    const again = this.#round > 0 && lost.reason !== "draining" && alternatives.length > 0;
    const all = again ? [...new Set([...alternatives, lost.addr])] : alternatives;
    this.#forgetAllBut(all);
    const untried = all.filter((addr) => !this.#tried.has(addr));
    const nowhere = this.#attempts.size === 0 && all.length === 0;
    if (nowhere || now - lost.at >= GIVE_UP_MS) {
      this.#finish();
      return this.#decide({ do: "give up" });
    }
    if (now >= this.#nextDial && untried.length > 0) {
      this.#join(untried[0]!, now);
    } else if (untried.length === 0 && this.#attempts.size === 0) {
      this.#tried.clear();
      this.#round++;
      this.#nextPause(now);
    }
    this.#wake(lost.at + GIVE_UP_MS);
    if (this.#nextDial > now) this.#wake(this.#nextDial);
    for (const { since } of this.#attempts.values()) this.#wake(since + STANDBY_LIMIT_MS);
  }

  #join(addr: string, now: number): void {
    const id = ++this.#ids;
    this.#tried.add(addr);
    // Also where joining fails at once: a relay may name addresses without end.
    this.#nextDial = now + STAGGER_MS;
    this.#attempts.set(id, {
      addr,
      since: now,
      path: new PathWatch(),
      joinedAt: null,
      ready: false,
    });
    this.#decide({ do: "join", id, addr });
  }

  /** The present relay may name others every time. */
  #forgetAllBut(addresses: readonly string[]): void {
    for (const addr of this.#tried) if (!addresses.includes(addr)) this.#tried.delete(addr);
  }

  #use(id: number, reason: MoveReason, now: number): void {
    const { addr } = this.#attempts.get(id)!;
    this.#attempts.delete(id);
    this.#decide({ do: "use", id, reason });
    if (this.#present !== null) this.#decide({ do: "leave", id: this.#present.id });
    for (const other of [...this.#attempts.keys()]) this.#leave(other);
    this.#present = present(id, addr);
    this.#lost = null;
    this.#goal = null;
    this.#voluntaryFrom = now + VOLUNTARY_EVERY_MS;
    this.#brief = now - this.#usedAt < BRIEF_MS ? this.#brief + 1 : 0;
    this.#usedAt = now;
  }

  #leave(id: number): void {
    this.#attempts.delete(id);
    this.#decide({ do: "leave", id });
  }

  #finish(): void {
    this.#over = true;
    this.#wakeAt = null;
    for (const id of [...this.#attempts.keys()]) this.#leave(id);
  }

  #nextPause(now: number): void {
    this.#nextDial = now + this.#pause;
    this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE_MS);
    this.#wake(this.#nextDial);
  }

  #wake(at: number): void {
    if (this.#wakeAt === null || at < this.#wakeAt) this.#wakeAt = at;
  }

  #decide(decision: Decision): void {
    this.#decisions.push(decision);
  }
}

function present(id: number, addr: string): Present {
  return { id, addr, path: new PathWatch(), draining: false, silent: 0 };
}

/** The present relay will not be there much longer. */
function urgent(goal: MoveReason): boolean {
  return goal === "draining" || goal === "silent";
}

/** Whether a standby takes over from a relay that is still there. */
function judge(goal: MoveReason, attempt: Attempt, now: number): "take" | "refuse" | "wait" {
  const { joinedAt, since, ready, path } = attempt;
  // Until its silence is a death the old one may speak again.
  if (goal === "silent") return "wait";
  if (joinedAt === null) return now - since >= STANDBY_LIMIT_MS ? "refuse" : "wait";
  if (!ready && now - joinedAt < READY_LIMIT_MS) return "wait";
  if (goal !== "degraded") return "take";
  if (now - joinedAt < TRIAL_MS) return "wait";
  return path.good ? "take" : "refuse";
}

function wakeOf(goal: MoveReason, { joinedAt, since }: Attempt): number {
  if (joinedAt === null) return since + STANDBY_LIMIT_MS;
  return joinedAt + (goal === "degraded" ? TRIAL_MS : READY_LIMIT_MS);
}
