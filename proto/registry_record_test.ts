import assert from "node:assert/strict";
import fc from "fast-check";
import { RelayCertificate } from "./certificate.ts";
import { nodeCrypto } from "./node_crypto.ts";
import {
  farewellTranscript,
  parseRelayFarewell,
  parseRelayRecord,
  recordTranscript,
  type RelayRecord,
  type RelayStatement,
  verifyRelayRecord,
} from "./registry_record.ts";

/** The certificate of the seed 00 01 ... 1f, as in docs/registry.md. */
const certificate = new RelayCertificate(nodeCrypto, Uint8Array.from({ length: 32 }, (_, i) => i));

const STATEMENT: RelayStatement = {
  name: "Relay A",
  addr: "203.0.113.5:4433",
  region: "eu-west",
  capacity: 1_000,
  load: 120,
  draining: false,
  tls_fingerprint: certificate.fingerprintBytes.toHex(),
  udp_port: 51_820,
  issued_at: 1_775_000_000_000,
  nonce: "000102030405060708090a0b0c0d0e0f",
};

function signed(statement: RelayStatement): RelayRecord {
  return {
    ...statement,
    public_key: certificate.publicKey.toHex(),
    signature: certificate.sign(recordTranscript(statement)).toHex(),
  };
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

Deno.test("what is signed is the text in the document, and so is the signature", () => {
  assert.equal(
    textOf(recordTranscript(STATEMENT)),
    `["wzp-registry/1","register","Relay A","203.0.113.5:4433","eu-west",1000,120,false,` +
      `"${STATEMENT.tls_fingerprint}",51820,1775000000000,"000102030405060708090a0b0c0d0e0f"]`,
  );
  assert.equal(
    textOf(farewellTranscript(STATEMENT)),
    `["wzp-registry/1","remove","${STATEMENT.tls_fingerprint}",1775000000000,` +
      `"000102030405060708090a0b0c0d0e0f"]`,
  );
  const document = Deno.readTextFileSync(new URL("../docs/registry.md", import.meta.url));
  const record = signed(STATEMENT);
  const farewell = certificate.sign(farewellTranscript(STATEMENT)).toHex();
  for (
    const value of [
      record.tls_fingerprint,
      record.public_key,
      record.signature,
      farewell,
      certificate.der.toBase64(),
      textOf(recordTranscript(STATEMENT)),
      textOf(farewellTranscript(STATEMENT)),
    ]
  ) {
    assert(document.includes(value), value);
  }
});

Deno.test("a record is verified by its own key, and no field can be changed", () => {
  const record = signed(STATEMENT);
  assert(verifyRelayRecord(nodeCrypto, record));
  const changes: Partial<RelayRecord>[] = [
    { name: "Relay B" },
    { addr: "203.0.113.5:4434" },
    { region: "" },
    { capacity: 1_001 },
    { load: 121 },
    { draining: true },
    { tls_fingerprint: "0".repeat(64) },
    { udp_port: null },
    { issued_at: 1_775_000_000_001 },
    { nonce: "f".repeat(32) },
    { public_key: "0".repeat(64) },
    { signature: "0".repeat(128) },
  ];
  assert.deepEqual(
    new Set(changes.flatMap((change) => Object.keys(change))),
    new Set(Object.keys(record)),
  );
  for (const change of changes) {
    assert(!verifyRelayRecord(nodeCrypto, { ...record, ...change }), JSON.stringify(change));
  }
});

Deno.test("a record is read as it was, without what does not belong to it", () => {
  const record = signed(STATEMENT);
  assert.deepEqual(parseRelayRecord({ ...record, cert: "x", toString: 1 }), record);
  assert.deepEqual(parseRelayRecord(JSON.parse(JSON.stringify(record))), record);
  const { udp_port: _, draining: __, ...short } = record;
  assert.deepEqual(parseRelayRecord(short), { ...record, udp_port: null });
  assert.deepEqual(parseRelayFarewell(record), {
    tls_fingerprint: record.tls_fingerprint,
    issued_at: record.issued_at,
    nonce: record.nonce,
  });
});

Deno.test("what no relay would say is refused by the name of the field", () => {
  const good: Record<string, unknown> = { ...signed(STATEMENT) };
  const bad: Record<string, readonly unknown[]> = {
    name: ["", "x".repeat(65), "a|b", "a\nb", "\u202e", "\ud800", null, 1],
    addr: [
      ...["203.0.113.5", "203.0.113.05:1", "203.0.113.5:0", "203.0.113.5:01", "relay.example:1"],
      ...["[fe80::1%2]:1", "[::ffff:1.2.3.4]:1", "0.0.0.0:1", "[::]:1", "255.255.255.255:1"],
      ...["224.0.0.1:1", "239.255.255.255:1", "240.0.0.1:1", "[ff02::1]:1"],
    ],
    region: ["x".repeat(33), "a|b", "\0", null],
    capacity: [-1, 1.5, "1", NaN, Infinity, 10_000_001, -0],
    load: [-1, 1.5, "1", NaN, 10_000_001],
    draining: ["false", 0, null],
    tls_fingerprint: ["", "A".repeat(64), "a".repeat(63), `${"a".repeat(64)}\n`],
    udp_port: [0, 65_536, "1", 1.5],
    issued_at: [-1, 1.5, "1", 2 ** 53],
    nonce: ["", "a".repeat(33), "G".repeat(32)],
    public_key: ["a".repeat(66), "A".repeat(64), undefined],
    signature: ["a".repeat(127), "A".repeat(128), undefined],
  };
  assert.deepEqual(new Set(Object.keys(bad)), new Set(Object.keys(good)));
  for (const [field, values] of Object.entries(bad)) {
    for (const value of values) {
      const reading = parseRelayRecord({ ...good, [field]: value });
      assert(typeof reading === "string" && reading.startsWith(field), `${field}: ${value}`);
    }
  }
});

Deno.test("any JSON is either a record that says the same once more, or refused in a few words", () => {
  const good: Record<string, unknown> = { ...signed(STATEMENT) };
  const change = fc.tuple(fc.constantFrom(...Object.keys(good)), fc.jsonValue());
  const odd = fc.oneof(
    fc.jsonValue(),
    change.map(([field, value]) => ({ ...good, [field]: value })),
    fc.tuple(fc.string(), fc.string(), fc.maxSafeNat(), fc.boolean()).map((
      [name, region, issued_at, draining],
    ) => ({ ...good, name, region, issued_at, draining })),
  );
  fc.assert(
    fc.property(odd, (value) => {
      const record = parseRelayRecord(value);
      if (typeof record === "string") {
        assert.match(record, /^[a-z_]+ \w.{0,60}$/);
        return;
      }
      assert.deepEqual(parseRelayRecord(record), record);
      // Two statements that differ are never the same text.
      const items: unknown[] = JSON.parse(textOf(recordTranscript(record)));
      assert.deepEqual(items.slice(2), [
        record.name,
        record.addr,
        record.region,
        record.capacity,
        record.load,
        record.draining,
        record.tls_fingerprint,
        record.udp_port,
        record.issued_at,
        record.nonce,
      ]);
    }),
    { numRuns: 1_000 },
  );
});
