import assert from "node:assert/strict";
import fc from "fast-check";
import { ipv6Groups, sourceKey } from "./ip_prefix.ts";

Deno.test("every form of an IPv6 address gives its eight groups", () => {
  const cases: [string, number[]][] = [
    ["::", [0, 0, 0, 0, 0, 0, 0, 0]],
    ["::1", [0, 0, 0, 0, 0, 0, 0, 1]],
    ["2001:db8::", [0x2001, 0xdb8, 0, 0, 0, 0, 0, 0]],
    ["1:2:3:4:5:6:7:8", [1, 2, 3, 4, 5, 6, 7, 8]],
    ["fe80::1%eth0", [0xfe80, 0, 0, 0, 0, 0, 0, 1]],
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

Deno.test("two IPv6 addresses are one source exactly when their first 64 bits agree", () => {
  const group = fc.constantFrom(0, 0, 1, 0xdb8, 0xffff);
  const groups = fc.array(group, { minLength: 8, maxLength: 8 });
  const written = (groups: number[]) =>
    new URL(`http://[${groups.map((group) => group.toString(16)).join(":")}]`).hostname.slice(
      1,
      -1,
    );
  fc.assert(fc.property(groups, groups, (a, b) => {
    const same = a.slice(0, 4).join() === b.slice(0, 4).join();
    assert.equal(sourceKey(written(a)) === sourceKey(written(b)), same);
    assert.deepEqual(ipv6Groups(written(a)), a);
  }));
  assert.equal(sourceKey("2001:db8:1:2::77"), "2001:db8:1:2::/64");
  assert.equal(sourceKey("192.0.2.1"), "192.0.2.1");
  assert.equal(sourceKey("not:an:address"), "not:an:address");
});
