import assert from "node:assert/strict";
import { nodeCrypto } from "../proto/node_crypto.ts";
import { MAX_REGIONS } from "./region_counts.ts";
import { RegistryEngine } from "./registry_engine.ts";
import { TestRelay } from "./testing_relays.ts";

Deno.test("however many regions relays make up, the voice's thread hears of the largest only", () => {
  const engine = new RegistryEngine({
    path: "nowhere",
    settings: { maxRelays: 1_000, maxParties: 1, members: [] },
    crypto: nodeCrypto,
    now: () => 1_000_000,
    log: () => {},
    onGroups: () => {},
    openStore: () => ({
      inPlace: true,
      load: () => ({ relays: [], parties: [], peers: [] }),
      save: () => {},
      close: () => {},
    }),
  });
  const region = (number: number) =>
    number < 50 ? "eu" : number === 50 ? "__proto__" : `r${number}`;
  const answers = engine.answer(Array.from({ length: 300 }, (_, number) => ({
    op: "register",
    body: new TestRelay(number, { region: region(number) }).registration(1_000_000),
    source: `${number}`,
  })));
  assert(answers.every(({ ok }) => ok));
  const told = Object.entries(engine.stats().relaysByRegion);
  assert.equal(told.length, MAX_REGIONS + 1);
  assert.deepEqual(told[0], ["eu", 50]);
  assert.deepEqual(told[1], ["__proto__", 1]);
  assert.deepEqual(told.at(-1), ["(others)", 300 - 50 - (MAX_REGIONS - 1)]);
});
