import assert from "node:assert/strict";
import { memoryPair } from "../../quic/memory_pair.ts";
import { silentLog } from "../ports/log.ts";
import { pingService } from "./ping.ts";

Deno.test("a ping is answered by a close with code 0 and no reason, and by nothing else", async () => {
  const [client, server] = memoryPair({ serverName: "ping" });
  let datagrams = 0;
  client.onDatagram(() => datagrams++);
  pingService.serve({ id: "c-1", name: "ping", connection: server, log: silentLog });
  assert.deepEqual(await client.closed, { kind: "peer", code: 0, reason: "" });
  assert.equal(await client.acceptUni(), null);
  assert.equal(await client.acceptBidi(), null);
  assert.equal(datagrams, 0);
});
