import assert from "node:assert/strict";
import fc from "fast-check";
import { parseRelayEntry } from "../proto/relay_entry.ts";
import { relayList, type RelayListParts } from "./relay_list.ts";

const [OWN, A, B, C] = ["0", "a", "b", "c"].map((digit) => digit.repeat(64)) as [
  string,
  string,
  string,
  string,
];
const at = (digit: number) => `192.0.2.${digit}:4433`;
const peer = (label: string, ...fingerprints: string[]) => ({ label, fingerprints });
const link = (relay: string, address: string) => ({ relay, label: `link ${relay[0]}`, address });
const facts = (relay: string, address: string, change = {}) => (
  { relay, label: `name ${relay[0]}`, address, draining: false, load: 0, ...change }
);
const record = (tls_fingerprint: string, addr: string) => (
  { name: `record ${tls_fingerprint[0]}`, addr, tls_fingerprint }
);
const list = (parts: Partial<RelayListParts>) =>
  relayList({
    peers: [],
    links: [],
    mesh: [facts(OWN, at(9))],
    registry: [],
    own: { fingerprint: OWN, addresses: [at(9)] },
    ...parts,
  });

Deno.test("configured peers come first, then the registry's relays, then those of the mesh", () => {
  const parts = {
    peers: [peer("Rome", A)],
    links: [link(A, at(1)), link(C, at(3))],
    registry: [record(B, at(2))],
    mesh: [facts(OWN, at(9)), facts(A, at(1)), facts(C, at(3))],
  };
  assert.deepEqual(list(parts), [`Rome|${at(1)}`, `record b|${at(2)}`, `name c|${at(3)}`]);
});

Deno.test("a configured peer is named only while it is linked, under the address it tells, else where it was dialled", () => {
  const peers = [peer("Rome", A), peer("Oslo", B, C)];
  assert.deepEqual(list({ peers }), []);
  const links = [link(C, at(3)), link(A, at(1))];
  assert.deepEqual(list({ peers, links }), [`Rome|${at(1)}`, `Oslo|${at(3)}`]);
  const mesh = [facts(A, at(4)), facts(C, "0.0.0.0:4433")];
  assert.deepEqual(list({ peers, links, mesh }), [`Rome|${at(4)}`, `Oslo|${at(3)}`]);
});

Deno.test("what drains or is full is not named, whoever knows of it", () => {
  const known = { peers: [peer("Rome", A)], links: [link(A, at(1))], registry: [record(A, at(1))] };
  for (const change of [{ draining: true }, { load: 1 }]) {
    assert.deepEqual(list({ ...known, mesh: [facts(A, at(1), change)] }), []);
  }
});

Deno.test("the relay itself is not named, by its key or by its address", () => {
  assert.deepEqual(list({ registry: [record(OWN, at(1)), record(B, at(9))] }), []);
});

Deno.test("a relay is named once, and so is an address", () => {
  const mesh = [facts(A, at(1)), facts(A, at(2)), facts(B, at(1))];
  assert.deepEqual(list({ mesh, registry: [record(A, at(1))] }), [`record a|${at(1)}`]);
});

Deno.test("whatever others tell, the list is short, readable, and holds no relay twice", () => {
  const text = fc.string({ unit: "binary", maxLength: 100 });
  const key = fc.constantFrom(OWN, A, B, C, "d".repeat(64));
  const address = fc.oneof(
    text,
    fc.integer({ min: 0, max: 80 }).map(at),
    fc.constant("[::]:4433"),
  );
  const parts = fc.record({
    peers: fc.array(fc.record({ label: text, fingerprints: fc.array(key) })),
    links: fc.array(fc.record({ relay: key, label: text, address })),
    mesh: fc.array(
      fc.record({
        relay: fc.oneof(key, text),
        label: text,
        address,
        draining: fc.boolean(),
        load: fc.double({ min: 0, max: 1 }),
      }),
      { maxLength: 60 },
    ),
    registry: fc.array(fc.record({ name: text, addr: address, tls_fingerprint: key })),
    own: fc.constant({ fingerprint: OWN, addresses: [at(9)] }),
  });
  fc.assert(fc.property(parts, (given) => {
    const entries = relayList(given).map((entry) => {
      const read = parseRelayEntry(entry);
      assert.ok(read !== null && read.fingerprint === null, entry);
      return entry.slice(entry.indexOf("|") + 1);
    });
    assert.ok(entries.length <= 32);
    assert.equal(new Set(entries).size, entries.length);
    assert.ok(!entries.includes(at(9)));
  }));
});
