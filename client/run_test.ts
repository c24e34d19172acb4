import assert from "node:assert/strict";
import { MemoryConnection, memoryPair } from "../quic/memory_pair.ts";
import type { Endpoint, Transport } from "../quic/port.ts";
import { runClient } from "./run.ts";

/** A transport whose every dial reaches a relay that closes with `reason`. */
function closingWith(reason: string): Transport {
  const endpoint: Endpoint = {
    localAddress: { ip: "127.0.0.1", port: 1 },
    listen: () => assert.fail("a client does not listen"),
    dial() {
      const [client, relay]: MemoryConnection[] = memoryPair();
      relay!.close(0, reason);
      return Promise.resolve(client!);
    },
    close: () => Promise.resolve(),
  };
  return { name: "memory", open: () => Promise.resolve(endpoint) };
}

Deno.test("a relay's close reason cannot drive the terminal of who reads it", async () => {
  const errors: string[] = [];
  const status = await runClient(["--version-check", "127.0.0.1:1"], {
    transport: closingWith("\x1b]0;title\x07\nwzp-relay client: all is well\u202e"),
    print: (line) => assert.fail(line),
    printError: (line) => errors.push(line),
  });
  assert.equal(status, 1);
  assert.deepEqual(errors, [
    "wzp-relay client: The relay closed without telling its version " +
    "(?]0;title??wzp-relay client: all is well?).",
  ]);
});
