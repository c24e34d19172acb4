import assert from "node:assert/strict";
import { ipv6ReachesIpv4 } from "./dual_stack.ts";

Deno.test("asking gives the same answer again, and leaves no socket behind", {
  sanitizeResources: true,
}, async () => {
  const answer = await ipv6ReachesIpv4();
  assert.equal(typeof answer, "boolean");
  assert.equal(await ipv6ReachesIpv4(), answer);
});
