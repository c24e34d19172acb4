import assert from "node:assert/strict";
import fc from "fast-check";
import { ClientError } from "./errors.ts";
import { parseRelayAddress, resolveRelayAddress } from "./relay_address.ts";

Deno.test("relay addresses may be typed in every common way", () => {
  const cases: [string, string, number][] = [
    ["127.0.0.1:4433", "127.0.0.1", 4433],
    ["127.0.0.1", "127.0.0.1", 4433],
    [":5000", "127.0.0.1", 5000],
    ["relay.example:80", "relay.example", 80],
    ["[::1]:4433", "::1", 4433],
    ["[::1]", "::1", 4433],
    ["::1", "::1", 4433],
    ["2001:db8::7", "2001:db8::7", 4433],
  ];
  for (const [text, host, port] of cases) {
    assert.deepEqual(parseRelayAddress(text), { host, port }, text);
  }
});

Deno.test("text that cannot be an address is refused with an example", () => {
  for (const text of ["", "a b:1", "host:0", "host:65536", "host:x", "[::1", "[::1]x", "a:b:c:1"]) {
    assert.throws(() => parseRelayAddress(text), ClientError, text);
  }
});

Deno.test("no text makes the parser throw anything but its own error", () => {
  fc.assert(fc.property(fc.string(), (text) => {
    try {
      parseRelayAddress(text);
    } catch (error) {
      assert.ok(error instanceof ClientError);
    }
  }));
});

Deno.test("IP literals resolve to themselves", async () => {
  assert.deepEqual(await resolveRelayAddress("127.0.0.1:7"), { ip: "127.0.0.1", port: 7 });
  assert.deepEqual(await resolveRelayAddress("[::1]:7"), { ip: "::1", port: 7 });
});
