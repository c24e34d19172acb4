import assert from "node:assert/strict";
import { type CarrierMesh, carriersOf } from "./carriers.ts";

const key = (digit: number) => digit.toString(16).padStart(64, "0");

function mesh(change: Partial<CarrierMesh> = {}): CarrierMesh {
  return {
    addressOf: (relay) => `192.0.2.${parseInt(relay.slice(-2), 16)}:4433`,
    labelOf: (relay) => `relay ${parseInt(relay.slice(-2), 16)}`,
    takesClients: () => true,
    ...change,
  };
}

Deno.test("a relay that carries a room is named with its address and the fingerprint to pin", () => {
  assert.deepEqual(carriersOf([key(1), key(2)], mesh()), [
    { name: "relay 1", address: { ip: "192.0.2.1", port: 4433 }, fingerprint: key(1) },
    { name: "relay 2", address: { ip: "192.0.2.2", port: 4433 }, fingerprint: key(2) },
  ]);
});

Deno.test("what takes nobody, or has no address that can be dialled, is left out", () => {
  const named = (change: Partial<CarrierMesh>) => carriersOf([key(1), key(2)], mesh(change));
  assert.deepEqual(named({ takesClients: (relay) => relay === key(2) }).map(({ name }) => name), [
    "relay 2",
  ]);
  for (const address of [null, "", "relay.example:4433", "0.0.0.0:4433", "[::]:1", "192.0.2.1:0"]) {
    assert.deepEqual(named({ addressOf: () => address }), []);
  }
  assert.equal(named({ addressOf: () => "192.0.2.9:1" }).length, 1, "each address once");
});

Deno.test("at most 32 are named", () => {
  const many = Array.from({ length: 100 }, (_, digit) => key(digit + 1));
  assert.equal(carriersOf(many, mesh()).length, 32);
});
