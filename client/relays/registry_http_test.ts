import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock } from "../../quic/clock.ts";
import { askRegistry } from "./registry_http.ts";

async function serving(listener: RequestListener, run: (url: string) => Promise<void>) {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

Deno.test("a question goes with its token and body, and the answer's JSON comes back", async () => {
  let asked: unknown;
  await serving(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    asked = [request.method, request.url, request.headers["authorization"], body];
    response.end('{"a":1}');
  }, async (url) => {
    const access = { url, token: "t", clock: systemClock };
    const answer = await askRegistry(access, { method: "POST", path: "/parties", body: { b: 2 } });
    assert.deepEqual(answer, { a: 1 });
    assert.deepEqual(asked, ["POST", "/parties", "Bearer t", '{"b":2}']);
  });
});

Deno.test("of an answer without end no more is taken than is allowed", async () => {
  let written = 0;
  await serving((_, response) => {
    const chunk = new Uint8Array(65_536).fill(32);
    const more = () => {
      while (written < 1 << 30 && response.write(chunk)) written += chunk.length;
    };
    response.on("drain", more);
    more();
  }, async (url) => {
    const question = { path: "/relays", maxBytes: 100_000, timeoutMs: 60_000 };
    await assert.rejects(
      askRegistry({ url, clock: systemClock }, question),
      /answers with more than 100000 bytes/,
    );
  });
  assert.ok(written < 1 << 28, `${written} bytes were taken`);
});

Deno.test("a redirect is not followed, so no token goes elsewhere", async () => {
  const paths: unknown[] = [];
  await serving((request, response) => {
    paths.push(request.url);
    response.writeHead(302, { location: "/elsewhere" }).end();
  }, async (url) => {
    await assert.rejects(
      askRegistry({ url, token: "t", clock: systemClock }, { path: "/relays" }),
      /answers 302/,
    );
  });
  assert.deepEqual(paths, ["/relays"]);
});
