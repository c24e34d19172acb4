import assert from "node:assert/strict";
import { QuicError } from "./errors.ts";
import { ManualClock } from "./manual_clock.ts";
import { peekCertificate } from "./peek_certificate.ts";

Deno.test("a deadline and an abort at the same moment give up once, and the first reason counts", async () => {
  const silent = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  const { port } = silent.addr as Deno.NetAddr;
  for (const first of ["timeout", "aborted"] as const) {
    const clock = new ManualClock();
    const controller = new AbortController();
    const peeking = peekCertificate({ ip: "127.0.0.1", port }, {
      serverName: "ping",
      alpn: "wzp",
      timeoutMs: 1_500,
      signal: controller.signal,
      clock,
    });
    const failure = assert.rejects(
      peeking,
      (error) => error instanceof QuicError && error.code === first,
    );
    if (first === "timeout") clock.advance(1_500);
    controller.abort();
    // What a listener of an abort throws is nobody's to catch, so the deadline must find nothing to do.
    if (first === "aborted") clock.advance(1_500);
    await failure;
    assert.equal(clock.pending, 0);
  }
  silent.close();
});
