import assert from "node:assert/strict";
import fc from "fast-check";
import { parseSocketAddress } from "../../proto/socket_address.ts";
import { classifyNat } from "./classify.ts";

const addresses = (...texts: string[]) => texts.map((text) => parseSocketAddress(text)!);
const typeOf = (...texts: string[]) => classifyNat(addresses(...texts)).type;

Deno.test("fewer than two public addresses tell nothing", () => {
  assert.deepEqual(classifyNat([]), { type: "Unknown", address: null, counted: 0 });
  assert.equal(typeOf("198.51.100.1:5000"), "Unknown");
  assert.equal(typeOf("198.51.100.1:5000", "192.168.1.2:5000"), "Unknown");
});

Deno.test("the same address everywhere is a cone, with that address", () => {
  assert.deepEqual(classifyNat(addresses("198.51.100.1:5000", "10.0.0.1:7", "198.51.100.1:5000")), {
    type: "Cone",
    address: { ip: "198.51.100.1", port: 5000 },
    counted: 2,
  });
  assert.equal(typeOf("[2001:db8::1]:1", "[2001:db8::1]:1"), "Cone");
});

Deno.test("one IP with different ports is symmetric, different IPs are several ways out", () => {
  assert.equal(typeOf("198.51.100.1:5000", "198.51.100.1:5001"), "SymmetricPort");
  assert.equal(typeOf("198.51.100.1:5000", "198.51.100.1:5000", "198.51.100.1:1"), "SymmetricPort");
  assert.equal(typeOf("198.51.100.1:5000", "198.51.100.2:5000"), "Multiple");
  assert.equal(typeOf("198.51.100.1:5000", "198.51.100.1:5001", "198.51.100.2:5000"), "Multiple");
  assert.equal(typeOf("[2001:db8::2]:5000", "[2001:db8::1]:5000"), "Multiple");
});

Deno.test("addresses are compared with those of their family, and IPv4 is what counts", () => {
  const [own, other] = ["[2001:db8::1]:1", "[2001:db8::2]:1"];
  assert.equal(typeOf(own, "198.51.100.1:5000", other, "198.51.100.1:5000"), "Cone");
  assert.equal(typeOf(own, own, "198.51.100.1:5000", "198.51.100.1:5001"), "SymmetricPort");
  assert.deepEqual(classifyNat(addresses(own, own, "198.51.100.1:5000")), {
    type: "Unknown",
    address: null,
    counted: 1,
  });
  assert.equal(typeOf(own, own, "10.0.0.1:5000"), "Unknown");
});

Deno.test("addresses without translation do not count, their neighbours do", () => {
  for (
    const ip of [
      ...["127.0.0.1", "127.255.0.1", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255"],
      ...["192.168.0.1", "169.254.1.1", "100.64.0.1", "100.127.255.255"],
      ...["[::1]", "[::]", "[fe80::1]", "[febf::1]"],
    ]
  ) assert.equal(typeOf(`${ip}:1`, `${ip}:1`), "Unknown", ip);
  for (
    const ip of [
      ...["126.0.0.1", "128.0.0.1", "11.0.0.1", "172.15.0.1", "172.32.0.1", "192.167.0.1"],
      ...["169.253.0.1", "100.63.0.1", "100.128.0.1", "[fd00::1]", "[fec0::1]", "[2001:db8::1]"],
    ]
  ) assert.equal(typeOf(`${ip}:1`, `${ip}:1`), "Cone", ip);
});

Deno.test("the order in which relays answer does not matter", () => {
  const one = fc.record({
    ip: fc.constantFrom("198.51.100.1", "198.51.100.2", "10.0.0.1", "2001:db8::1"),
    port: fc.integer({ min: 1, max: 3 }),
  }, { noNullPrototype: true });
  fc.assert(fc.property(fc.array(one, { maxLength: 6 }), (observed) => {
    assert.deepEqual(classifyNat(observed.toReversed()), classifyNat(observed));
  }));
});
