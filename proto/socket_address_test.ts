import assert from "node:assert/strict";
import { isIPv4, isIPv6 } from "node:net";
import fc from "fast-check";
import {
  canonicalIp,
  formatSocketAddress,
  ipv6Groups,
  isHostIp,
  parseSocketAddress,
} from "./socket_address.ts";

/** Text to canonical text, or null where the parser refuses it. */
function reprint(text: string): string | null {
  const address = parseSocketAddress(text);
  return address === null ? null : formatSocketAddress(address);
}

Deno.test("addresses of the protocol read and print unchanged", () => {
  for (
    const text of [
      "192.0.2.1:40001",
      "203.0.113.5:4433",
      "0.0.0.0:0",
      "255.255.255.255:65535",
      "[::1]:4433",
      "[::]:0",
      "[2001:db8::1]:4433",
      "[1:2:3:4:5:6:7:8]:1",
    ]
  ) {
    assert.equal(reprint(text), text);
  }
});

Deno.test("an address is its canonical IP and its port", () => {
  assert.deepEqual(parseSocketAddress("[2001:DB8:0::1]:80"), { ip: "2001:db8::1", port: 80 });
});

Deno.test("IPv6 prints in the one form of RFC 5952", () => {
  const table = {
    "2001:0db8:0000:0000:0000:0000:0000:0001": "2001:db8::1",
    "2001:DB8::ABCD": "2001:db8::abcd",
    // The longest run is shortened, the first of two equal ones, never a single group.
    "2001:db8:0:0:1:0:0:1": "2001:db8::1:0:0:1",
    "2001:0:0:1:0:0:0:1": "2001:0:0:1::1",
    "2001:db8:0:1:1:1:1:1": "2001:db8:0:1:1:1:1:1",
    "2001:db8::1:1:1:1:1": "2001:db8:0:1:1:1:1:1",
    "1::": "1::",
    "0:0:0:0:0:0:0:0": "::",
    "1:2:3:4:5:6:7::": "1:2:3:4:5:6:7:0",
    "::2:3:4:5:6:7:8": "0:2:3:4:5:6:7:8",
    "64:ff9b::192.0.2.33": "64:ff9b::c000:221",
    "::1.2.3.4": "::102:304",
    "1:2:3:4:5:6:1.2.3.4": "1:2:3:4:5:6:102:304",
  };
  for (const [text, canonical] of Object.entries(table)) {
    assert.equal(canonicalIp(text), canonical, text);
    assert.equal(reprint(`[${text}]:7`), `[${canonical}]:7`);
  }
});

Deno.test("IPv4-mapped IPv6 is plain IPv4, however it is written", () => {
  for (
    const text of [
      "::ffff:192.0.2.1",
      "::FFFF:c000:201",
      "0:0:0:0:0:ffff:192.0.2.1",
      "::ffff:C000:0201",
    ]
  ) {
    assert.equal(canonicalIp(text), "192.0.2.1");
    assert.equal(reprint(`[${text}]:9`), "192.0.2.1:9");
  }
  assert.equal(canonicalIp("::fffe:192.0.2.1"), "::fffe:c000:201");
});

Deno.test("a port may have leading zeros, as in Rust, and no sign or space", () => {
  assert.equal(reprint("127.0.0.1:00080"), "127.0.0.1:80");
  assert.equal(reprint("127.0.0.1:000000000000000000065535"), "127.0.0.1:65535");
  for (const port of ["", "65536", "+1", "-1", " 1", "1 ", "0x10", "1e3", "99999999999999999999"]) {
    assert.equal(parseSocketAddress(`127.0.0.1:${port}`), null, port);
  }
});

Deno.test("a numeric scope id is accepted and dropped", () => {
  assert.equal(reprint("[fe80::1%2]:80"), "[fe80::1]:80");
  assert.equal(reprint("[fe80::1%4294967295]:80"), "[fe80::1]:80");
  for (const text of ["[fe80::1%4294967296]:80", "[fe80::1%eth0]:80", "[fe80::1%]:80"]) {
    assert.equal(parseSocketAddress(text), null, text);
  }
  assert.equal(canonicalIp("fe80::1%2"), null);
});

Deno.test("host names and everything else a Rust peer refuses are refused", () => {
  for (
    const text of [
      "",
      ":4433",
      "localhost:4433",
      "relay.example.org:4433",
      "127.0.0.1",
      "127.0.0.1:1\n",
      " 127.0.0.1:1",
      "127.0.0.01:1",
      "127.0.0.256:1",
      "127.0.0.1000:1",
      "127.0.1:1",
      "1.2.3.4.5:1",
      "1.2.3.:1",
      "0x7f.0.0.1:1",
      "[127.0.0.1]:1",
      "::1:4433",
      "[::1]",
      "[::1]4433",
      "[::1:4433",
      "[]:1",
      "[:]:1",
      "[:::]:1",
      "[::1::]:1",
      "[1:2:3:4:5:6:7]:1",
      "[1:2:3:4:5:6:7:8:9]:1",
      "[1:2:3:4::5:6:7:8]:1",
      "[1:2:3:4:5:6:7:1.2.3.4]:1",
      "[1:2:3:4:5:6::1.2.3.4]:1",
      "[1.2.3.4::]:1",
      "[::1.2.3.4:5]:1",
      "[::1.2.3.04]:1",
      "[12345::]:1",
      "[g::]:1",
      "[1:]:1",
      "[:1]:1",
    ]
  ) {
    assert.equal(parseSocketAddress(text), null, JSON.stringify(text));
  }
});

Deno.test("an address in another spelling prints canonically, and no address does not print", () => {
  assert.equal(formatSocketAddress({ ip: "::FFFF:1.2.3.4", port: 5 }), "1.2.3.4:5");
  assert.equal(formatSocketAddress({ ip: "0::0", port: 5 }), "[::]:5");
  assert.throws(() => formatSocketAddress({ ip: "localhost", port: 5 }), TypeError);
  assert.throws(() => formatSocketAddress({ ip: "::", port: 65536 }), RangeError);
});

const port = fc.integer({ min: 0, max: 65535 });

/** Groups with many zeros, so that runs of them are common. */
const groups = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })), {
  minLength: 8,
  maxLength: 8,
});

Deno.test("any address that is printed reads back as itself", () => {
  const ip = fc.oneof(fc.ipV4(), groups.map((list) => list.map((g) => g.toString(16)).join(":")));
  fc.assert(
    fc.property(ip, port, (text, port) => {
      const address = { ip: canonicalIp(text)!, port };
      assert.deepEqual(parseSocketAddress(formatSocketAddress(address)), address);
    }),
    { numRuns: 5000 },
  );
});

Deno.test("all spellings of an IPv6 address print as the URL standard prints it", () => {
  fc.assert(
    fc.property(groups, fc.boolean(), fc.boolean(), (list, upper, padded) => {
      fc.pre(!(list.slice(0, 5).every((group) => group === 0) && list[5] === 0xffff));
      const hex = list.map((group) => group.toString(16).padStart(padded ? 4 : 1, "0")).join(":");
      const expected = new URL(`http://[${hex}]/`).hostname.slice(1, -1);
      assert.equal(canonicalIp(upper ? hex.toUpperCase() : hex), expected);
      // An embedded IPv4 tail is one more spelling.
      const tail = [list[6]! >> 8, list[6]! & 255, list[7]! >> 8, list[7]! & 255].join(".");
      assert.equal(canonicalIp([...hex.split(":").slice(0, 6), tail].join(":")), expected);
      assert.equal(canonicalIp(expected), expected);
    }),
    { numRuns: 3000 },
  );
});

Deno.test("what is accepted as IP is what the platform accepts", () => {
  const character = fc.constantFrom(..."0125f:::..");
  fc.assert(
    fc.property(fc.string({ unit: character, maxLength: 20 }), (text) => {
      assert.equal(canonicalIp(text) !== null, isIPv4(text) || isIPv6(text), text);
    }),
    { numRuns: 50_000 },
  );
});

Deno.test("every form of an IPv6 address gives its eight groups", () => {
  const cases: [string, number[]][] = [
    ["::", [0, 0, 0, 0, 0, 0, 0, 0]],
    ["::1", [0, 0, 0, 0, 0, 0, 0, 1]],
    ["2001:db8::", [0x2001, 0xdb8, 0, 0, 0, 0, 0, 0]],
    ["1:2:3:4:5:6:7:8", [1, 2, 3, 4, 5, 6, 7, 8]],
    ["::ffff:192.0.2.1", [0, 0, 0, 0, 0, 0xffff, 0xc000, 0x201]],
    ["1::3:4:5:6:7:8", [1, 0, 3, 4, 5, 6, 7, 8]],
  ];
  for (const [ip, groups] of cases) assert.deepEqual(ipv6Groups(ip), groups, ip);
});

Deno.test("what is not an IPv6 address gives nothing", () => {
  const cases = [
    "",
    ":",
    ":::",
    "1",
    "1.2.3.4",
    "1:2",
    "1:2:3:4:5:6:7:8:9",
    "1::2::3",
    "12345::",
    "g::",
  ];
  for (const ip of [...cases, "1:2:3:4:5:6:7::8:9", "::1.2.3.400", "::1.2.3"]) {
    assert.equal(ipv6Groups(ip), null, ip);
  }
});

Deno.test("an address of one machine is told from those of many or none", () => {
  const hosts = ["1.2.3.4", "127.0.0.1", "10.0.0.1", "22.4.0.1", "223.255.255.255", "100.64.0.1"];
  for (const ip of [...hosts, "::1", "fe80::1", "2001:db8::", "ff::1", "64:ff9b::1"]) {
    assert(isHostIp(ip), ip);
  }
  const none = ["0.0.0.0", "0.1.2.3", "224.0.0.1", "229.1.1.1", "239.1.1.1", "240.0.0.1"];
  for (const ip of [...none, "255.255.255.255", "250.1.1.1", "::", "ff02::1", "ff0e::101"]) {
    assert(!isHostIp(ip), ip);
  }
});
