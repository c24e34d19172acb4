import assert from "node:assert/strict";
import type { RelayRecord } from "../../proto/registry_record.ts";
import { selectRelays } from "./relay_selection.ts";
import { signedRecord } from "./testing_registry.ts";

const [MODEL] = [signedRecord({ addr: "10.0.0.1:1" })];
const record = (addr: string, region: string, more: Partial<RelayRecord> = {}): RelayRecord => {
  return { ...MODEL!, addr, name: addr, region, ...more };
};
const all = ["eu", "us", "asia"].flatMap((region, r) =>
  Array.from({ length: 100 }, (_, i) => record(`10.${r}.0.${i}:1`, region))
);
const options = { limit: 12, remembered: new Map<string, number>(), random: () => 0.5 };

Deno.test("of a long list every region gets its share, in the order of the list", () => {
  const chosen = selectRelays(all, options, () => true);
  assert.equal(chosen.length, 12);
  for (const region of ["eu", "us", "asia"]) {
    assert.equal(chosen.filter((relay) => relay.region === region).length, 4);
  }
  assert.deepEqual(chosen, all.filter((relay) => chosen.includes(relay)));
});

Deno.test("a short list is taken whole", () => {
  assert.deepEqual(selectRelays(all.slice(0, 5), options, () => true), all.slice(0, 5));
});

Deno.test("those that were near take up to half of the places", () => {
  const remembered = new Map(all.slice(20, 60).map(({ addr }, i) => [addr, 100 - i]));
  const chosen = selectRelays(all, { ...options, remembered }, () => true);
  const near = all.slice(54, 60);
  assert.ok(near.every((relay) => chosen.includes(relay)));
  assert.ok(chosen.filter(({ region }) => region === "us").length >= 2);
});

Deno.test("relays that drain or are full are taken only where there is room", () => {
  const busy = [
    record("10.9.0.1:1", "eu", { draining: true }),
    record("10.9.0.2:1", "eu", { load: 100 }),
  ];
  const some = [...busy, ...all.slice(0, 11)];
  const chosen = selectRelays(some, options, () => true);
  assert.equal(chosen.filter((relay) => busy.includes(relay)).length, 1);
});

Deno.test("each is asked about once, and those that are refused make room for others", () => {
  const asked: string[] = [];
  const remembered = new Map(all.map(({ addr }) => [addr, 5]));
  const chosen = selectRelays(all, { ...options, remembered }, ({ addr, region }) => {
    asked.push(addr);
    return region !== "eu";
  });
  assert.equal(chosen.length, 12);
  assert.equal(new Set(asked).size, asked.length);
  assert.ok(chosen.every(({ region }) => region !== "eu"));
});
