import assert from "node:assert/strict";
import { createServer as createTlsServer } from "node:https";
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from "node:net";
import { RelayCertificate } from "../../proto/certificate.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { ManualClock } from "../../quic/manual_clock.ts";
import { toPem } from "../../quic/deno/pem.ts";
import { createCounters } from "../counters/counters.ts";
import { memoryLogger } from "../log/testing_sink.ts";
import type { AuthFailure } from "../ports/auth.ts";
import { type AuthLimits, HttpAuthenticator } from "./http_authenticator.ts";
import { json, type Question, TestService } from "./misbehaving_service.ts";

const FP = "518e:b935:62fa:9e34:e59c:28b6:7fc2:d384";
const ALICE = { valid: true, fingerprint: FP, alias: "Alice" };
const HOME = "192.0.2.1";
const TOKEN = "secret-token-4711";

interface Bench {
  readonly auth: HttpAuthenticator;
  readonly clock: ManualClock;
  readonly settings: { url: string | null; cacheMs: number };
  readonly counters: ReturnType<typeof createCounters>;
  readonly log: () => string;
}

function bench(url: string | null, limits: Partial<AuthLimits> = {}): Bench {
  const clock = new ManualClock();
  const counters = createCounters();
  const settings = { url, cacheMs: 30_000 };
  const { log, sink } = memoryLogger(clock);
  const auth = new HttpAuthenticator({
    clock,
    crypto: nodeCrypto,
    log: log.area("auth"),
    counters,
    settings: () => settings,
    limits,
  });
  const text = () => {
    log.flushSync();
    return sink.text;
  };
  return { auth, clock, settings, counters, log: text };
}

async function withService(
  answer: (question: Question) => void,
  run: (service: TestService, bench: Bench) => Promise<void>,
  limits: Partial<AuthLimits> = {},
): Promise<void> {
  const service = await TestService.start(answer);
  const it = bench(service.url, limits);
  try {
    await run(service, it);
  } finally {
    it.auth.close();
    await service.stop();
  }
}

/** A server of plain bytes, for what no HTTP library would send. */
async function withTcp(
  onConnection: (socket: Socket) => void,
  run: (url: string) => Promise<void>,
): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    onConnection(socket);
  });
  const port = await listen(server);
  try {
    await run(`http://127.0.0.1:${port}/`);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return (server.address() as AddressInfo).port;
}

const refusal = (reason: AuthFailure) => ({ ok: false, reason });

Deno.test("the service is asked as agreed, with the token in the JSON body only", async () => {
  await withService(json(ALICE), async (service, { auth, counters }) => {
    assert.equal(auth.required, true);
    const awkward = 'a"b\\\n\u00e9';
    assert.deepEqual(await auth.check(awkward, HOME), {
      ok: true,
      fingerprint: FP,
      alias: "Alice",
    });
    const [question] = service.questions;
    assert.equal(question!.method, "POST");
    assert.equal(question!.path, "/check");
    assert.equal(question!.headers["content-type"], "application/json");
    assert.equal(question!.headers.authorization, undefined);
    assert.equal(question!.body, JSON.stringify({ token: awkward }));
    assert.deepEqual([counters.authAttempts.get("ok"), counters.authAttempts.get("fail")], [1, 0]);
  });
});

Deno.test("without a service nothing is required, and nobody is let in by it", async () => {
  const { auth } = bench(null);
  assert.equal(auth.required, false);
  assert.deepEqual(await auth.check(TOKEN, HOME), refusal("service_unreachable"));
  auth.close();
});

Deno.test("no token, an endless token and a token that is not text are refused without asking", async () => {
  await withService(json(ALICE), async (service, { auth, counters }) => {
    assert.deepEqual(await auth.check("", HOME), refusal("token_missing"));
    assert.equal(counters.authAttempts.get("fail"), 0);
    assert.deepEqual(await auth.check("x".repeat(16_385), HOME), refusal("token_rejected"));
    assert.deepEqual(await auth.check("x\ud800", HOME), refusal("token_rejected"));
    assert.equal(service.questions.length, 0);
    assert.equal(counters.authAttempts.get("fail"), 2);
  });
});

const ANSWERS: [what: string, answer: (question: Question) => void, reason: AuthFailure][] = [
  ["refuses", json({ valid: false }), "token_rejected"],
  ["answers 401", json({ error: "no" }, 401), "token_rejected"],
  ["says yes with status 403", json(ALICE, 403), "token_rejected"],
  ["says yes with status 500", json(ALICE, 500), "service_bad_answer"],
  ["does not know the path", json(ALICE, 404), "service_bad_answer"],
  ["answers no JSON", ({ response }) => response.end("<html>yes</html>"), "service_bad_answer"],
  ["answers nothing", ({ response }) => response.end(), "service_bad_answer"],
  ["answers 204", ({ response }) => response.writeHead(204).end(), "service_bad_answer"],
  ["names nobody", json({ valid: true }), "service_bad_answer"],
  ["names a number", json({ valid: true, fingerprint: 5 }), "service_bad_answer"],
  ["names nonsense", json({ ...ALICE, fingerprint: "\u001b[2J" }), "service_bad_answer"],
  ["has a number as alias", json({ ...ALICE, alias: 5 }), "service_bad_answer"],
  ["hangs up", ({ response }) => response.socket!.destroy(), "service_unreachable"],
  ["hangs up in the middle", ({ response }) => {
    response.writeHead(200, { "content-length": "100" });
    response.write('{"valid":true');
    response.socket!.end();
  }, "service_unreachable"],
  ["redirects", ({ response }) => {
    response.writeHead(307, { location: "/elsewhere" }).end();
  }, "service_bad_answer"],
];

for (const [what, answer, reason] of ANSWERS) {
  Deno.test(`a service that ${what} lets nobody in`, async () => {
    await withService(answer, async (service, { auth, log, counters }) => {
      assert.deepEqual(await auth.check(TOKEN, HOME), refusal(reason));
      assert.equal(service.questions.length, 1);
      assert.equal(counters.authAttempts.get("fail"), 1);
      assert.equal(log().includes(`reason="${reason}"`), reason !== "token_rejected", log());
      assert(!log().includes(TOKEN));
      service.answer = json(ALICE);
      assert.equal((await auth.check(TOKEN, HOME)).ok, true, "a refusal is not remembered");
    });
  });
}

Deno.test("a service that is not there is unreachable", async () => {
  let url = "";
  await withTcp(() => {}, (open) => Promise.resolve(void (url = `${open}?key=of-the-operator`)));
  const { auth, log } = bench(url);
  assert.deepEqual(await auth.check(TOKEN, HOME), refusal("service_unreachable"));
  assert.match(log(), /detail=".*onnect/);
  assert(!log().includes("of-the-operator"), log());
  auth.close();
});

Deno.test("a service that speaks something else is unreachable", async () => {
  const greet = (socket: Socket) => void socket.end("220 mail.example ESMTP\r\n");
  await withTcp(greet, async (url) => {
    const { auth } = bench(url);
    assert.deepEqual(await auth.check(TOKEN, HOME), refusal("service_unreachable"));
    auth.close();
  });
});

Deno.test("a service whose certificate nobody vouches for is unreachable", async () => {
  const certificate = new RelayCertificate(nodeCrypto, new Uint8Array(32).fill(7));
  let asked = 0;
  const server = createTlsServer({
    cert: toPem("CERTIFICATE", certificate.der),
    key: toPem("PRIVATE KEY", certificate.privateKeyDer()),
  }, (_, response) => {
    asked += 1;
    response.end(JSON.stringify(ALICE));
  });
  const port = await listen(server as unknown as Server);
  const { auth, log } = bench(`https://127.0.0.1:${port}/`);
  assert.deepEqual(await auth.check(TOKEN, HOME), refusal("service_unreachable"));
  assert.match(log(), /certificate/i);
  assert.equal(asked, 0);
  auth.close();
  await new Promise((resolve) => server.close(resolve));
});

Deno.test("a service that never answers is given up after five seconds", async () => {
  await withService(() => {}, async (service, { auth, clock, log }) => {
    const outcome = auth.check(TOKEN, HOME);
    await service.asked(1);
    clock.advance(4_999);
    service.answer = json(ALICE);
    assert.equal((await auth.check("another", HOME)).ok, true);
    clock.advance(1);
    assert.deepEqual(await outcome, refusal("service_timeout"));
    assert.match(log(), /ms=5000/);
    assert.equal(clock.pending, 0);
  });
});

for (
  const [what, start] of [["headers", "HTTP/1.1 200 OK\r\nx: "], [
    "body",
    "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n",
  ]] as const
) {
  Deno.test(`a service that drips its ${what} byte by byte is given up after five seconds`, async () => {
    const ended = Promise.withResolvers<void>();
    const dripped = Promise.withResolvers<void>();
    const drip = (socket: Socket) => {
      socket.write(start);
      let drops = 0;
      const timer = setInterval(() => {
        socket.write(" ");
        if (++drops === 10) dripped.resolve();
      }, 1);
      socket.on("close", () => {
        clearInterval(timer);
        ended.resolve();
      });
    };
    await withTcp(drip, async (url) => {
      const { auth, clock } = bench(url);
      const outcome = auth.check(TOKEN, HOME);
      await dripped.promise;
      clock.advance(5_000);
      assert.deepEqual(await outcome, refusal("service_timeout"));
      await ended.promise;
      auth.close();
    });
  });
}

Deno.test("an endless answer is read for 64 KiB and not further", async () => {
  const gone = Promise.withResolvers<void>();
  const flood = ({ response }: Question) => {
    const more = () => {
      while (!response.destroyed && response.write("[".repeat(1024)));
    };
    response.on("drain", more);
    response.on("close", gone.resolve);
    more();
  };
  await withService(flood, async (_, { auth, log }) => {
    assert.deepEqual(await auth.check(TOKEN, HOME), refusal("service_bad_answer"));
    assert.match(log(), /answer too large/);
    await gone.promise;
  });
});

Deno.test("an answer of exactly 64 KiB still counts", async () => {
  const pad = 65_536 - JSON.stringify({ ...ALICE, pad: "" }).length;
  await withService(json({ ...ALICE, pad: "x".repeat(pad) }), async (service, { auth }) => {
    assert.equal((await auth.check(TOKEN, HOME)).ok, true);
    service.answer = json({ ...ALICE, pad: "x".repeat(pad + 1) });
    assert.deepEqual(await auth.check("other", HOME), refusal("service_bad_answer"));
  });
});

Deno.test("the same token at the same time is asked for once", async () => {
  await withService(() => {}, async (service, { auth, counters }) => {
    const outcomes = [auth.check(TOKEN, HOME), auth.check(TOKEN, HOME), auth.check(TOKEN, HOME)];
    await service.asked(1);
    json(ALICE)(service.questions[0]!);
    assert.deepEqual((await Promise.all(outcomes)).map(({ ok }) => ok), [true, true, true]);
    assert.equal(service.questions.length, 1);
    assert.equal(counters.authAttempts.get("ok"), 3);
  });
});

Deno.test("a good token is good for thirty seconds without asking", async () => {
  await withService(json(ALICE), async (service, { auth, clock, settings }) => {
    await auth.check(TOKEN, HOME);
    service.answer = json({ valid: false });
    clock.advance(29_999);
    assert.equal((await auth.check(TOKEN, HOME)).ok, true);
    assert.equal(service.questions.length, 1);
    settings.cacheMs = 1_000;
    assert.deepEqual(await auth.check(TOKEN, HOME), refusal("token_rejected"));
    settings.cacheMs = 0;
    service.answer = json(ALICE);
    await auth.check(TOKEN, HOME);
    await auth.check(TOKEN, HOME);
    assert.equal(service.questions.length, 4);
  });
});

Deno.test("after a reload another service decides, whatever the old one said or still says", async () => {
  await withService(json(ALICE), async (service, { auth, settings }) => {
    await auth.check(TOKEN, HOME);
    const other = await TestService.start(json({ valid: false }));
    const pending = Promise.withResolvers<Question>();
    service.answer = pending.resolve;
    const late = auth.check("late", HOME);
    const question = await pending.promise;
    settings.url = other.url;
    assert.deepEqual(await auth.check(TOKEN, HOME), refusal("token_rejected"));
    assert.deepEqual(await auth.check("late", HOME), refusal("token_rejected"));
    json(ALICE)(question);
    assert.equal((await late).ok, true);
    assert.deepEqual(await auth.check("late", HOME), refusal("token_rejected"));
    settings.url = null;
    assert.equal(auth.required, false);
    await other.stop();
  });
});

Deno.test("a flood of tokens waits for its turn, bounded in number and time", async () => {
  await withService(() => {}, async (service, { auth, clock }) => {
    const outcomes = ["a", "b", "c", "d"].map((token) => auth.check(token, HOME));
    await service.asked(2);
    assert.deepEqual(await auth.check("e", HOME), refusal("service_timeout"));
    json(ALICE)(service.questions[0]!);
    assert.equal((await outcomes[0]!).ok, true);
    await service.asked(3);
    assert.equal(service.questions[2]!.body, '{"token":"c"}');
    clock.advance(5_000);
    for (const outcome of outcomes.slice(1)) {
      assert.deepEqual(await outcome, refusal("service_timeout"));
    }
    assert.equal(service.questions.length, 3);
    service.answer = json(ALICE);
    assert.equal((await auth.check("f", HOME)).ok, true);
  }, { maxRequests: 4, maxWaiting: 4 });
});

Deno.test("a source that floods a slow service leaves room for the tokens of others", async () => {
  await withService(() => {}, async (service, { auth, clock }) => {
    const flood = Array.from({ length: 500 }, (_, i) => auth.check(`bad ${i}`, HOME));
    await service.asked(16);
    service.answer = json(ALICE);
    assert.equal((await auth.check("good", "192.0.2.2")).ok, true);
    assert.equal(service.questions.length, 17);
    clock.advance(5_000);
    await Promise.all(flood);
  });
});

Deno.test("closing ends every question", async () => {
  await withService(() => {}, async (service, { auth, clock, log }) => {
    const outcome = auth.check(TOKEN, HOME);
    await service.asked(1);
    auth.close();
    auth.close();
    assert.equal((await outcome).ok, false);
    assert.deepEqual(await auth.check("more", HOME), refusal("service_unreachable"));
    assert.equal(clock.pending, 0);
    assert.equal(log(), "");
  });
});

Deno.test("the token is in no way of printing the authenticator while it asks", async () => {
  await withService(() => {}, async (service, { auth, log }) => {
    const outcome = auth.check(TOKEN, HOME);
    await service.asked(1);
    const prints = [Deno.inspect(auth, { depth: 9, showHidden: true }), JSON.stringify(auth)];
    for (const text of prints) assert(!text.includes(TOKEN));
    service.questions[0]!.response.end(`${TOKEN} is bad`);
    await outcome;
    assert(!log().includes(TOKEN));
  });
});
