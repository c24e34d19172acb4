import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer as createTcpServer } from "node:net";
import { askHttp, type HttpQuestion } from "./question.ts";

async function serving(listener: RequestListener, run: (url: string) => Promise<void>) {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}/there`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** Somebody who says this, whatever is asked, and hangs up. */
async function saying(text: string, run: (url: string) => Promise<void>) {
  const server = createTcpServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end(text));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

function question(change: Partial<HttpQuestion> = {}): HttpQuestion {
  return { method: "GET", headers: {}, signal: new AbortController().signal, ...change };
}

Deno.test("method, headers and body are those of the question; status, tag and body those of the answer", async () => {
  const asked: unknown[] = [];
  await serving(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { "content-length": length, "x-own": own, connection } = request.headers;
    asked.push(request.method, request.url, length, own, connection, body);
    response.writeHead(404, { etag: '"7"' }).end("\u00e4rger");
  }, async (url) => {
    const answer = await askHttp(
      url,
      question({ method: "POST", headers: { "x-own": "1" }, body: "w\u00f6rter" }),
    );
    assert.deepEqual([answer.status, answer.headers.get("etag")], [404, '"7"']);
    assert.equal(await answer.text(), "\u00e4rger");
  });
  assert.deepEqual(asked, ["POST", "/there", "7", "1", "close", "w\u00f6rter"]);
});

Deno.test("answers without body, and redirects, are answers like others", async () => {
  const paths: unknown[] = [];
  for (const status of [204, 304, 302]) {
    await serving((request, response) => {
      paths.push(request.url);
      response.writeHead(status, { location: "/elsewhere" }).end();
    }, async (url) => {
      const answer = await askHttp(url, question());
      assert.deepEqual([answer.status, await answer.text()], [status, ""]);
    });
  }
  assert.deepEqual(paths, ["/there", "/there", "/there"]);
});

Deno.test("of an answer without end, what is not read is not taken either", async () => {
  let written = 0;
  let gone!: () => void;
  const over = new Promise<void>((resolve) => gone = resolve);
  await serving((_, response) => {
    const chunk = new Uint8Array(65_536);
    const more = () => {
      while (written < 1 << 30 && response.write(chunk)) written += chunk.length;
    };
    response.on("drain", more).on("close", gone);
    more();
  }, async (url) => {
    const { body } = await askHttp(url, question());
    for await (const _ of body!) break;
    await over;
  });
  assert.ok(written < 1 << 26, `${written} bytes were taken`);
});

Deno.test("a question that is no longer wanted ends, and so does the reading of its answer", async () => {
  await serving(() => {}, async (url) => {
    const end = new AbortController();
    const asked = askHttp(url, question({ signal: end.signal }));
    end.abort();
    await assert.rejects(asked, { name: "AbortError" });
  });
  await serving((_, response) => void response.write("half"), async (url) => {
    const end = new AbortController();
    const answer = await askHttp(url, question({ signal: end.signal }));
    const read = answer.text();
    end.abort();
    await assert.rejects(read);
  });
});

for (
  const [what, said] of [
    ["nothing", ""],
    ["what is not HTTP", "220 mail.example ESMTP\r\n"],
    ["a status that is none", "HTTP/1.1 999 No\r\ncontent-length: 0\r\n\r\n"],
    [
      "nothing but that it has a header without end",
      `HTTP/1.1 200 OK\r\nx: ${"y".repeat(1 << 20)}`,
    ],
  ] as const
) {
  Deno.test(`who answers ${what} is asked in vain`, async () => {
    await saying(said, async (url) => void await assert.rejects(askHttp(url, question())));
  });
}

Deno.test("an answer that ends too early is told to whoever reads it", async () => {
  const half = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf";
  await saying(half, async (url) => {
    const answer = await askHttp(url, question());
    await assert.rejects(answer.text());
  });
});
