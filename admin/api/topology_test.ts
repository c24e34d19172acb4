import assert from "node:assert/strict";
import { TestingRelay, testingRelay } from "../testing_host.ts";
import { percent, unixTime } from "./rows.ts";
import { relayLabels, topology } from "./topology.ts";

const SELF = testingRelay("Frankfurt");
const OSLO = testingRelay("Oslo");

Deno.test("what this relay measures itself counts for its own links, what others say for theirs", () => {
  const relay = new TestingRelay();
  const lima = testingRelay("Lima");
  relay.links = relay.links.map((link) => ({ ...link, rttMs: 12.34, legacy: false }));
  relay.mesh = relay.mesh.map((one) => ({
    ...one,
    links: [
      ...one.links,
      ...(one.relay === OSLO ? [{ relay: lima, rttMs: 90.06, lossPct: NaN, legacy: false }] : []),
    ].map((link) => link.relay === SELF ? { ...link, rttMs: 900, lossPct: 400 } : link),
  }));
  const { links } = topology(relay.host());
  const edge = (one: string, other: string) => {
    const [a, b] = [one, other].sort();
    return links.find((link) => link.a === a && link.b === b)!;
  };
  assert.deepEqual([edge(SELF, OSLO).rttMs, edge(SELF, OSLO).lossPct], [12.3, 0]);
  assert.deepEqual([edge(OSLO, lima).rttMs, edge(OSLO, lima).lossPct], [90.1, null]);
  assert.equal(links.length, 3);
});

Deno.test("a relay without a name is called by the beginning of its key", () => {
  const relay = new TestingRelay();
  relay.mesh = relay.mesh.map((one) => ({ ...one, label: "" }));
  const host = relay.host();
  const own = topology(host).relays.find((one) => one.relay === SELF)!;
  assert.equal(own.label, SELF.slice(0, 8));
  assert.equal(relayLabels(host).get(SELF), SELF.slice(0, 8));
  // What the configuration calls a neighbour is better than that.
  assert.equal(topology(host).relays.find((one) => one.relay === OSLO)!.label, "Oslo");
});

Deno.test("ages move in steps, so that a feed is not full of them", () => {
  const relay = new TestingRelay();
  const age = (ageMs: number) => {
    relay.mesh = relay.mesh.map((one) => ({ ...one, ageMs }));
    return topology(relay.host()).relays.find((one) => one.relay === OSLO)!.ageMs;
  };
  assert.deepEqual([0, 4_999, 5_000, 12_345].map(age), [0, 0, 5_000, 10_000]);
});

Deno.test("a time is always shown as the same time, until the clock is set", () => {
  const { clock } = new TestingRelay();
  let set = 0;
  let jitter = 0;
  const rough = { now: () => clock.now() + jitter, wall: () => clock.wall() + set };
  const host = { clock: { ...rough, after: clock.after, every: clock.every } };
  const first = unixTime(host)(1_000);
  jitter = 0.7;
  assert.equal(unixTime(host)(1_000), first);
  set = 3_600_000;
  assert.equal(unixTime(host)(1_000), Math.round(first + 3_600_000 - 0.7));
  assert.deepEqual([percent(-1), percent(Infinity), percent(100.04), percent(250)], [
    null,
    null,
    100,
    100,
  ]);
});
