import assert from "node:assert/strict";
import { ManualClock } from "../../quic/manual_clock.ts";
import { memoryPair } from "../../quic/memory_pair.ts";
import { memoryLogger } from "../log/testing_sink.ts";
import { turnAway } from "./turn_away.ts";

Deno.test("who asks for what is not here is told why, with code 0, and the log names the connection", async () => {
  const { log, sink } = memoryLogger(new ManualClock());
  const [client, connection] = memoryPair();
  turnAway("not available").serve({ id: "k3f9-1", name: "general", connection, log });
  assert.deepEqual(await client.closed, { kind: "peer", code: 0, reason: "not available" });
  await log.flush();
  assert.match(sink.text, /connection turned away conn="k3f9-1" sni="general"/);
});
