import assert from "node:assert/strict";
import { mediaAddress, mediaTarget } from "./media_address.ts";

Deno.test("the advertised address counts; one that cannot be used stands for the relay in use", () => {
  const used = { ip: "192.0.2.1", port: 4433 };
  assert.deepEqual(mediaAddress("192.0.2.9:1", used), { ip: "192.0.2.9", port: 1 });
  const useless = ["", "relay.example:4433", "192.0.2.9", "2001:db8::1:4433", "[2001:db8::1]:1"];
  for (const text of [...useless, "0.0.0.0:4433", "[::]:4433", "192.0.2.9:0"]) {
    assert.equal(mediaAddress(text, used), used, text);
  }
  const used6 = { ip: "2001:db8::1", port: 4433 };
  assert.deepEqual(mediaAddress("[2001:db8::2]:1", used6), { ip: "2001:db8::2", port: 1 });
  assert.equal(mediaAddress("192.0.2.9:1", used6), used6);
});

Deno.test("another relay than the one in use is pinned as it was told; its own pin is for no other", () => {
  const used = { ip: "192.0.2.1", port: 4433 };
  const there = { ip: "192.0.2.9", port: 1 };
  const [pin, other] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  const setup = (relay_addr: string, relay: string | null) => ({
    relay_addr,
    ext: { v: 1, caps: [], relay, relays: [] },
  });
  const entry = `T|192.0.2.9:1|${other.toHex()}`;
  for (const own of [{ address: used }, { address: used, pin }]) {
    assert.deepEqual(mediaTarget(setup("192.0.2.1:4433", null), own), own);
    assert.deepEqual(mediaTarget(setup("192.0.2.9:1", entry), own), { address: there, pin: other });
    // The relay in use has two addresses.
    assert.deepEqual(mediaTarget(setup("192.0.2.9:1", null), own), { ...own, address: there });
    assert.deepEqual(
      mediaTarget({ relay_addr: "192.0.2.9:1", ext: null }, own),
      { ...own, address: there },
    );
  }
  // Without a fingerprint, or with that of another address, it could be anybody.
  for (const relay of ["T|192.0.2.9:1", `T|192.0.2.8:1|${other.toHex()}`, "T"]) {
    const own = { address: used, pin };
    assert.deepEqual(mediaTarget(setup("192.0.2.9:1", relay), own), own);
    assert.deepEqual(mediaTarget(setup("192.0.2.9:1", relay), { address: used }), {
      address: there,
    });
  }
});
