import assert from "node:assert/strict";
import fc from "fast-check";
import { nodeCrypto } from "../proto/node_crypto.ts";
import type { RegistryAnswer } from "../relay/ports/registry.ts";
import { RelayRoll } from "./relay_roll.ts";
import { TestRelay } from "./testing_relays.ts";

const NOW = 1_775_000_000_000;

function newRoll(maxRelays = 100, members: readonly string[] = []): RelayRoll {
  return new RelayRoll(nodeCrypto, () => ({ maxRelays, members: new Set(members) }));
}

function problemOf(answer: RegistryAnswer): string | null {
  return answer.ok ? null : answer.problem;
}

function listed(roll: RelayRoll, region: string | null = null): string[] {
  const { relays } = JSON.parse(new TextDecoder().decode(roll.order.json(region)));
  return relays.map(({ name }: { name: string }) => name);
}

Deno.test("every field that is signed is refused when it is changed, and so is a borrowed certificate", () => {
  const [relay, other] = [new TestRelay(1), new TestRelay(2)];
  const good = relay.registration(NOW);
  const changed: Record<string, unknown> = {
    name: "other",
    addr: "192.0.2.9:9",
    region: "us",
    capacity: 7,
    load: 7,
    draining: true,
    udp_port: 7,
    issued_at: NOW + 1,
    nonce: "f".repeat(32),
    tls_fingerprint: other.fingerprint,
    public_key: other.certificate.publicKey.toHex(),
    signature: other.registration(NOW).signature,
    cert: other.certificate.der.toBase64(),
  };
  assert.deepEqual(Object.keys(changed).sort(), Object.keys(good).sort(), "every field");
  for (const [name, value] of Object.entries(changed)) {
    const answer = newRoll().register({ ...good, [name]: value }, "s", NOW);
    assert.equal(problemOf(answer), "bad_signature", name);
  }
  // Certificate and fingerprint of another, signed with the own key.
  const borrowed = {
    ...relay.registration(NOW, { tls_fingerprint: other.fingerprint }),
    cert: other.certificate.der.toBase64(),
  };
  assert.equal(problemOf(newRoll().register(borrowed, "s", NOW)), "bad_signature");
  // The fingerprint of another, with certificate and key of its own.
  const posing = relay.registration(NOW, { tls_fingerprint: other.fingerprint });
  assert.equal(problemOf(newRoll().register(posing, "s", NOW)), "bad_signature");
  assert.equal(problemOf(newRoll().register(good, "s", NOW)), null);
});

Deno.test("what is no registration is refused with a sentence, whatever it is", () => {
  const good: Record<string, unknown> = new TestRelay(1).registration(NOW);
  const odd = fc.oneof(fc.jsonValue(), fc.constantFrom(undefined, NaN, -1, "", "\0", [], {}));
  fc.assert(
    fc.property(
      fc.oneof(odd, fc.tuple(fc.constantFrom(...Object.keys(good)), odd)),
      (change) => {
        const body = Array.isArray(change) && typeof change[0] === "string" && change[0] in good
          ? { ...good, [change[0]]: change[1] }
          : change;
        const roll = newRoll();
        const answer = roll.register(body, "s", NOW);
        if (answer.ok) assert.deepEqual({ ...good, udp_port: null, draining: false }, good);
        else assert.match(answer.detail, /^[A-Za-z_].*\.$/);
        assert.equal(roll.order.size, answer.ok ? 1 : 0);
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("a certificate that is none or too long is refused as that", () => {
  const good = new TestRelay(1).registration(NOW);
  for (
    const cert of [undefined, 1, "", "%", "A".repeat(20_000), new Uint8Array(8_193).toBase64()]
  ) {
    assert.equal(problemOf(newRoll().register({ ...good, cert }, "s", NOW)), "invalid");
  }
});

Deno.test("only members are listed where there are any, and those that were struck off go", () => {
  const [member, stranger] = [new TestRelay(1), new TestRelay(2)];
  let members = new Set([member.fingerprint]);
  const roll = new RelayRoll(nodeCrypto, () => ({ maxRelays: 9, members }));
  assert.equal(problemOf(roll.register(stranger.registration(NOW), "s", NOW)), "not_admitted");
  assert.equal(problemOf(roll.register(member.registration(NOW), "s", NOW)), null);
  members = new Set([stranger.fingerprint]);
  assert.equal(roll.sweep(NOW), 0);
  assert.deepEqual(listed(roll), []);
});

Deno.test("one source fills half of a registry, all of them fill it, and who is listed can always go on", () => {
  const roll = newRoll(4);
  const relays = [1, 2, 3, 4, 5].map((number) => new TestRelay(number));
  const outcomes = relays.map((relay, index) =>
    problemOf(roll.register(relay.registration(NOW), index < 3 ? "one" : "two", NOW))
  );
  assert.deepEqual(outcomes, [null, null, "too_many", null, null]);
  assert.equal(problemOf(roll.register(relays[2]!.registration(NOW + 1), "three", NOW)), "full");
  assert.equal(problemOf(roll.register(relays[0]!.registration(NOW + 1), "four", NOW)), null);
});

Deno.test("who comes and goes under ever new keys fills no more than twice what may be listed", () => {
  const roll = newRoll(2);
  let full = 0;
  for (let number = 0; number < 8; number++) {
    const relay = new TestRelay(number);
    if (problemOf(roll.register(relay.registration(NOW), `source ${number}`, NOW)) === "full") {
      full++;
    }
    roll.remove(relay.fingerprint, relay.farewell(NOW + 1), NOW);
  }
  assert.deepEqual([full, roll.rows.size], [4, 4]);
  roll.sweep(NOW + 240_001);
  assert.equal(roll.rows.size, 0);
});

Deno.test("the list is in order of region, name and fingerprint, whole and by region", () => {
  const roll = newRoll(1_000);
  const text = fc.string({ minLength: 1, maxLength: 3 }).filter((value) =>
    !/[\p{C}\p{Zl}\p{Zp}|]/u.test(value) && value.isWellFormed()
  );
  const records = fc.sample(fc.tuple(text, text), 60).map(([region, name], number) => {
    const body = new TestRelay(number).registration(NOW, { region, name });
    assert.equal(problemOf(roll.register(body, String(number), NOW)), null);
    const { cert: _, ...record } = body;
    return record;
  });
  const less = (a: string, b: string) => a < b ? -1 : a > b ? 1 : 0;
  const order = [...records].sort((a, b) =>
    less(a.region, b.region) || less(a.name, b.name) || less(a.tls_fingerprint, b.tls_fingerprint)
  );
  const relays = (region: string | null) =>
    JSON.parse(new TextDecoder().decode(roll.order.json(region))).relays;
  assert.deepEqual(relays(null), order);
  for (const region of new Set(order.map((record) => record.region))) {
    assert.deepEqual(relays(region), order.filter((record) => record.region === region));
  }
});

/** What has to hold, said as simply as possible. */
class Model {
  readonly relays = new Map<number, { issued: number; heard: number; listed: boolean }>();

  mayRegister(number: number, issued: number, now: number): boolean {
    const known = this.relays.get(number);
    return Math.abs(issued - now) <= 120_000 && (known === undefined || issued > known.issued);
  }

  sweep(now: number): void {
    for (const [number, relay] of this.relays) {
      if (now - relay.heard > 240_000) this.relays.delete(number);
      else if (now - relay.heard >= 90_000) relay.listed = false;
    }
  }
}

const RELAYS = [0, 1, 2].map((number) => new TestRelay(number));
const step = fc.record({
  what: fc.constantFrom("register", "register", "remove", "forge", "wait", "restart", "fail"),
  relay: fc.constantFrom(0, 1, 2),
  skew: fc.constantFrom(0, 0, 0, -1, 1, -120_000, 120_000, -120_001, 120_001, -60_000, 60_000),
  wait: fc.constantFrom(0, 1, 29_000, 89_999, 90_000, 240_000, 240_001),
});

Deno.test("through restarts and failed writes, relays are listed and statements spent as a simple model says", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      let now = NOW;
      let roll = newRoll();
      const model = new Model();
      const spent: object[] = [];
      for (const { what, relay: number, skew, wait } of steps) {
        const relay = RELAYS[number]!;
        const issued = now + skew;
        const known = model.relays.get(number);
        if (what === "register" || what === "fail") {
          const body = relay.registration(issued);
          const answer = roll.register(body, "s", now);
          if (answer.ok && what === "register") spent.push(body);
          assert.equal(answer.ok, model.mayRegister(number, issued, now), JSON.stringify(answer));
          if (!answer.ok) assert.equal(answer.problem, "stale");
          if (what === "fail") roll.rows.undo();
          else if (answer.ok) model.relays.set(number, { issued, heard: now, listed: true });
        } else if (what === "remove") {
          const answer = roll.remove(relay.fingerprint, relay.farewell(issued), now);
          const may = known?.listed === true && model.mayRegister(number, issued, now);
          assert.equal(answer.ok, may, JSON.stringify(answer));
          if (answer.ok) model.relays.set(number, { issued, heard: now, listed: false });
        } else if (what === "forge") {
          const forger = RELAYS[(number + 1) % 3]!;
          const farewell = { ...forger.farewell(issued), tls_fingerprint: relay.fingerprint };
          assert(!roll.remove(relay.fingerprint, farewell, now).ok);
        } else if (what === "restart") {
          const again = newRoll();
          for (const [key, row] of roll.rows.entries()) again.rows.set(key, row);
          roll = again;
        }
        if (what !== "fail") roll.rows.keep();
        if (what === "wait") now += wait;
        const before = [...model.relays.values()].filter(({ listed }) => listed).length;
        model.sweep(now);
        const after = [...model.relays.values()].filter(({ listed }) => listed).length;
        assert.equal(roll.sweep(now), before - after);
        roll.rows.keep();
        const names = [...model.relays].filter(([, { listed }]) => listed)
          .map(([each]) => `relay-${each}`).sort();
        assert.deepEqual(listed(roll), names);
        for (const body of spent) assert(!roll.register(body, "s", now).ok, "a replay");
        assert.equal(roll.rows.size, model.relays.size);
      }
    }),
    { numRuns: 150 },
  );
});

Deno.test("a clock that is set back keeps nobody in the list for ever", () => {
  const roll = newRoll();
  roll.register(new TestRelay(1).registration(NOW), "s", NOW);
  roll.sweep(NOW - 3_600_000);
  assert.deepEqual(listed(roll), ["relay-1"]);
  assert.equal(roll.sweep(NOW - 3_600_000 + 90_000), 1);
  assert.deepEqual(listed(roll), []);
});

Deno.test("the tag of a list changes with it, and that of a region only with the region", () => {
  const roll = newRoll();
  const versions = () => [null, "eu", "us"].map((region) => roll.order.version(region));
  const seen = [versions()];
  const [eu, us] = [new TestRelay(1), new TestRelay(2, { region: "us" })];
  const steps = [
    () => roll.register(eu.registration(NOW), "s", NOW),
    () => roll.register(us.registration(NOW), "s", NOW),
    () => roll.register(eu.registration(NOW + 1, { load: 50 }), "s", NOW),
    () => roll.remove(us.fingerprint, us.farewell(NOW + 1), NOW),
    () => roll.register(eu.registration(NOW + 2, { region: "us" }), "s", NOW),
  ];
  for (const step of steps) {
    assert(step().ok);
    seen.push(versions());
  }
  const moved = seen.slice(1).map((at, index) =>
    at.map((version, i) => version !== seen[index]![i])
  );
  assert.deepEqual(moved, [
    [true, true, false],
    [true, false, true],
    [true, true, false],
    [true, false, true],
    [true, true, true],
  ]);
});

Deno.test("operators find relays by name, address and region, page by page", () => {
  const roll = newRoll();
  for (let number = 0; number < 20; number++) {
    const region = number % 2 === 0 ? "EU-west" : "us";
    roll.register(new TestRelay(number, { region }).registration(NOW), String(number), NOW);
  }
  const first = roll.page({ after: "", limit: 6, q: "eu-W", region: null }, NOW + 5);
  assert.deepEqual([first.items.length, first.total], [6, 10]);
  const after = first.items.at(-1)!.tls_fingerprint;
  const second = roll.page({ after, limit: 6, q: "eu-W", region: null }, NOW + 5);
  assert.equal(second.items.length, 4);
  const all = [...first.items, ...second.items].map((item) => item.tls_fingerprint);
  assert.deepEqual(all, [...new Set(all)].sort());
  assert.equal(first.items[0]!.ageMs, 5);
  assert(!("signature" in first.items[0]!));
  assert.equal(roll.page({ after: "", limit: 9, q: "", region: "us" }, NOW).total, 10);
  const shown = (change: object) => {
    const some = newRoll();
    some.register(new TestRelay(1).registration(NOW, change), "s", NOW);
    return some.page({ after: "", limit: 1, q: "", region: null }, NOW).items[0]!.takesClients;
  };
  assert.deepEqual([shown({}), shown({ draining: true }), shown({ load: 100 })], [
    true,
    false,
    false,
  ]);
});
