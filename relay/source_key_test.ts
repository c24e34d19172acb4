import assert from "node:assert/strict";
import fc from "fast-check";
import { ipv6Groups } from "../proto/socket_address.ts";
import { sourceKey } from "./source_key.ts";

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
