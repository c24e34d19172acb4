import assert from "node:assert/strict";
import fc from "fast-check";
import { PROFILES } from "../../proto/codec.ts";
import { encodeMedia } from "../../proto/media_packet.ts";
import { qualityReportOf } from "../../proto/quality_report.ts";
import { ManualClock } from "../../quic/manual_clock.ts";
import { createCounters } from "../counters/counters.ts";
import type { ParticipantView } from "../ports/room_observer.ts";
import { packet, participant } from "../tap/testing_participant.ts";
import { type Directive, RoomQuality } from "./room_quality.ts";
import { classify, GOOD, type Tier, TIER_NAMES, TIER_PROFILES } from "./tier.ts";
import { TierController } from "./tier_controller.ts";

const LOSS_OF_TIER = [20, 8, 3, 1.5, 0, 0];
const RTT_OF_TIER = [0, 0, 0, 0, 40, 0];

/** A packet whose trailer speaks for a tier. */
function reporting(tier: Tier): Uint8Array {
  const path = { lossPercent: LOSS_OF_TIER[tier]!, rttMs: RTT_OF_TIER[tier]!, jitterMs: 0 };
  return packet(1, "Opus24k", { quality: qualityReportOf(path) });
}

const [CATASTROPHIC, DEGRADED, GOOD_TRAILER, , , BEST] = ([0, 1, 2, 3, 4, 5] as const).map(
  reporting,
) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array];

function room(size: number) {
  const clock = new ManualClock();
  const counters = createCounters();
  const quality = new RoomQuality(clock, counters);
  const people = Array.from({ length: size }, (_, index) => participant(index + 1));
  for (const person of people) quality.join(person);
  /** The last directive of so many reports. */
  const report = (from: ParticipantView, bytes: Uint8Array, count: number) => {
    let last: Directive | null = null;
    for (let i = 0; i < count; i++) last = quality.report(from, bytes) ?? last;
    return last;
  };
  return { clock, counters, quality, people, report };
}

function two() {
  const it = room(2);
  return { ...it, alice: it.people[0]!, bob: it.people[1]! };
}

Deno.test("the third poor report of one participant sends the whole room to the weaker profile", () => {
  const { quality, report, alice } = two();
  assert.equal(report(alice, CATASTROPHIC, 2), null);
  assert.deepEqual(quality.report(alice, CATASTROPHIC), {
    profile: PROFILES.CATASTROPHIC,
    reason: "weakest link: Catastrophic",
  });
  assert.equal(report(alice, CATASTROPHIC, 5), null);
});

Deno.test("each tier is told by its profile and its name", () => {
  for (const tier of [0, 1, 3, 4, 5] as const) {
    const { report, people, quality } = room(1);
    const count = tier < GOOD ? 3 : (tier - GOOD) * 10;
    assert.deepEqual(report(people[0]!, reporting(tier), count), {
      profile: TIER_PROFILES[tier],
      reason: `weakest link: ${TIER_NAMES[tier]}`,
    });
    assert.equal(quality.tier, tier);
  }
});

Deno.test("a participant that never reports holds the room at good", () => {
  const { quality, report, alice, bob } = two();
  assert.equal(report(alice, BEST, 50), null);
  assert.equal(quality.tier, GOOD);
  assert.match(report(bob, BEST, 10)!.reason, /Studio32k$/);
});

Deno.test("a join alone changes nothing, the next change takes the newcomer into account", () => {
  const { quality, report, people } = room(1);
  const alone = people[0]!;
  report(alone, BEST, 20);
  assert.equal(TIER_NAMES[quality.tier], "Studio48k");
  quality.join(participant(2));
  assert.equal(TIER_NAMES[quality.tier], "Studio48k");
  assert.equal(quality.expire(), null);
  assert.match(report(alone, BEST, 10)!.reason, /Good$/);
});

Deno.test("when the weakest leaves, the others are told at once", () => {
  const { quality, report, alice, bob } = two();
  report(alice, CATASTROPHIC, 3);
  report(bob, DEGRADED, 3);
  assert.match(quality.leave(alice)!.reason, /Degraded$/);
  assert.equal(quality.leave(bob), null);
  assert.equal(quality.tier, GOOD);
});

Deno.test("when a silent participant leaves a room of good paths, the room may rise", () => {
  const { quality, report, alice, bob } = two();
  report(alice, BEST, 30);
  assert.match(quality.leave(bob)!.reason, /Studio64k$/);
});

Deno.test("reports older than 10 s no longer count, and the count of poor ones begins anew", () => {
  const { clock, quality, report, alice } = two();
  report(alice, CATASTROPHIC, 3);
  clock.advance(10_000);
  assert.equal(quality.expire(), null);
  clock.advance(1);
  assert.match(quality.expire()!.reason, /Good$/);
  assert.equal(quality.expire(), null);
  assert.equal(report(alice, CATASTROPHIC, 2), null);
  clock.advance(10_001);
  assert.equal(report(alice, CATASTROPHIC, 2), null);
});

Deno.test("an old report does not count either when something else happens before it is let go", () => {
  const { clock, quality, report, alice, bob } = two();
  report(alice, CATASTROPHIC, 3);
  clock.advance(10_001);
  assert.match(report(bob, DEGRADED, 3)!.reason, /Degraded$/);
  assert.equal(quality.expire(), null);

  const later = two();
  later.report(later.alice, CATASTROPHIC, 3);
  later.clock.advance(10_001);
  assert.match(later.quality.report(later.alice, CATASTROPHIC)!.reason, /Good$/);
});

Deno.test("the gauges of a session are its last report, and go when it leaves", () => {
  const { counters, quality, alice, bob } = two();
  assert.equal(counters.sessionLoss.size, 0);
  const trailer = { loss_pct: 255, rtt_4ms: 255, jitter_ms: 1, bitrate_cap_kbps: 200 };
  quality.report(alice, packet(1, "Opus24k", { quality: trailer }));
  quality.report(bob, GOOD_TRAILER);
  quality.report(bob, BEST);
  assert.deepEqual([...counters.sessionLoss.entries()], [[["session-1"], 100], [["session-2"], 0]]);
  assert.deepEqual([...counters.sessionRtt.entries()], [[["session-1"], 1020], [["session-2"], 0]]);
  quality.leave(alice);
  assert.deepEqual([...counters.sessionLoss.entries()], [[["session-2"], 0]]);
  assert.deepEqual([...counters.sessionRtt.entries()], [[["session-2"], 0]]);
});

Deno.test("the trailer is the last four bytes, also behind an empty payload and inside a larger buffer", () => {
  const { counters, quality, alice } = two();
  const quality4 = { loss_pct: 51, rtt_4ms: 25, jitter_ms: 0, bitrate_cap_kbps: 200 };
  const bytes = encodeMedia({
    codec: "Opus24k",
    seq: 0,
    timestamp: 0,
    payload: new Uint8Array(0),
    quality: quality4,
  });
  assert.equal(bytes.length, 16);
  const buffer = new Uint8Array(40).fill(0xff);
  buffer.set(bytes, 8);
  quality.report(alice, buffer.subarray(8, 24));
  assert.deepEqual([...counters.sessionLoss.entries()], [[["session-1"], 20]]);
  assert.deepEqual([...counters.sessionRtt.entries()], [[["session-1"], 100]]);
});

Deno.test("reports of somebody who is not in the room count for nothing", () => {
  const { counters, quality, report, alice } = two();
  quality.leave(alice);
  assert.equal(report(alice, CATASTROPHIC, 3), null);
  assert.equal(counters.sessionLoss.size, 0);
});

Deno.test("a sender of made-up reports causes a burst of ten directives and then one per second, the last state always told", () => {
  const { clock, quality, alice } = two();
  let directives = 0;
  const swing = () => {
    for (const [bytes, count] of [[CATASTROPHIC, 3], [GOOD_TRAILER, 10]] as const) {
      for (let i = 0; i < count; i++) directives += quality.report(alice, bytes) === null ? 0 : 1;
    }
  };
  for (let i = 0; i < 100; i++) swing();
  assert.equal(directives, 10);
  // The tenth told the room that it is catastrophic; it is good again, which nobody knows yet.
  assert.equal(TIER_NAMES[quality.tier], "Catastrophic");
  assert.equal(quality.expire(), null);
  clock.advance(1000);
  assert.match(quality.expire()!.reason, /Good$/);
  clock.advance(1000);
  assert.equal(quality.expire(), null);
});

type Step =
  | { readonly do: "join" | "leave"; readonly who: number }
  | { readonly do: "report"; readonly who: number; readonly tier: Tier; readonly count: number }
  | { readonly do: "wait"; readonly seconds: number };

const who = fc.nat(3);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("join", "leave"), who }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("report"),
      who,
      tier: fc.constantFrom<Tier>(0, 1, 2, 3, 4, 5),
      count: fc.integer({ min: 1, max: 12 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("wait"), seconds: fc.integer({ min: 1, max: 15 }) }),
  },
);

/** One participant, by all its reports: those before a silence of more than 10 s are forgotten. */
function modelTier(reports: readonly { tier: Tier; at: number }[], now: number): Tier {
  let controller = new TierController();
  let last = -Infinity;
  for (const { tier, at } of reports) {
    if (at - last > 10_000) controller = new TierController();
    controller.report(tier, last = at);
  }
  return now - last > 10_000 ? GOOD : controller.tier;
}

Deno.test("a room agrees with a model that looks at all participants and all their reports", () => {
  let changes = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { clock, quality } = room(0);
      const people = [1, 2, 3, 4].map((id) => participant(id));
      const present = new Map<ParticipantView, { tier: Tier; at: number }[]>();
      const seen = new Map<ParticipantView, Tier>();
      let told = GOOD as Tier;
      for (const person of people.slice(0, 2)) {
        present.set(person, []);
        quality.join(person);
      }

      const expected = (recompute: boolean): Tier | null => {
        let weakest: Tier = 5;
        for (const [person, reports] of present) {
          const tier = modelTier(reports, clock.now());
          if (tier !== (seen.get(person) ?? GOOD)) recompute = true;
          seen.set(person, tier);
          if (tier < weakest) weakest = tier;
        }
        if (present.size === 0) weakest = GOOD;
        if (!recompute || weakest === told) return null;
        told = weakest;
        return present.size === 0 ? null : weakest;
      };
      const check = (directive: Directive | null, recompute = false) => {
        const tier = expected(recompute);
        if (tier !== null) changes += 1;
        assert.equal(
          directive?.reason,
          tier === null ? undefined : `weakest link: ${TIER_NAMES[tier]}`,
        );
        assert.equal(directive?.profile, tier === null ? undefined : TIER_PROFILES[tier]);
      };
      const pass = () => {
        clock.advance(1000);
        check(quality.expire());
      };

      for (const step of steps) {
        pass();
        if (step.do === "wait") {
          for (let i = 0; i < step.seconds; i++) pass();
          continue;
        }
        const person = people[step.who]!;
        if (step.do === "join" && !present.has(person)) {
          present.set(person, []);
          quality.join(person);
        } else if (step.do === "leave" && present.delete(person)) {
          seen.delete(person);
          check(quality.leave(person), true);
        } else if (step.do === "report") {
          for (let i = 0; i < step.count; i++) {
            pass();
            present.get(person)?.push({ tier: step.tier, at: clock.now() });
            check(quality.report(person, reporting(step.tier)));
          }
        }
      }
    }),
    { numRuns: 300 },
  );
  assert(changes > 100);
});

Deno.test("a trailer is classified as the figures it was made of", () => {
  fc.assert(fc.property(fc.nat(255), fc.nat(255), (loss_pct, rtt_4ms) => {
    const { quality, people } = room(1);
    const bytes = packet(1, "Codec2_1200", {
      quality: { loss_pct, rtt_4ms, jitter_ms: 255, bitrate_cap_kbps: 255 },
    });
    const tier = classify((loss_pct / 255) * 100, rtt_4ms * 4);
    for (let i = 0; i < 3; i++) quality.report(people[0]!, bytes);
    assert.equal(quality.tier, Math.min(tier, GOOD));
  }));
});
