import assert from "node:assert/strict";
import fc from "fast-check";
import { ManualClock } from "../../quic/manual_clock.ts";
import type { AskHttp } from "../../http/question.ts";
import { PartySession, readPeers } from "./party_session.ts";

const OTHER = {
  peer: "p2",
  public_key: "theirs",
  endpoints: ["192.0.2.1:1"],
  nat_type: "cone",
  rtts: { a: 5 },
};
const MINE = { ...OTHER, peer: "p1", public_key: "mine" };

function setUp(answers: unknown[]) {
  const asked: { path: string; token: string | null; body: unknown }[] = [];
  const asking: AskHttp = async (url, question) => {
    const request = new Request(url, question);
    assert.equal(request.method, "POST");
    assert.equal(request.headers.get("content-type"), "application/json");
    asked.push({
      path: new URL(request.url).pathname,
      token: request.headers.get("x-party-token"),
      body: await request.json(),
    });
    return Response.json(answers.shift() ?? {});
  };
  const access = { url: "http://r", clock: new ManualClock(), ask: asking };
  const member = { party: "party/1", token: "t", name: "me", publicKey: "mine" };
  return { access, member, asked };
}

const SIDE = { natType: "open" as const, endpoints: ["10.0.0.1:5"], rtts: { a: 7 } };

Deno.test("a peer joins with all it can tell, goes on with its own token, and leaves", async () => {
  const { access, member, asked } = setUp([
    { peer: "p1", token: "own", peers: [MINE] },
    { peers: [MINE, OTHER] },
    { status: "left" },
  ]);
  const session = await PartySession.join(access, member, SIDE);
  assert.deepEqual(session.peers, []);
  await session.beat({ ...SIDE, rtts: {} });
  assert.deepEqual(session.peers, [
    { publicKey: "theirs", natType: "cone", endpoints: ["192.0.2.1:1"], rtts: { a: 5 } },
  ]);
  await session.leave();
  const told = { endpoints: ["10.0.0.1:5"], nat_type: "open" };
  assert.deepEqual(asked, [
    {
      path: "/parties/party%2F1/join",
      token: "t",
      body: { name: "me", public_key: "mine", ...told, rtts: { a: 7 } },
    },
    { path: "/parties/party%2F1/peers/p1/heartbeat", token: "own", body: { ...told, rtts: {} } },
    { path: "/parties/party%2F1/peers/p1/leave", token: "own", body: {} },
  ]);
});

Deno.test("a registry that does not say who we are is refused", async () => {
  for (const answer of [{}, { peer: 1, token: "x" }, { peer: "x" }, []]) {
    const { access, member } = setUp([answer]);
    await assert.rejects(PartySession.join(access, member, SIDE), /did not say who we are/);
  }
});

Deno.test("whatever others say of themselves is read or left out", () => {
  assert.deepEqual(
    readPeers({
      peers: [null, 7, {}, { public_key: "k", endpoints: [1, "a:1"], nat_type: "x", rtts: [] }],
    }),
    [
      { publicKey: "k", endpoints: ["a:1"], natType: "unknown", rtts: {} },
    ],
  );
  const many = {
    public_key: "k",
    endpoints: new Array(99).fill("a"),
    rtts: { a: -1, b: "x", c: 3, d: 1e9 },
  };
  const [peer] = readPeers({ peers: [many] });
  assert.equal(peer!.endpoints.length, 32);
  assert.deepEqual(peer!.rtts, { c: 3 });
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    assert.ok(readPeers(value).length <= 64);
    assert.ok(readPeers({ peers: value }).length <= 64);
    assert.ok(readPeers({ peers: [value] }).length <= 1);
  }));
});
