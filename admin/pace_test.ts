import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import { Admission } from "./admission.ts";
import { createEdge } from "./edge.ts";

/** What a connection reads when it sends this text, and how many requests the parser and the handler saw. */
async function exchange(text: string) {
  let parsed = 0;
  const handled: string[] = [];
  const server = createEdge(new Admission(), async (request, response) => {
    let length = 0;
    for await (const chunk of request) length += chunk.length;
    handled.push(`${request.url} ${length}`);
    response.end("fine");
  });
  server.on("request", () => parsed += 1);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    using connection = await Deno.connect({ port: (server.address() as AddressInfo).port });
    const sent = writeAll(connection, new TextEncoder().encode(text)).catch(() => {});
    let answer = "";
    try {
      for await (const part of connection.readable) answer += new TextDecoder().decode(part);
    } catch {
      // Cut off with something unread.
    }
    await sent;
    return { answer, parsed, handled };
  } finally {
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

Deno.test("of thousands of requests at once one is answered and few are looked at", async () => {
  const { answer, parsed, handled } = await exchange(
    "GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(3_000),
  );
  assert.equal(handled.length, 1);
  assert(parsed < 40, String(parsed));
  assert.match(answer, /^HTTP\/1\.1 200 OK\r\n[^]*connection: close\r\n[^]*fine/i);
});

Deno.test("a request that comes when the answer before it is written is answered too", async () => {
  const request = "GET /x HTTP/1.1\r\nHost: localhost\r\n";
  let more = (): void => {};
  const asked = new Promise<void>((resolve) => more = resolve);
  const server = createEdge(new Admission(), (_, response) => {
    response.end("fine");
    more();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    using connection = await Deno.connect({ port: (server.address() as AddressInfo).port });
    await writeAll(connection, new TextEncoder().encode(`${request}\r\n`));
    await asked;
    await writeAll(connection, new TextEncoder().encode(`${request}Connection: close\r\n\r\n`));
    let answer = "";
    for await (const part of connection.readable) answer += new TextDecoder().decode(part);
    assert.equal(answer.match(/HTTP\/1\.1 200 OK/g)?.length, 2);
  } finally {
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
});

Deno.test("a long body arrives whole", async () => {
  const { answer, handled } = await exchange(
    "POST /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 60000\r\n\r\n" +
      "a".repeat(60_000),
  );
  assert.deepEqual(handled, ["/x 60000"]);
  assert.match(answer, /^HTTP\/1\.1 200 OK/);
});
