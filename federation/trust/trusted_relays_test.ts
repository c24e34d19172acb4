import assert from "node:assert/strict";
import { formatTlsFingerprint } from "../../proto/certificate.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import type { FederationSettings } from "../../relay/ports/federation.ts";
import { NO_FEDERATION, testCertificate } from "./testing_relays.ts";
import { TrustedRelays } from "./trusted_relays.ts";

const OWN = testCertificate(0).fingerprintBytes.toHex();
const key = (number: number) => testCertificate(number).fingerprintBytes.toHex();
const colons = (number: number) => formatTlsFingerprint(testCertificate(number).fingerprintBytes);

function trusted(settings: Partial<FederationSettings>): TrustedRelays {
  return new TrustedRelays({ ...NO_FEDERATION, ...settings }, OWN, nodeCrypto);
}

function entry(number: number, allowLegacy = false) {
  return { fingerprints: [key(number)], label: `r${number}`, allowLegacy };
}

function peer(number: number, host: string, allowLegacy = false) {
  return { ...entry(number, allowLegacy), host, port: 4433 };
}

const nowhere = () => [];

Deno.test("peers and trusted relays are known by each of their fingerprints", () => {
  const relays = trusted({
    peers: [{ ...peer(1, "b.example"), fingerprints: [key(1), key(2)] }],
    trusted: [entry(3)],
  });
  assert.deepEqual([1, 2, 3, 4].map((n) => relays.find(key(n))?.label), [
    "r1",
    "r1",
    "r3",
    undefined,
  ]);
  assert.deepEqual([...relays.labels()], ["r1", "r3"]);
});

Deno.test("a relay in both lists may be an original if either entry says so", () => {
  const relays = trusted({ peers: [peer(1, "192.0.2.1")], trusted: [entry(1, true)] });
  assert.equal(relays.find(key(1))!.allowLegacy, true);
  assert.equal(relays.named("r1")!.allowLegacy, true);
});

Deno.test("an original is let in by its address or its fingerprint, and only where its entry allows", () => {
  const relays = trusted({
    peers: [peer(1, "192.0.2.1", true), peer(2, "192.0.2.2"), peer(3, "c.example", true)],
    trusted: [entry(4, true), entry(5)],
  });
  const judge = (hello: string, ip: string) =>
    relays.judgeOriginal(hello, ip, (host) => host === "c.example" ? ["192.0.2.3"] : []);
  assert.deepEqual(judge(colons(1), "192.0.2.1"), { label: "r1", key: key(1) });
  assert.deepEqual(judge(colons(1), "192.0.2.99"), { label: "r1", key: key(1) });
  assert.deepEqual(judge(colons(9), "192.0.2.1"), { label: "r1", key: key(9) });
  assert.deepEqual(judge(colons(9), "192.0.2.3"), { label: "r3", key: key(9) });
  assert.deepEqual(judge(key(4).toUpperCase(), "192.0.2.99"), { label: "r4", key: key(4) });
  for (const [hello, ip] of [[colons(2), "192.0.2.2"], ["x", "192.0.2.2"], [colons(5), "::1"]]) {
    assert.deepEqual(judge(hello!, ip!), { refusal: "legacy_not_allowed" });
  }
  assert.deepEqual(judge(colons(9), "192.0.2.99"), { refusal: "unknown_relay" });
  assert.deepEqual(judge("", "192.0.2.99"), { refusal: "unknown_relay" });
  assert.deepEqual(judge(formatTlsFingerprint(Uint8Array.fromHex(OWN)), "192.0.2.1"), {
    refusal: "own_certificate",
  });
});

Deno.test("from the address of an original nobody gets the name of a relay that has to prove itself", () => {
  const relays = trusted({ peers: [peer(1, "192.0.2.1", true), peer(2, "192.0.2.2")] });
  assert.deepEqual(relays.judgeOriginal(colons(2), "192.0.2.1", nowhere), {
    refusal: "legacy_not_allowed",
  });
});

Deno.test("an original that names no fingerprint has a key of its own", () => {
  const relays = trusted({
    peers: [peer(1, "192.0.2.1", true), peer(2, "192.0.2.2", true)],
  });
  const keys = ["192.0.2.1", "192.0.2.2"].map((ip) => {
    const verdict = relays.judgeOriginal("nonsense", ip, nowhere);
    assert("key" in verdict);
    assert.match(verdict.key, /^[0-9a-f]{64}$/);
    return verdict.key;
  });
  assert.notEqual(keys[0], keys[1]);
  assert(!keys.includes(key(1)));
});
