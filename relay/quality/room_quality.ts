/** The quality of a room: its weakest participant decides what all of them should send. */
import type { QualityProfile } from "../../proto/codec.ts";
import { lossPercentOf, rttMsOf } from "../../proto/quality_report.ts";
import type { Clock } from "../../quic/clock.ts";
import type { Cell, Family } from "../ports/counters.ts";
import type { ParticipantView } from "../ports/room_observer.ts";
import { TokenBucket } from "../token_bucket.ts";
import { classify, GOOD, STUDIO_64K, type Tier, TIER_NAMES, TIER_PROFILES } from "./tier.ts";
import { TierController } from "./tier_controller.ts";

/** What everybody in the room is to be told. */
export interface Directive {
  readonly profile: QualityProfile;
  readonly reason: string;
}

/** Where the figures of each session go. */
export interface SessionGauges {
  readonly sessionLoss: Family;
  readonly sessionRtt: Family;
}

/** A participant whose last report is older counts like one that never reported. */
export const REPORT_LIFETIME_MS = 10_000;

/**
 * A directive goes to everybody, so a sender of made-up reports must not cause many. Real paths change a few times a
 * minute. What is held back is told by the next `expire` that may.
 */
const DIRECTIVES_AT_ONCE = 10;
const DIRECTIVES_PER_SECOND = 1;

const DIRECTIVES: readonly Directive[] = TIER_PROFILES.map((profile, tier) =>
  Object.freeze({ profile, reason: `weakest link: ${TIER_NAMES[tier]}` })
);

/** A participant whose last report still counts. */
interface Reporter {
  readonly loss: Cell;
  readonly rtt: Cell;
  readonly controller: TierController;
  reportedAt: number;
}

/**
 * Every method answers the directive that is now due, or null. A join needs none: a participant counts as good until
 * it reports, and newcomers are not told anything by the original either.
 */
export class RoomQuality {
  readonly #clock: Clock;
  readonly #gauges: SessionGauges;
  readonly #bucket: TokenBucket;
  readonly #participants = new Set<ParticipantView>();
  readonly #reporters = new Map<ParticipantView, Reporter>();
  /** What the room was told last; good at first. */
  #tier: Tier = GOOD;
  /** A change was held back. */
  #owed = false;

  constructor(clock: Clock, gauges: SessionGauges) {
    this.#clock = clock;
    this.#gauges = gauges;
    this.#bucket = new TokenBucket(clock, DIRECTIVES_PER_SECOND, DIRECTIVES_AT_ONCE);
  }

  /** The tier the room was told last. */
  get tier(): Tier {
    return this.#tier;
  }

  join(participant: ParticipantView): void {
    this.#participants.add(participant);
  }

  /** Also removes the gauges of the session. */
  leave(participant: ParticipantView): Directive | null {
    this.#participants.delete(participant);
    this.#reporters.delete(participant);
    this.#gauges.sessionLoss.remove(participant.session);
    this.#gauges.sessionRtt.remove(participant.session);
    return this.#settle();
  }

  /** Takes the report at the end of a packet whose header announces one. */
  report(from: ParticipantView, packet: Uint8Array): Directive | null {
    if (!this.#participants.has(from)) return null;
    const lossPercent = lossPercentOf(packet);
    const rttMs = rttMsOf(packet);
    const known = this.#reporters.get(from);
    const current = known !== undefined && this.#counts(known) ? known : this.#newReporter(from);
    const before = known?.controller.tier ?? GOOD;
    const now = this.#clock.now();
    current.loss.value = lossPercent;
    current.rtt.value = rttMs;
    current.reportedAt = now;
    current.controller.report(classify(lossPercent, rttMs), now);
    return current.controller.tier === before ? null : this.#settle();
  }

  /** Call about once a second: lets old reports go, and tells what was held back. */
  expire(): Directive | null {
    let changed = this.#owed;
    for (const [participant, reporter] of this.#reporters) {
      if (this.#counts(reporter)) continue;
      this.#reporters.delete(participant);
      changed ||= reporter.controller.tier !== GOOD;
    }
    return changed ? this.#settle() : null;
  }

  #counts(reporter: Reporter): boolean {
    return this.#clock.now() - reporter.reportedAt <= REPORT_LIFETIME_MS;
  }

  #newReporter(participant: ParticipantView): Reporter {
    const reporter = {
      loss: this.#gauges.sessionLoss.child(participant.session),
      rtt: this.#gauges.sessionRtt.child(participant.session),
      controller: new TierController(),
      reportedAt: 0,
    };
    this.#reporters.set(participant, reporter);
    return reporter;
  }

  #settle(): Directive | null {
    const weakest = this.#weakest();
    if (weakest === this.#tier || this.#participants.size === 0) {
      this.#tier = weakest;
      this.#owed = false;
      return null;
    }
    this.#owed = !this.#bucket.take();
    if (this.#owed) return null;
    this.#tier = weakest;
    return DIRECTIVES[weakest]!;
  }

  /** Those whose reports do not count are good, so nobody at all is too. */
  #weakest(): Tier {
    let weakest: Tier = this.#reporters.size < this.#participants.size ? GOOD : STUDIO_64K;
    for (const reporter of this.#reporters.values()) {
      const tier = this.#counts(reporter) ? reporter.controller.tier : GOOD;
      if (tier < weakest) weakest = tier;
    }
    return this.#participants.size === 0 ? GOOD : weakest;
  }
}
