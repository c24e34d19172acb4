/** Tokens: the built relay asks a web service of the test who may come in. */
import assert from "node:assert/strict";
import { Identity } from "../../proto/identity.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { SignalClient } from "../harness/signal_client.ts";
import { withLimit } from "../contract/rig.ts";
import { startRelay } from "../harness/relay_process.ts";
import { clientsOf, countsOf, type RelayRig, relayTest } from "./relay_rig.ts";
import { LIMIT_MS } from "./callers.ts";

const SEEDS = [1, 2, 3].map((fill) => new Uint8Array(32).fill(fill));
const [ONE, TWO, THREE] = SEEDS as [Uint8Array, Uint8Array, Uint8Array];
const AUTHORISED = "aaaa:bbbb:cccc:dddd:eeee:ffff:0000:1111";

/** A web service that knows some tokens. */
class TokenService implements AsyncDisposable {
  readonly asked: unknown[] = [];
  /** What it answers to a token; others are not valid. */
  readonly answers = new Map<string, unknown>();
  readonly #server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      const question = await request.json();
      this.asked.push([request.method, request.headers.get("content-type"), question]);
      return Response.json(this.answers.get(question.token) ?? { valid: false });
    },
  );

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/v1/validate`;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server.shutdown();
  }
}

interface AuthRig extends RelayRig {
  readonly service: TokenService;
}

function authTest(name: string, run: (rig: AuthRig) => Promise<void>): void {
  Deno.test(name, () =>
    withLimit((async () => {
      await using service = new TokenService();
      await using relay = await startRelay({
        config: `auth_url = "${service.url}"\nauth_cache = 0\n`,
      });
      await using clients = await clientsOf(relay);
      await run({ service, relay, clients });
    })()));
}

authTest(
  "a good token opens a room, a bad one and none do not",
  async ({ clients, relay, service }) => {
    service.answers.set("good", { valid: true, fingerprint: AUTHORISED, alias: "Ann" });
    await assert.rejects(clients.join("hall", { token: "bad" }), /^Error: not authorized$/);
    await assert.rejects(clients.join("hall"), /^Error: not authorized$/);
    const guest = await clients.join("hall", { token: "good" });
    await guest.inRoomOf(1);
    // The service's word counts more than the key.
    assert.equal(guest.room!.participants[0]!.fingerprint, AUTHORISED);
    await relay.stdout.match(/the token is of another identity than the key/, LIMIT_MS);
    assert.deepEqual(service.asked, [
      ["POST", "application/json", { token: "bad" }],
      ["POST", "application/json", { token: "good" }],
    ]);
    assert.deepEqual(await countsOf(relay, "wzp_relay_auth_attempts_total"), { ok: 1, fail: 1 });
    assert.doesNotMatch(relay.stdout.text, /\bgood\b|\bbad\b/);
  },
);

authTest("the same holds for registering for calls", async ({ clients, service }) => {
  service.answers.set("good", { valid: true, fingerprint: AUTHORISED, alias: null });
  for (const token of ["bad", undefined]) {
    const client = await SignalClient.dial(clients, token === undefined ? {} : { token });
    await assert.rejects(client.register(), /^Error: not authorized$/);
  }
  const callee = await SignalClient.register(clients, { token: "good" });
  service.answers.set("other", { valid: true, fingerprint: AUTHORISED.replace("a", "9") });
  const caller = await SignalClient.register(clients, { token: "other" });
  caller.call(AUTHORISED, "c1");
  // An original client names itself by its key; the callee sees who the service says it is.
  const offer = await callee.take("DirectCallOffer");
  assert.equal(offer.caller_fingerprint, AUTHORISED.replace("a", "9"));
});

authTest(
  "while the service cannot be asked, or talks nonsense, nobody new comes in",
  async ({ clients, relay, service }) => {
    service.answers.set("good", { valid: true, fingerprint: AUTHORISED });
    const inside = await clients.join("hall", { token: "good" });
    for (
      const nonsense of [[], "valid", { valid: "true", fingerprint: AUTHORISED }, { valid: true }]
    ) {
      service.answers.set("odd", nonsense);
      await assert.rejects(clients.join("hall", { token: "odd" }), /^Error: not authorized$/);
    }
    await service[Symbol.asyncDispose]();
    await assert.rejects(clients.join("hall", { token: "good" }), /^Error: not authorized$/);
    const client = await SignalClient.dial(clients, { token: "good" });
    await assert.rejects(client.register(), /^Error: not authorized$/);
    // Who is in stays in.
    assert.equal(inside.connection.closeInfo, null);
    assert.doesNotMatch(relay.stdout.text, /internal error/);
  },
);

authTest(
  "the parties of a call need no token in its room, and nobody else gets in without",
  async ({ clients, service }) => {
    for (const [token, seed] of [["t1", ONE], ["t2", TWO]] as const) {
      const { fingerprint } = new Identity(nodeCrypto, seed);
      service.answers.set(token, { valid: true, fingerprint });
    }
    service.answers.set("t3", { valid: true, fingerprint: AUTHORISED });
    const a = await SignalClient.register(clients, { seed: ONE, token: "t1" });
    const b = await SignalClient.register(clients, { seed: TWO, token: "t2" });
    a.call(b.fingerprint, "c1");
    await b.take("DirectCallOffer");
    b.answer("c1", "AcceptGeneric");
    await b.take("CallSetup");

    const inA = await clients.join("call-c1", { seed: ONE });
    await assert.rejects(clients.join("call-c1", { seed: THREE }), /^Error: not authorized$/);
    await assert.rejects(clients.join("call-c1", { seed: THREE, token: "t3" }), /^Error: denied$/);
    const inB = await clients.join("call-c1", { seed: TWO });
    inA.speak(1);
    await inB.until(() => inB.packets.length === 1);
    // It opens no other room.
    await assert.rejects(clients.join("hall", { seed: ONE }), /^Error: not authorized$/);
  },
);

relayTest("where no token is asked for, one that is sent is ignored", async ({ clients }) => {
  const guest = await clients.join("hall", { seed: ONE, token: "whatever" });
  await guest.inRoomOf(1);
  assert.equal(guest.room!.participants[0]!.fingerprint, guest.identity.fingerprint);
  const caller = await SignalClient.register(clients, { token: "whatever" });
  await caller.nothingMore();
});
