import assert from "node:assert/strict";
import fc from "fast-check";
import { addressBlock, blockHolds, parseAddressBlock } from "./address_block.ts";

function holds(block: string, ip: string): boolean {
  return blockHolds(parseAddressBlock(block)!, ip);
}

Deno.test("a block holds the addresses that share its leading bits", () => {
  assert.ok(holds("192.0.2.7", "192.0.2.7"));
  assert.ok(!holds("192.0.2.7", "192.0.2.8"));
  assert.ok(holds("192.0.2.0/24", "192.0.2.255"));
  assert.ok(!holds("192.0.2.0/24", "192.0.3.0"));
  assert.ok(holds("192.0.2.128/25", "192.0.2.200"));
  assert.ok(!holds("192.0.2.128/25", "192.0.2.127"));
  assert.ok(holds("0.0.0.0/0", "203.0.113.9"));
  assert.ok(holds("2001:db8::/33", "2001:db8:7fff::1"));
  assert.ok(!holds("2001:db8::/33", "2001:db8:8000::1"));
  assert.ok(holds("2001:db8::1", "2001:DB8:0:0::1"));
});

Deno.test("IPv4 and IPv6 never meet, but an IPv4-mapped address is IPv4", () => {
  assert.ok(!holds("0.0.0.0/0", "::1"));
  assert.ok(!holds("::/0", "127.0.0.1"));
  assert.ok(holds("127.0.0.0/8", "::ffff:127.0.0.1"));
  assert.ok(holds("fe80::/10", "fe80::1%2"));
});

Deno.test("what is no block is refused", () => {
  for (const text of ["", "10.0.0.0/33", "::/129", "10.0.0.0/08", "10.0.0.0/", "host", "10.0.0"]) {
    assert.equal(parseAddressBlock(text), null, text);
    assert.ok("problems" in addressBlock.read(text));
  }
  assert.ok("problems" in addressBlock.read(7));
  assert.equal(addressBlock.raw(parseAddressBlock("10.1.2.3/8")!), "10.1.2.3/8");
});

Deno.test("a block agrees with the bits written out", () => {
  const ip = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));
  const binary = (octets: number[]) =>
    octets.map((octet) => octet.toString(2).padStart(8, "0")).join("");
  fc.assert(fc.property(ip, ip, fc.nat(32), fc.nat(32), (base, other, bits, shared) => {
    // Random addresses hardly ever share a prefix, so a part of the base is copied.
    const text = binary(base).slice(0, shared) + binary(other).slice(shared);
    const near = [0, 8, 16, 24].map((at) => parseInt(text.slice(at, at + 8), 2));
    const expected = binary(near).slice(0, bits) === binary(base).slice(0, bits);
    assert.equal(holds(`${base.join(".")}/${bits}`, near.join(".")), expected);
  }));
});
