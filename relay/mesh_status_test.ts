import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { askMesh } from "./mesh_status.ts";

const CONFIG = {
  http_listen: null,
  metrics_port: null,
  listen_addr: { ip: "", port: 4433 },
  admin_token_file: null,
};

async function withServer(
  answer: (authorization: string | undefined) => readonly [status: number, text: string],
  run: (port: number) => Promise<void>,
): Promise<void> {
  const server = createServer((request, response) => {
    const [status, text] = answer(request.headers.authorization);
    response.writeHead(status).end(request.url === "/mesh" ? text : "");
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  try {
    await run((server.address() as AddressInfo).port);
  } finally {
    await new Promise((done) => server.close(done));
  }
}

async function problemOf(config: Partial<Parameters<typeof askMesh>[0]>): Promise<string> {
  const answer = await askMesh({ ...CONFIG, ...config });
  assert("problem" in answer, JSON.stringify(answer));
  return answer.problem;
}

Deno.test("the table is what the relay says", async () => {
  const table = "Relay Mesh Health\nrow\n";
  await withServer(() => [200, table], async (port) => {
    assert.deepEqual(await askMesh({ ...CONFIG, listen_addr: { ip: "", port } }), { table });
    assert.deepEqual(await askMesh({ ...CONFIG, metrics_port: port }), { table });
    const http_listen = { ip: "", port };
    assert.deepEqual(await askMesh({ ...CONFIG, http_listen }), { table });
  });
});

Deno.test("the token is shown where there is one, and asked for where it is missing", async () => {
  const admin_token_file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(admin_token_file, "# mine\nread abc\n");
    const table = "Relay Mesh Health\n";
    await withServer((shown) => shown === "Bearer abc" ? [200, table] : [401, ""], async (port) => {
      const there = { http_listen: { ip: "127.0.0.1", port } };
      assert.deepEqual(await askMesh({ ...CONFIG, ...there, admin_token_file }), { table });
      assert.match(await problemOf(there), /wants its token.*--admin-token-file/);
    });
  } finally {
    await Deno.remove(admin_token_file);
  }
});

Deno.test("where no relay answers a sentence says why", async () => {
  assert.match(await problemOf({ http_listen: "off" }), /HTTP server is off/);
  assert.match(await problemOf({ listen_addr: { ip: "", port: 0 } }), /--http-listen/);
  let free = 0;
  await withServer(() => [200, "hello"], async (port) => {
    free = port;
    assert.match(await problemOf({ metrics_port: port }), /no relay of this kind/);
  });
  assert.match(
    await problemOf({ metrics_port: free }),
    /^No relay answers at 127\.0\.0\.1:\d+: nothing listens/,
  );
});
