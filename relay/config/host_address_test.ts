import assert from "node:assert/strict";
import fc from "fast-check";
import { formatHostAddress, hostAddress } from "./host_address.ts";

const read = (raw: unknown) => {
  const reading = hostAddress.read(raw);
  return "value" in reading ? reading.value : null;
};

Deno.test("relays are named by address or by name, in one spelling", () => {
  const cases: [string, string][] = [
    ["10.0.0.2:4433", "10.0.0.2:4433"],
    ["[2001:DB8:0::7]:1", "[2001:db8::7]:1"],
    ["[::ffff:10.0.0.2]:65535", "10.0.0.2:65535"],
    ["Relay.Example.ORG.:4433", "relay.example.org:4433"],
    ["localhost:04433", "localhost:4433"],
    ["a_b-c:5", "a_b-c:5"],
  ];
  for (const [text, canonical] of cases) {
    const value = read(text);
    assert(value !== null, text);
    assert.equal(formatHostAddress(value), canonical);
    assert.equal(hostAddress.raw(value), canonical);
    assert.deepEqual(read(canonical), value);
  }
});

Deno.test("what cannot be dialled is refused", () => {
  const bad = [
    "",
    "host",
    ":4433",
    "host:0",
    "host:65536",
    "host:x",
    "::1:4433",
    "[::1]",
    "[::1:5",
  ];
  const worse = ["1.2.3:4", "1.2.3.256:4", "01.2.3.4:4", "[1.2.3.4]:5", "[a]:5", "a b:1", "-a:1"];
  const worst = [
    "a-:1",
    "a..b:1",
    ".:1",
    "..:1",
    `${"a".repeat(64)}:1`,
    "\u00e4:1",
    "u@h:1",
    5,
    null,
  ];
  for (const raw of [...bad, ...worse, ...worst, "http://h:1", "h:1\n"]) {
    assert.equal(read(raw), null, String(raw));
  }
});

Deno.test("whatever is accepted reads back as itself", () => {
  const part = fc.oneof(fc.stringMatching(/^[A-Za-z0-9._:[\]-]{1,20}$/), fc.ipV4(), fc.ipV6());
  fc.assert(fc.property(part, fc.nat(70_000), fc.boolean(), (host, port, brackets) => {
    const value = read(brackets ? `[${host}]:${port}` : `${host}:${port}`);
    if (value !== null) assert.deepEqual(read(formatHostAddress(value)), value);
  }));
});
