import assert from "node:assert/strict";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { ManualClock } from "../../quic/manual_clock.ts";
import { ClientError } from "../errors.ts";
import type { AskHttp } from "../../http/question.ts";
import { knownFromRecord, readCopy, readRegistry } from "./registry_relays.ts";
import { signedRecord } from "./testing_registry.ts";

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

/** A registry that answers one request after the other with these; an error is a connection that fails. */
function setUp(answers: (Response | Error | "silence")[], region: string | null = null) {
  const clock = new ManualClock();
  const asked: Request[] = [];
  const asking: AskHttp = (url, question) => {
    asked.push(new Request(url, question));
    const answer = answers.shift();
    if (answer === "silence" || answer === undefined) {
      return new Promise<Response>((_, reject) => {
        question.signal.addEventListener(
          "abort",
          () => reject(new DOMException("late", "AbortError")),
        );
      });
    }
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  const reading = (withinMs = 1_000, onlyUdp = false) => {
    const result = readRegistry({
      url: "http://r.example/base/",
      token: "secret",
      clock,
      crypto: nodeCrypto,
      random: () => 0.9,
      region,
      remembered: new Map(),
      ask: asking,
      onlyUdp,
    }, withinMs);
    result.catch(() => {});
    return result;
  };
  /** Lets time pass until the work has ended. */
  const driven = async <T>(work: Promise<T>): Promise<T> => {
    let ended = false;
    work.finally(() => ended = true).catch(() => {});
    for (let i = 0; i < 1_000 && !ended; i++) {
      await settle();
      if (!ended) clock.advance(50);
    }
    return await work;
  };
  return { clock, asked, reading, driven };
}

const listOf = (...relays: unknown[]) => Response.json({ relays });

Deno.test("the records of a registry are checked, and those that are none are counted", async () => {
  const good = signedRecord({ addr: "10.0.0.1:4433", region: "eu" });
  const forged = { ...signedRecord({ addr: "10.0.0.2:4433" }), region: "us" };
  const { asked, reading } = setUp([listOf(good, forged, { name: 1 }, null)]);
  assert.deepEqual(await reading(), { relays: [good], refused: 3, listed: 4 });
  assert.equal(asked[0]!.url, "http://r.example/base/relays");
  assert.equal(asked[0]!.headers.get("authorization"), "Bearer secret");
});

Deno.test("with a region only that one is asked for", async () => {
  const { asked, reading } = setUp([listOf()], "us east/1");
  assert.deepEqual((await reading()).relays, []);
  assert.equal(asked[0]!.url, "http://r.example/base/relays/us%20east%2F1");
});

Deno.test("for WireGuard only relays with a UDP relay count", async () => {
  const udp = signedRecord({ addr: "10.0.0.1:1", udp_port: 51_820 });
  const { reading } = setUp([listOf(udp, signedRecord({ addr: "10.0.0.2:1" }))]);
  assert.deepEqual((await reading(1_000, true)).relays, [udp]);
});

Deno.test("a registry that fails is asked again, three times in all", async () => {
  const { asked, reading, driven } = setUp([
    new TypeError("refused"),
    new Response("busy", { status: 503 }),
    listOf(),
  ]);
  assert.deepEqual((await driven(reading())).relays, []);
  assert.equal(asked.length, 3);
  const down = setUp([1, 2, 3, 4].map(() => new TypeError("refused")));
  await assert.rejects(
    down.driven(down.reading()),
    /The registry http:\/\/r\.example\/base\/ cannot be reached\.$/,
  );
  assert.equal(down.asked.length, 3);
});

Deno.test("a registry that refuses is not asked again, and its reason is told", async () => {
  const refusal = Response.json({ title: "No", detail: "a token is needed\x1b[2J." }, {
    status: 401,
  });
  const { asked, reading } = setUp([refusal]);
  await assert.rejects(reading(), /answers 401: a token is needed\?\[2J\.$/);
  assert.equal(asked.length, 1);
});

Deno.test("a silent registry is given up in time", async () => {
  const { clock, reading, driven } = setUp(["silence", "silence"]);
  await assert.rejects(
    driven(reading(800)),
    (error) => error instanceof ClientError && /800 ms/.test(error.message),
  );
  assert.ok(clock.now() <= 900);
});

Deno.test("what is no list, no JSON, a redirect or without end is refused with a sentence", async () => {
  const cases: [Response, RegExp][] = [
    [Response.json({ relays: {} }), /something else than relays/],
    [Response.json(null), /something else than relays/],
    [Response.redirect("http://elsewhere.example/"), /answers 302/],
  ];
  for (const [answer, problem] of cases) await assert.rejects(setUp([answer]).reading(), problem);
  const text = setUp([1, 2, 3].map(() => new Response("<html>")));
  await assert.rejects(text.driven(text.reading()), /does not answer with JSON\.$/);
  let sent = 0;
  const endless = () =>
    new Response(
      new ReadableStream({
        pull(controller) {
          sent += 1 << 20;
          controller.enqueue(new Uint8Array(1 << 20));
        },
      }),
    );
  const flood = setUp([endless(), endless(), endless()]);
  await assert.rejects(
    flood.driven(flood.reading(60_000)),
    /answers with more than 16777216 bytes\.$/,
  );
  assert.ok(sent <= 60 << 20, `${sent >> 20} MiB taken`);
});

Deno.test("a copy is checked like an answer", () => {
  const good = signedRecord({ addr: "10.0.0.1:1" });
  const copy = readCopy(
    { fetched_at: 5, relays: [good, { ...good, addr: "10.0.0.2:1" }, 7] },
    nodeCrypto,
  );
  assert.deepEqual(copy, { fetched_at: 5, relays: [good] });
  for (
    const bad of [null, 7, {}, { fetched_at: "x", relays: [good] }, { fetched_at: 5, relays: [] }]
  ) {
    assert.equal(readCopy(bad, nodeCrypto), null);
  }
});

Deno.test("a record becomes a relay that is pinned, and full where it is", () => {
  const record = signedRecord({ addr: "10.0.0.1:1", name: "a", load: 100, udp_port: 5 });
  const relay = knownFromRecord(record);
  assert.equal(relay.pin!.toHex(), record.tls_fingerprint);
  assert.deepEqual([relay.takesClients, relay.region, relay.udpPort], [false, null, 5]);
  assert.equal(
    knownFromRecord(signedRecord({ addr: "10.0.0.1:1", draining: true })).takesClients,
    false,
  );
});
