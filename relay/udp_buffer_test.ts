import assert from "node:assert/strict";
import { bufferedPackets } from "./udp_buffer.ts";

Deno.test("a socket keeps some packets of a burst and never more than were sent", async () => {
  assert.equal(await bufferedPackets(10), 10);
  const kept = await bufferedPackets(5_000);
  assert.ok(kept !== null && kept > 10 && kept <= 5_000, `${kept}`);
});
