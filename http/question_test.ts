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

Deno.test("a long answer in parts comes whole, however it is read", async () => {
  const part = new Uint8Array(1_000).map((_, at) => at);
  await serving((_, response) => {
    let left = 5_000;
    const more = () => {
      while (left-- > 0) if (!response.write(part)) return;
      response.end();
    };
    response.on("drain", more);
    more();
  }, async (url) => {
    const { body } = await askHttp(url, question());
    let length = 0;
    for await (const bytes of body!) {
      assert.equal(bytes[0], length % 1_000 & 0xff);
      length += bytes.length;
      if (length % 7 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assert.equal(length, 5_000_000);
  });
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

Deno.test("a body that ends with the connection is not whole when nobody waits for it any more", async () => {
  await serving((_, response) => {
    response.socket!.write("HTTP/1.1 200 OK\r\n\r\nhalf");
  }, async (url) => {
    const end = new AbortController();
    const answer = await askHttp(url, question({ signal: end.signal }));
    const read = answer.text();
    end.abort();
    await assert.rejects(read, { name: "AbortError" });
  });
});

Deno.test("an answer without body that has one all the same is not waited for", async () => {
  for (const status of [204, 205, 304]) {
    let gone!: () => void;
    const over = new Promise<void>((resolve) => gone = resolve);
    const server = createTcpServer((socket) => {
      socket.on("error", () => {}).on("close", gone);
      socket.once("data", () => socket.write(`HTTP/1.1 ${status} Fine\r\n\r\nand more`));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const answer = await askHttp(`http://127.0.0.1:${port}/`, question());
    assert.deepEqual([answer.status, answer.body], [status, null]);
    await over;
    await new Promise((resolve) => server.close(resolve));
  }
});

for (
  const [what, start, more] of [
    ["answers before the answer", "", "HTTP/1.1 100 Continue\r\n\r\n"],
    ["hints before the answer", "", "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"],
    ["empty lines", "", "\r\n"],
    ["parts of a byte", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", "1\r\nx\r\n"],
    [
      "words about a part",
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;",
      `x=${"y".repeat(1_000)};`,
    ],
  ] as const
) {
  Deno.test(`who sends ${what} without end is not listened to for long`, async () => {
    let written = 0;
    const gone = Promise.withResolvers<void>();
    const server = createTcpServer((socket) => {
      const flood = more.repeat(Math.ceil(65_536 / more.length));
      const push = () => {
        while (!socket.destroyed && written < 1 << 28 && socket.write(flood)) {
          written += flood.length;
        }
      };
      socket.on("error", () => {}).on("close", gone.resolve).on("drain", push);
      socket.once("data", () => void (socket.write(start), push()));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const asked = askHttp(`http://127.0.0.1:${port}/`, question());
    await assert.rejects(asked.then((answer) => answer.text()));
    await gone.promise;
    assert.ok(written < 1 << 25, `${written} bytes were sent`);
    await new Promise((resolve) => server.close(resolve));
  });
}

for (
  const [what, said] of [
    ["nothing", ""],
    ["what is not HTTP", "220 mail.example ESMTP\r\n"],
    ["with another protocol", "HTTP/1.1 101 Yes\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"],
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
