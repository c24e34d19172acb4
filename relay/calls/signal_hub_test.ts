import assert from "node:assert/strict";
import { ManualClock } from "../../quic/manual_clock.ts";
import { memoryPair } from "../../quic/memory_pair.ts";
import { createCounters } from "../counters/counters.ts";
import { type Registration, registrationOn, SignalHub } from "./signal_hub.ts";
import { SignalLine } from "./signal_line.ts";

function registration(id: string, facts: Partial<Registration> = {}): Registration {
  const line = new SignalLine(memoryPair()[1], new ManualClock(), createCounters());
  return registrationOn(line, {
    id,
    fingerprint: "alice",
    keyFingerprint: "alice",
    alias: null,
    anonymous: false,
    signed: false,
    authenticated: false,
    drains: false,
    comesOver: false,
    ...facts,
  });
}

Deno.test("the newest registration of a fingerprint is the one that is found", () => {
  const hub = new SignalHub();
  const [first, second] = [registration("1"), registration("2")];
  assert.equal(hub.find("alice"), null);
  hub.enter(first);
  hub.enter(second);
  assert.equal(hub.find("alice"), second);
  assert.equal(hub.find("bob"), null);
  assert.equal(hub.size, 2);
});

Deno.test("the end of a replaced registration leaves the newer one where it is", () => {
  const hub = new SignalHub();
  const [first, second] = [registration("1"), registration("2")];
  hub.enter(first);
  hub.enter(second);
  assert.deepEqual(hub.leave(first), { wasCurrent: false, heir: second });
  assert.equal(hub.find("alice"), second);
  assert.equal(hub.leave(first), null);
  assert.deepEqual(hub.leave(second), { wasCurrent: true, heir: null });
  assert.equal(hub.find("alice"), null);
  assert.equal(hub.size, 0);
});

Deno.test("an older registration gets its place back when the newer one ends, or when it is used", () => {
  const hub = new SignalHub();
  const [first, second, third] = [registration("1"), registration("2"), registration("3")];
  for (const each of [first, second, third]) hub.enter(each);
  hub.use(second);
  assert.equal(hub.find("alice"), second);
  assert.deepEqual(hub.leave(second), { wasCurrent: true, heir: third });
  hub.leave(third);
  assert.equal(hub.find("alice"), first);
  hub.use(second);
  assert.equal(hub.find("alice"), first);
});

Deno.test("anonymous registrations are counted and told, and never found", () => {
  const hub = new SignalHub();
  const probes = [1, 2, 3].map((id) => registration(`${id}`, { anonymous: true }));
  for (const probe of probes) hub.enter(probe);
  assert.equal(hub.find("alice"), null);
  assert.equal([...hub.all()].length, 3);
  assert.deepEqual(hub.leave(probes[1]!), { wasCurrent: false, heir: null });
  assert.ok(hub.has(probes[0]!) && !hub.has(probes[1]!));
});

Deno.test("a fingerprint is protected while it is registered with a signature", () => {
  const hub = new SignalHub();
  const unsigned = registration("1");
  hub.enter(unsigned);
  assert.equal(hub.isProtected("alice"), false);
  assert.deepEqual(hub.unsigned("alice"), [unsigned]);
  hub.leave(unsigned);
  const signed = registration("2", { signed: true });
  hub.enter(signed);
  assert.equal(hub.isProtected("alice"), true);
  assert.deepEqual(hub.unsigned("alice"), []);
  hub.leave(signed);
  assert.equal(hub.isProtected("alice"), false);
});

Deno.test("a fingerprint is authenticated while one of its registrations is", () => {
  const hub = new SignalHub();
  const withToken = registration("1", { authenticated: true });
  hub.enter(withToken);
  hub.enter(registration("2"));
  assert.equal(hub.isAuthenticated("alice"), true);
  hub.leave(withToken);
  assert.equal(hub.isAuthenticated("alice"), false);
});

Deno.test("entering twice is wrong use", () => {
  const hub = new SignalHub();
  const once = registration("1");
  hub.enter(once);
  assert.throws(() => hub.enter(once), TypeError);
});
