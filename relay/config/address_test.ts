import assert from "node:assert/strict";
import fc from "fast-check";
import { listenAddress, printAddress, publicAddress } from "./address.ts";

Deno.test("a listening address is ip:port, or :port for every address", () => {
  const cases: [string, string, number][] = [
    ["0.0.0.0:4433", "0.0.0.0", 4433],
    ["127.0.0.1:0", "127.0.0.1", 0],
    [":4433", "", 4433],
    [":0", "", 0],
    ["[::]:4433", "::", 4433],
    ["[::1]:65535", "::1", 65535],
    ["[2001:DB8:0::0:1]:1", "2001:db8::1", 1],
    ["[::ffff:192.0.2.1]:1", "192.0.2.1", 1],
  ];
  for (const [text, ip, port] of cases) {
    assert.deepEqual(listenAddress.read(text), { value: { ip, port } }, text);
  }
});

Deno.test("anything else is refused, with the value in the problem", () => {
  const texts = [
    "",
    ":",
    "4433",
    "::1:4433",
    "::",
    "1.2.3:4",
    "1.2.3.4",
    "1.2.3.4:",
    "1.2.3.4:65536",
  ];
  const more = [
    "1.2.3.4:-1",
    "01.2.3.4:1",
    "256.1.1.1:1",
    "localhost:1",
    "[1.2.3.4]:1",
    "[::1]",
    "[:::]:1",
  ];
  for (
    const text of [...texts, ...more, "[fe80::1%eth0]:1", " 1.2.3.4:1", "1.2.3.4:1\n", ":99999"]
  ) {
    const reading = listenAddress.read(text);
    assert.ok("problems" in reading, text);
    assert.equal(reading.problems[0]?.got, text);
  }
  for (const raw of [4433, null, true, ["1.2.3.4:1"], {}]) {
    assert.ok("problems" in listenAddress.read(raw));
  }
});

Deno.test("a public address is neither a wildcard nor without a port", () => {
  assert.deepEqual(publicAddress.read("203.0.113.5:1"), { value: { ip: "203.0.113.5", port: 1 } });
  for (const text of ["0.0.0.0:1", "[::]:1", "203.0.113.5:0", ":4433", "example.org:4433"]) {
    assert.ok("problems" in publicAddress.read(text), text);
  }
});

Deno.test("what is printed reads as the same address", () => {
  const ip = fc.oneof(fc.constant(""), fc.ipV4(), fc.ipV6());
  fc.assert(fc.property(ip, fc.nat(65535), (ip, port) => {
    const reading = listenAddress.read(printAddress({ ip, port }));
    assert.ok("value" in reading);
    assert.deepEqual(listenAddress.read(printAddress(reading.value)), reading);
  }));
});
