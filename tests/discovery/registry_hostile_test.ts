/** The built relay in a registry that means it no good. */
import assert from "node:assert/strict";
import { withLimit } from "../contract/rig.ts";
import { startRelay } from "../harness/relay_process.ts";
import { scratch } from "../process/disk.ts";

const PIECE = new Uint8Array(65_536).fill(0x20);
/** The longest list, and what may be in buffers on the way. */
const MAX_TAKEN = 64_000_000;

Deno.test("a relay takes no more of an endless list than it can use, whatever else is in the program", () =>
  withLimit(endlessList()));

async function endlessList(): Promise<void> {
  await using home = await scratch();
  let taken = 0;
  const left = Promise.withResolvers<void>();
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    if (request.method !== "GET") return Response.json({ status: "registered", heartbeat_s: 30 });
    return new Response(
      new ReadableStream<Uint8Array>({
        pull(controller) {
          taken += PIECE.length;
          if (taken > MAX_TAKEN) left.resolve();
          controller.enqueue(PIECE);
        },
        cancel: () => left.resolve(),
      }),
    );
  });
  const config = `[registry]\nurl = "http://127.0.0.1:${server.addr.port}"\n`;
  await using _relay = await startRelay({ home: home.path, config });
  await left.promise;
  assert(taken <= MAX_TAKEN, `${taken} bytes`);
}
