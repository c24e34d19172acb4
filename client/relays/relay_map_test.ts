import assert from "node:assert/strict";
import fc from "fast-check";
import { ManualClock } from "../../quic/manual_clock.ts";
import { MAX_ENTRIES, RelayMap } from "./relay_map.ts";

const A = "10.0.0.1:4433";
const B = "10.0.0.2:4433";
const C = "[2001:db8::1]:4433";

function setUp() {
  const clock = new ManualClock();
  return { clock, map: new RelayMap(clock) };
}

const order = (map: RelayMap) => map.entries.map(({ addr }) => addr);

Deno.test("a new relay has no round trip, was never probed and is not reachable", () => {
  const { map } = setUp();
  map.upsert("a", A, "eu");
  assert.deepEqual(map.entries, [
    { name: "a", addr: A, region: "eu", rtt_ms: null, last_probed: null, reachable: false },
  ]);
  assert.equal(map.get(B), null);
});

Deno.test("a known address gets the new name, and a region only when one is given", () => {
  const { map } = setUp();
  map.upsert("a", A, "eu");
  map.updateRtt(A, 12);
  map.upsert("a2", A, null);
  assert.deepEqual([map.get(A)!.name, map.get(A)!.region, map.get(A)!.rtt_ms], ["a2", "eu", 12]);
  map.upsert("a3", A, "us");
  assert.equal(map.get(A)!.region, "us");
  assert.equal(map.entries.length, 1);
});

Deno.test("a round trip is whole, stamped, makes reachable and sorts", () => {
  const { clock, map } = setUp();
  for (const addr of [A, B, C]) map.upsert(addr, addr, null);
  clock.advance(5);
  map.updateRtt(B, 30.4);
  map.updateRtt(C, 20.6);
  assert.deepEqual(order(map), [C, B, A]);
  assert.deepEqual(map.get(B), {
    name: B,
    addr: B,
    region: null,
    rtt_ms: 30,
    last_probed: 5,
    reachable: true,
  });
  map.updateRtt("10.9.9.9:1", 1);
  assert.equal(map.entries.length, 3);
});

Deno.test("a failed probe is a probe: stamped, not reachable, last, its round trip remembered", () => {
  const { clock, map } = setUp();
  for (const addr of [A, B]) map.upsert(addr, addr, null);
  map.updateRtt(A, 10);
  map.updateRtt(B, 20);
  clock.advance(7);
  map.markUnreachable(A);
  assert.deepEqual(order(map), [B, A]);
  const { reachable, last_probed, rtt_ms } = map.get(A)!;
  assert.deepEqual([reachable, last_probed, rtt_ms], [false, 7, 10]);
});

Deno.test("equal round trips keep their order, and those without one theirs", () => {
  const { map } = setUp();
  for (const addr of [C, A, B]) map.upsert(addr, addr, null);
  map.updateRtt(B, 10);
  map.updateRtt(A, 10);
  assert.deepEqual(order(map), [B, A, C]);
});

Deno.test("preferred is the nearest reachable one, or none", () => {
  const { map } = setUp();
  assert.equal(map.preferred(), null);
  map.upsert("a", A, null);
  assert.equal(map.preferred(), null);
  map.upsert("b", B, null);
  map.updateRtt(A, 40);
  map.updateRtt(B, 30);
  assert.equal(map.preferred()!.addr, B);
  map.markUnreachable(B);
  assert.equal(map.preferred()!.addr, A);
  map.markUnreachable(A);
  assert.equal(map.preferred(), null);
});

Deno.test("an acknowledgement adds what can be read, split at the first bar, without a region", () => {
  const { map } = setUp();
  map.upsert("old", A, "eu");
  const known = map.populateFromAck(
    [`new|${A}`, "no bar", "host|example.org:4433", `x|y|${B}`, "|[2001:DB8::1]:4433"],
    "us-east",
  );
  assert.deepEqual(known, [A, C]);
  assert.deepEqual(map.entries.map(({ name, addr, region }) => [name, addr, region]), [
    ["new", A, "eu"],
    ["", C, null],
  ]);
});

Deno.test("what was never probed, or longer ago than allowed, needs a probe; an empty map does not", () => {
  const { clock, map } = setUp();
  assert.equal(map.needsReprobe(0), false);
  map.upsert("a", A, null);
  map.upsert("b", B, null);
  assert.deepEqual(map.staleEntries(1_000), [["a", A], ["b", B]]);
  map.updateRtt(A, 1);
  map.markUnreachable(B);
  assert.equal(map.needsReprobe(1_000), false);
  clock.advance(1_000);
  assert.equal(map.needsReprobe(1_000), false);
  clock.advance(1);
  map.updateRtt(A, 1);
  assert.equal(map.needsReprobe(1_000), true);
  assert.deepEqual(map.staleEntries(1_000), [["b", B]]);
});

Deno.test("JSON has everything but the time of the last probe, and reading it back needs probes", () => {
  const { clock, map } = setUp();
  map.upsert("a", A, "eu");
  map.upsert("b", B, null);
  map.updateRtt(B, 5);
  const text = JSON.stringify(map);
  assert.deepEqual(JSON.parse(text), [
    { name: "b", addr: B, region: null, rtt_ms: 5, reachable: true },
    { name: "a", addr: A, region: "eu", rtt_ms: null, reachable: false },
  ]);
  const { map: read, leftOut } = RelayMap.fromJSON(clock, JSON.parse(text));
  assert.equal(leftOut, 0);
  assert.equal(JSON.stringify(read), text);
  assert.equal(read.needsReprobe(1_000_000), true);
});

Deno.test("reading keeps what is a relay and tells how much was not", () => {
  const good = { name: "a", addr: A, region: null, rtt_ms: 5, reachable: true };
  const bad = [null, 1, "x", [], {}, { ...good, addr: "a" }, { ...good, name: 1 }, good];
  bad.push({ ...good, addr: B, rtt_ms: -1 }, { ...good, addr: B, rtt_ms: 1.5 });
  bad.push({ ...good, addr: B, reachable: "yes" }, { ...good, addr: B, name: "x".repeat(256) });
  const { map, leftOut } = RelayMap.fromJSON(new ManualClock(), [good, ...bad]);
  assert.deepEqual(order(map), [A]);
  assert.equal(leftOut, bad.length);
  for (const foreign of [null, 7, "x", { relays: [] }]) {
    assert.equal(RelayMap.fromJSON(new ManualClock(), foreign).map.entries.length, 0);
  }
});

Deno.test("a map is full at its limit, and known relays still change", () => {
  const { map } = setUp();
  const addr = (i: number) => `10.0.${i >> 8}.${i & 255}:1`;
  for (let i = 0; i < MAX_ENTRIES + 5; i++) map.upsert(`r${i}`, addr(i), null);
  assert.equal(map.entries.length, MAX_ENTRIES);
  map.upsert("again", addr(0), null);
  assert.equal(map.get(addr(0))!.name, "again");
});

/** The table of the protocol, word for word. */
class Model {
  entries: {
    name: string;
    addr: string;
    region: string | null;
    rtt: number | null;
    probed: number | null;
    reachable: boolean;
  }[] = [];

  upsert(name: string, addr: string, region: string | null) {
    const old = this.entries.find((entry) => entry.addr === addr);
    if (old === undefined) {
      this.entries.push({ name, addr, region, rtt: null, probed: null, reachable: false });
      return;
    }
    old.name = name;
    if (region !== null) old.region = region;
  }

  probed(addr: string, now: number, rtt: number | null) {
    const old = this.entries.find((entry) => entry.addr === addr);
    if (old !== undefined) {
      if (rtt !== null) old.rtt = rtt;
      old.probed = now;
      old.reachable = rtt !== null;
    }
    const good = this.entries.filter(({ reachable, rtt }) => reachable && rtt !== null);
    const rest = this.entries.filter((entry) => !good.includes(entry));
    // Insertion keeps equals in order.
    const sorted: typeof good = [];
    for (const entry of good) {
      const at = sorted.findIndex((other) => other.rtt! > entry.rtt!);
      sorted.splice(at < 0 ? sorted.length : at, 0, entry);
    }
    this.entries = [...sorted, ...rest];
  }
}

Deno.test("any sequence of operations leaves the map as the table says", () => {
  const addr = fc.constantFrom(A, B, C, "10.0.0.3:1", "10.0.0.4:1");
  const step = fc.oneof(
    fc.record({
      op: fc.constant("upsert" as const),
      addr,
      name: fc.string({ maxLength: 3 }),
      region: fc.constantFrom(null, "eu", "us"),
    }),
    fc.record({ op: fc.constant("rtt" as const), addr, rtt: fc.nat(5) }),
    fc.record({ op: fc.constant("lost" as const), addr }),
    fc.record({ op: fc.constant("wait" as const), ms: fc.nat(50) }),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), fc.nat(60), (steps, maxAge) => {
    const { clock, map } = setUp();
    const model = new Model();
    for (const each of steps) {
      if (each.op === "wait") clock.advance(each.ms);
      if (each.op === "upsert") {
        map.upsert(each.name, each.addr, each.region);
        model.upsert(each.name, each.addr, each.region);
      }
      if (each.op === "rtt") {
        map.updateRtt(each.addr, each.rtt);
        model.probed(each.addr, clock.now(), each.rtt);
      }
      if (each.op === "lost") {
        map.markUnreachable(each.addr);
        model.probed(each.addr, clock.now(), null);
      }
      assert.deepEqual(
        map.entries.map(({ name, addr, region, rtt_ms, last_probed, reachable }) => ({
          name,
          addr,
          region,
          rtt: rtt_ms,
          probed: last_probed,
          reachable,
        })),
        model.entries,
      );
      const best = model.entries[0];
      const expected = best?.reachable && best.rtt !== null ? best.addr : undefined;
      assert.equal(map.preferred()?.addr, expected);
      const stale = model.entries.filter(({ probed }) =>
        probed === null || clock.now() - probed > maxAge
      );
      assert.deepEqual(map.staleEntries(maxAge), stale.map(({ name, addr }) => [name, addr]));
      assert.equal(map.needsReprobe(maxAge), stale.length > 0);
    }
    const { map: read } = RelayMap.fromJSON(clock, JSON.parse(JSON.stringify(map)));
    assert.deepEqual(read.toJSON(), map.toJSON());
  }));
});
