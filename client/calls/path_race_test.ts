import assert from "node:assert/strict";
import fc from "fast-check";
import { ManualClock } from "../../quic/manual_clock.ts";
import { isIpv6 } from "../nat/classify.ts";
import { directCandidates, PathRace, raceRole } from "./path_race.ts";

function setUp(clock = new ManualClock()) {
  const log: string[] = [];
  const note = (what: string) => log.push(`${clock.now()} ${what}`);
  const race = new PathRace({
    clock,
    dialRelay: () => note("dial relay"),
    report: (ok) => note(`report ${ok}`),
    decide: (path) => note(`decide ${path}`),
  });
  return { clock, log, race };
}

Deno.test("the smaller address accepts and the larger dials; without two there is no race", () => {
  assert.equal(raceRole("10.0.0.1:1", "10.0.0.2:1"), "acceptor");
  assert.equal(raceRole("10.0.0.2:1", "10.0.0.1:1"), "dialer");
  // Byte order, not numbers.
  assert.equal(raceRole("9.0.0.1:1", "10.0.0.1:1"), "dialer");
  for (const [own, peer] of [["a", "a"], [null, "a"], ["a", null], [null, null]] as const) {
    assert.equal(raceRole(own, peer), null);
  }
});

Deno.test("local addresses are dialled first, each once, those that cannot be reached not at all", () => {
  const texts = (reached: (ip: string) => boolean) =>
    directCandidates(
      ["10.0.0.2:5", "[fd00::1]:5", "nonsense", "10.0.0.1:5", "10.0.0.2:5", "10.0.0.3:0"],
      "198.51.100.1:5",
      reached,
    ).map(({ ip }) => ip);
  assert.deepEqual(texts((ip) => !isIpv6(ip)), ["10.0.0.2", "10.0.0.1", "198.51.100.1"]);
  assert.deepEqual(texts(isIpv6), ["fd00::1"]);
  assert.deepEqual(texts(() => true), ["10.0.0.2", "fd00::1", "10.0.0.1", "198.51.100.1"]);
  assert.deepEqual(directCandidates(["10.0.0.2:5"], "10.0.0.2:5", () => true).length, 1);
  assert.deepEqual(directCandidates([], null, () => true), []);
});

Deno.test("however many interfaces a peer has, sixteen addresses are dialled and its public one is among them", () => {
  const many = Array.from({ length: 100 }, (_, i) => `10.0.0.${i}:1`);
  const candidates = directCandidates(many, "198.51.100.1:5", () => true);
  assert.equal(candidates.length, 16);
  assert.equal(candidates.at(-1)?.ip, "198.51.100.1");
  assert.equal(directCandidates(many, null, () => true).length, 15);
});

Deno.test("direct wins when both can, and the relay is never asked if that was quick", () => {
  const { clock, log, race } = setUp();
  clock.advance(50);
  race.directUp();
  clock.advance(30);
  race.peerReport(true);
  clock.advance(10_000);
  assert.deepEqual(log, ["50 report true", "80 decide direct"]);
  assert.equal(clock.pending, 0);
});

Deno.test("the relay is dialled after a second and used when nothing is up after two", () => {
  const { clock, log } = setUp();
  clock.advance(10_000);
  assert.deepEqual(log, ["1000 dial relay", "2000 report false", "2000 decide relay"]);
  assert.equal(clock.pending, 0);
});

Deno.test("when all addresses fail, or the other side cannot, the relay is used at once", () => {
  const failing = setUp();
  failing.clock.advance(10);
  failing.race.directDown();
  assert.deepEqual(failing.log, ["10 report false", "10 dial relay", "10 decide relay"]);

  const refused = setUp();
  refused.race.peerReport(false);
  assert.deepEqual(refused.log, ["0 report false", "0 dial relay", "0 decide relay"]);

  const one = setUp();
  one.race.directUp();
  one.race.peerReport(false);
  assert.deepEqual(one.log, ["0 report true", "0 dial relay", "0 decide relay"]);
});

Deno.test("an other side that says nothing for three seconds means the relay", () => {
  const { clock, log, race } = setUp();
  clock.advance(1_900);
  race.directUp();
  clock.advance(10_000);
  assert.deepEqual(log, ["1000 dial relay", "1900 report true", "4900 decide relay"]);
});

Deno.test("a call that is over decides nothing", () => {
  const { clock, log, race } = setUp();
  race.cancel();
  race.directUp();
  race.peerReport(true);
  clock.advance(10_000);
  assert.deepEqual(log, []);
});

Deno.test("whatever happens when, it is decided once within five seconds, directly only if both can", () => {
  const step = fc.record({
    wait: fc.integer({ min: 0, max: 2_500 }),
    what: fc.constantFrom("up", "down", "yes", "no"),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
    const { clock, log, race } = setUp();
    const seen: string[] = [];
    for (const { wait, what } of steps) {
      clock.advance(wait);
      if (!log.some((line) => line.includes("decide"))) seen.push(what);
      if (what === "up") race.directUp();
      else if (what === "down") race.directDown();
      else race.peerReport(what === "yes");
    }
    clock.advance(10_000);
    const decisions = log.filter((line) => line.includes("decide"));
    assert.equal(decisions.length, 1);
    assert.ok(parseInt(decisions[0]!) <= 5_000);
    assert.ok(log.filter((line) => line.includes("report")).length === 1);
    assert.ok(log.filter((line) => line.includes("dial")).length <= 1);
    if (decisions[0]!.endsWith("direct")) {
      assert.ok(seen.includes("up") && seen.includes("yes") && !seen.includes("down"));
    } else {
      assert.ok(log.some((line) => line.includes("dial relay")));
    }
    assert.equal(clock.pending, 0);
  }));
});

Deno.test("two sides whose reports take less than a second always agree", () => {
  const delay = fc.integer({ min: 0, max: 2_400 });
  const latency = fc.integer({ min: 0, max: 999 });
  fc.assert(
    fc.property(delay, delay, latency, latency, fc.boolean(), (up1, up2, to1, to2, fails) => {
      const clock = new ManualClock();
      const decided: string[] = [];
      const race = (peer: () => PathRace, latency: number): PathRace =>
        new PathRace({
          clock,
          dialRelay: () => {},
          report: (ok) => void clock.after(latency, () => peer().peerReport(ok)),
          decide: (path) => decided.push(path),
        });
      const one: PathRace = race(() => two, to2);
      const two: PathRace = race(() => one, to1);
      clock.after(up1, () => one.directUp());
      clock.after(up2, () => fails ? two.directDown() : two.directUp());
      clock.advance(20_000);
      assert.equal(decided.length, 2);
      assert.equal(decided[0], decided[1]);
      const can = !fails && up1 < 2_000 && up2 < 2_000;
      assert.equal(decided[0], can ? "direct" : "relay");
    }),
  );
});
