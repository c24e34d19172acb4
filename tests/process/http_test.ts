/** The HTTP server of the executable: what everybody may see, what only the token opens, and what is turned away. */
import assert from "node:assert/strict";
import { type RelayProcess, runRelay, startRelay } from "../harness/relay_process.ts";
import { LIMIT_MS } from "./callers.ts";
import { scratch, tree } from "./disk.ts";
import { ask, codeOf, httpAddress, talk } from "./raw_http.ts";
import { clientsOf, relayTest } from "./relay_rig.ts";

async function tokenOf(relay: RelayProcess): Promise<string> {
  const [, path] = await relay.stdout.match(/admin token generated path="([^"]+)"/, LIMIT_MS);
  return (await Deno.readTextFile(path!)).trim();
}

/** Ends the relay and looks whether it blamed itself for what others did. */
async function nothingFailed(relay: RelayProcess): Promise<void> {
  await relay.stop();
  assert.doesNotMatch(relay.stdout.text, / ERROR |internal error/);
}

/** What a connection that says nothing is told; 0 when the system of a busy machine lets it hang or cuts it off. */
async function knock(to: { readonly hostname: string; readonly port: number }): Promise<number> {
  try {
    using connection = await Deno.connect({ ...to, signal: AbortSignal.timeout(PATIENCE_MS) });
    const timer = setTimeout(() => connection.close(), PATIENCE_MS);
    try {
      const answer = new Uint8Array(64);
      const length = await connection.read(answer) ?? 0;
      const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(
        new TextDecoder().decode(answer.subarray(0, length)),
      ) ?? [];
      return Number(status ?? 0);
    } finally {
      clearTimeout(timer);
    }
  } catch {
    return 0;
  }
}

/** Longer than the relay waits for a request. */
const PATIENCE_MS = 20_000;

/** A port that was free a moment ago, for UDP as for TCP. */
function freePort(): number {
  using tcp = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return tcp.addr.port;
}

Deno.test("HTTP answers on loopback at the number of the QUIC port as soon as the relay is ready", async () => {
  for (let attempt = 1;; attempt += 1) {
    const port = freePort();
    try {
      await using relay = await startRelay({ args: ["--listen", `127.0.0.1:${port}`] });
      for (const hostname of ["127.0.0.1", "::1"]) {
        const { status, headers, body } = await ask({ hostname, port }, "/presence");
        assert.deepEqual([status, body], [200, "[]"], hostname);
        assert.equal(headers.get("content-type"), "application/json");
      }
      // What a browser asks for is in the executable.
      for (const path of ["/", "/console.js", "/console.css", "/icon.svg"]) {
        assert.equal((await ask({ hostname: "127.0.0.1", port }, path)).status, 200, path);
      }
      assert.equal(relay.address.port, port);
      return;
    } catch (error) {
      // Another program may have been quicker.
      if (attempt === 5) throw error;
    }
  }
});

relayTest(
  "presence, routes, peers and health tell of a client that is there",
  async ({ relay, clients }) => {
    const to = await httpAddress(relay);
    const client = await clients.join("general", { alias: "Ann" });
    const presence = JSON.parse((await ask(to, "/presence")).body);
    assert.equal(presence.length, 1);
    assert.equal(presence[0].location, "Local");
    const { fingerprint } = presence[0];
    assert.deepEqual(JSON.parse((await ask(to, `/presence/${fingerprint}`)).body), presence[0]);
    const route = JSON.parse((await ask(to, `/route/${fingerprint}`)).body);
    assert.equal(route.route, "local");
    assert.equal((await ask(to, "/peers")).body, "[]");
    assert.deepEqual((await ask(to, "/readyz")).status, 200);
    const head = await ask(to, "/presence", { method: "HEAD" });
    assert.deepEqual([head.status, head.body], [200, ""]);
    client.connection.close(0, "bye");
  },
);

relayTest("a relay that drains is alive and not ready", async ({ relay, clients }) => {
  const to = await httpAddress(relay);
  await clients.join("general");
  relay.signal("SIGTERM");
  await relay.stdout.match(/relay: draining/, LIMIT_MS);
  const ready = await ask(to, "/readyz");
  assert.equal(ready.status, 503);
  assert.equal(JSON.parse(ready.body).reasons[0].code, "draining");
  assert.equal((await ask(to, "/healthz")).status, 200);
});

relayTest(
  "the token is made once, opens what a proxy asks for, and is told nowhere",
  async ({ relay }) => {
    const to = await httpAddress(relay);
    const token = await tokenOf(relay);
    assert.match(token, /^[0-9a-f]{64}$/);
    const proxied = (authorization?: string) =>
      ask(to, "/peers", {
        headers: { "x-forwarded-for": "203.0.113.9", ...authorization && { authorization } },
      });
    assert.equal(codeOf(await proxied()), "unauthorized");
    assert.equal(codeOf(await proxied(`Bearer ${token.replace(/^./, "x")}`)), "unauthorized");
    assert.equal((await proxied(`Bearer ${token}`)).status, 200);
    await relay.stop();
    assert(!`${relay.stdout.text}${relay.stderr.text}`.includes(token));
  },
  { args: ["--log-level", "debug"] },
);

relayTest("every answer carries the headers that keep a page to itself", async ({ relay }) => {
  const to = await httpAddress(relay);
  const answers = [
    await ask(to, "/presence"),
    await ask(to, "/nope"),
    await ask(to, "/presence", { headers: { host: "evil.example" } }),
    await talk(to, ["nonsense\r\n\r\n"]),
  ];
  assert.deepEqual(answers.map(({ status }) => status), [200, 404, 421, 400]);
  for (const { headers } of answers) {
    assert.match(headers.get("content-security-policy")!, /^default-src 'none';.*frame-ancestors/);
    assert(!headers.get("content-security-policy")!.includes("unsafe"));
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.equal(headers.get("referrer-policy"), "no-referrer");
    assert.equal(headers.get("x-frame-options"), "DENY");
    assert.equal(headers.get("cache-control"), "no-store");
    assert.equal(headers.get("access-control-allow-origin"), null);
  }
});

relayTest("what is no proper request gets the answer for it", async ({ relay }) => {
  const to = await httpAddress(relay);
  const host = `Host: localhost:${to.port}\r\n`;
  const cases: readonly (readonly [string, string, string?])[] = [
    ["no HTTP", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "bad_request"],
    ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "bad_request"],
    ["no host", "GET / HTTP/1.1\r\n\r\n", "bad_host"],
    ["no host, old", "GET / HTTP/1.0\r\n\r\n", "bad_host"],
    ["two hosts", `GET / HTTP/1.1\r\n${host}${host}\r\n`, "bad_host"],
    ["foreign host", "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", "foreign_host"],
    [
      "two lengths",
      `POST / HTTP/1.1\r\n${host}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`,
      "bad_request",
    ],
    [
      "length and chunks",
      `POST / HTTP/1.1\r\n${host}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
      "bad_request",
    ],
    ["negative length", `POST / HTTP/1.1\r\n${host}Content-Length: -1\r\n\r\n`, "bad_request"],
    ["NUL in a path", `GET /a\0b HTTP/1.1\r\n${host}\r\n`, "bad_request"],
    ["odd method", `FROB / HTTP/1.1\r\n${host}\r\n`, "bad_request"],
    ["a tunnel", `CONNECT evil.example:443 HTTP/1.1\r\n${host}\r\n`, "method_not_allowed"],
    ["TRACE", `TRACE /presence HTTP/1.1\r\n${host}\r\n`, "method_not_allowed"],
    ["a body on GET", `GET /presence HTTP/1.1\r\n${host}Content-Length: 1\r\n\r\nx`, "bad_request"],
    [
      "a whole URL",
      `GET http://localhost:${to.port}/presence HTTP/1.1\r\n${host}\r\n`,
      "bad_target",
    ],
    ["a way up", `GET /../../etc/passwd HTTP/1.1\r\n${host}\r\n`, "bad_target"],
    ["an encoded way up", `GET /%2e%2e/etc HTTP/1.1\r\n${host}\r\n`, "bad_target"],
    ["a long path", `GET /${"a".repeat(3_000)} HTTP/1.1\r\n${host}\r\n`, "target_too_long"],
    ["a very long path", `GET /${"a".repeat(30_000)} HTTP/1.1\r\n${host}\r\n`, "headers_too_large"],
    [
      "a large header",
      `GET / HTTP/1.1\r\n${host}X: ${"a".repeat(30_000)}\r\n\r\n`,
      "headers_too_large",
    ],
    ["many headers", `GET / HTTP/1.1\r\n${host}${"x: 1\r\n".repeat(100)}\r\n`, "headers_too_large"],
    [
      "a large body",
      `POST / HTTP/1.1\r\n${host}Content-Length: 10000000\r\n\r\n`,
      "body_too_large",
    ],
    [
      "large chunks",
      `POST / HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n${
        `4000\r\n${"a".repeat(0x4000)}\r\n`.repeat(8)
      }`,
      "body_too_large",
    ],
  ];
  for (const [name, text, code] of cases) {
    // With an end, since some of these leave the connection open for the next request.
    const answer = await talk(to, [text.replace(/\r\n\r\n/, "\r\nConnection: close\r\n\r\n")]);
    assert.equal(codeOf(answer), code, `${name}: ${answer.status} ${answer.body}`);
  }
  const odd = await ask(to, "/", { method: "POST", headers: { expect: "miracles" }, body: "x" });
  assert.equal(odd.status, 417);
  assert.equal((await ask(to, "/presence")).status, 200);
  await nothingFailed(relay);
});

relayTest(
  "requests that trickle in are given up, whether in the headers or in the body",
  async ({ relay }) => {
    const to = await httpAddress(relay);
    const host = `Host: localhost:${to.port}\r\n`;
    const drops = Array.from({ length: 120 }, () => "a");
    const answers = await Promise.all([
      talk(to, []),
      talk(to, ["GET /", ...drops], 250),
      talk(to, [`POST / HTTP/1.1\r\n${host}Content-Length: 500\r\n\r\n`, ...drops], 250),
    ]);
    for (const answer of answers) assert.equal(codeOf(answer), "request_timeout");
    await nothingFailed(relay);
  },
);

Deno.test("5,000 connections at once are answered or turned away, and voice goes on", async () => {
  await using relay = await startRelay();
  await using clients = await clientsOf(relay);
  const to = await httpAddress(relay);
  const speaker = await clients.join("general");
  const listener = await clients.join("general");
  const flood = Promise.all(Array.from({ length: 5_000 }, () => knock(to)));
  let flooding = true;
  flood.finally(() => flooding = false);
  let seq = 0;
  while (flooding) {
    speaker.speak(seq += 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const spoken = seq;
  // What the sockets of this machine still hold comes in the end.
  while (!(listener.heard.at(-1)! > spoken)) {
    speaker.speak(seq += 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const heard = listener.heard.filter((each) => each <= spoken).length;
  assert(heard >= spoken * 0.9, `${heard} of ${spoken}`);
  const statuses = new Map<number, number>();
  for (const status of await flood) statuses.set(status, (statuses.get(status) ?? 0) + 1);
  // The system answers some in the place of the relay: refused, cut off, or not at all.
  const known = [408, 503, 0];
  assert.deepEqual([...statuses.keys()].filter((status) => !known.includes(status)), []);
  assert((statuses.get(503) ?? 0) > 1_000, JSON.stringify([...statuses]));
  assert.equal((await ask(to, "/healthz")).status, 200);
});

Deno.test("a port that is taken is a sentence with the flag, exit code 69, and nothing on disk", async () => {
  using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = other.addr;
  await using home = await scratch();
  const before = await tree(home.path);
  const run = (...args: string[]) =>
    runRelay({ home: home.path, args: ["--listen", "127.0.0.1:0", ...args] });
  for (const args of [["--http-listen", `127.0.0.1:${port}`], ["--metrics-port", `${port}`]]) {
    const { code, stdout, stderr } = await run(...args);
    assert.equal(code, 69, stderr);
    assert.equal(stdout, "");
    assert.match(stderr, /^wzp-relay: Cannot listen for HTTP on 127\.0\.0\.1:\d+: [^\n]*\n$/);
    assert.match(stderr, /--http-listen/);
  }
  const implied = await runRelay({ home: home.path, args: ["--listen", `127.0.0.1:${port}`] });
  assert.equal(implied.code, 69, implied.stderr);
  assert.match(implied.stderr, /follows from the QUIC port.*--http-listen/);
  assert.deepEqual(await tree(home.path), before);
});

Deno.test("HTTP can be switched off, and then there is no token either", async () => {
  await using relay = await startRelay({ args: ["--http-listen", "off"] });
  await relay.stop();
  assert.doesNotMatch(relay.stdout.text, /http addr=|admin token/);
});

Deno.test("a token file that others can read is refused before the relay serves", async () => {
  await using home = await scratch();
  const file = `${home.path}/token`;
  await Deno.writeTextFile(file, "a".repeat(64));
  await Deno.chmod(file, 0o644);
  const args = ["--listen", "127.0.0.1:0", "--admin-token-file", file];
  const { code, stdout, stderr } = await runRelay({ args });
  assert.equal(code, 78);
  assert.match(stderr, /^wzp-relay: Cannot use the admin token file .*chmod 600/);
  assert.doesNotMatch(stdout, /Listening for connections/);
});

Deno.test("--mesh-status prints the table of the relay that runs, and says when none does", async () => {
  await using other = await startRelay();
  await using relay = await startRelay({
    args: ["--http-listen", "127.0.0.1:0", "--probe", `127.0.0.1:${other.address.port}`],
  });
  const { hostname, port } = await httpAddress(relay);
  const args = ["--mesh-status", "--http-listen", `${hostname}:${port}`];
  for (let up = false; !up;) {
    const { code, stdout } = await runRelay({ args });
    assert.equal(code, 0);
    assert.match(stdout, /^Relay Mesh Health\n/);
    up = stdout.includes(`127.0.0.1:${other.address.port}`) && /\bUP$/m.test(stdout);
  }
  await relay.stop();
  const { code, stdout, stderr } = await runRelay({ args });
  assert.deepEqual([code, stdout], [69, ""]);
  assert.match(stderr, /^wzp-relay: No relay answers at 127\.0\.0\.1:\d+: [^\n]*\n$/);
});
