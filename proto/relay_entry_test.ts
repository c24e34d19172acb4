import assert from "node:assert/strict";
import fc from "fast-check";
import { formatRelayEntry, MAX_RELAY_NAME, parseRelayEntry } from "./relay_entry.ts";
import { formatSocketAddress } from "./socket_address.ts";

const PIN = "0123456789abcdef".repeat(4);

Deno.test("an entry is a name, an address and perhaps a fingerprint", () => {
  const address = { ip: "192.0.2.1", port: 4433 };
  const plain = { name: "Rome", address, fingerprint: null };
  assert.deepEqual(parseRelayEntry("Rome|192.0.2.1:4433"), plain);
  assert.equal(formatRelayEntry(plain), "Rome|192.0.2.1:4433");
  const pinned = { ...plain, fingerprint: PIN };
  assert.deepEqual(parseRelayEntry(`Rome|192.0.2.1:4433|${PIN}`), pinned);
  assert.equal(formatRelayEntry(pinned), `Rome|192.0.2.1:4433|${PIN}`);
  assert.deepEqual(parseRelayEntry("|[2001:db8::1]:1")?.address, { ip: "2001:db8::1", port: 1 });
});

Deno.test("what names no address that can be dialled is no entry", () => {
  for (
    const text of [
      ...["", "Rome", "192.0.2.1:4433", "Rome|", "Rome|relay.example:4433", "Rome|192.0.2.1:0"],
      ...["Rome|192.0.2.1:4433|", `Rome|192.0.2.1:4433|${PIN.toUpperCase()}`],
      ...[`Rome|192.0.2.1:4433|${PIN}|`, `Rome|192.0.2.1:4433|${PIN}|x`, "a|b|192.0.2.1:4433"],
    ]
  ) assert.equal(parseRelayEntry(text), null, text);
});

Deno.test("a name is cleaned of separators and of what is not visible, and is not long", () => {
  const address = { ip: "192.0.2.1", port: 4433 };
  const named = (name: string) => formatRelayEntry({ name, address, fingerprint: null });
  assert.equal(named("Ro|me\n\u202e"), "Rome|192.0.2.1:4433");
  assert.equal(named("x".repeat(1_000)).indexOf("|"), MAX_RELAY_NAME);
  assert.equal(parseRelayEntry("Ro\u0007me|192.0.2.1:4433")?.name, "Rome");
});

Deno.test("what is written reads back, whatever the name", () => {
  const ip = fc.oneof(fc.ipV4(), fc.ipV6().filter((text) => !text.includes(".")));
  const entry = fc.record({
    name: fc.string({ unit: "binary", maxLength: 100 }),
    address: fc.record({ ip, port: fc.integer({ min: 1, max: 0xffff }) }),
    fingerprint: fc.option(fc.constant(PIN), { nil: null }),
  });
  fc.assert(fc.property(entry, (given) => {
    const read = parseRelayEntry(formatRelayEntry(given));
    assert.ok(read !== null);
    assert.equal(formatSocketAddress(read.address), formatSocketAddress(given.address));
    assert.equal(read.fingerprint, given.fingerprint);
    assert.deepEqual(parseRelayEntry(formatRelayEntry(read)), read);
  }));
});

Deno.test("any text is read without an exception", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
    const read = parseRelayEntry(text);
    if (read !== null) assert.ok(read.name.length <= MAX_RELAY_NAME && !read.name.includes("|"));
  }));
});
