/** The client of a registry against one that answers whatever it likes. */
import assert from "node:assert/strict";
import { RegistryClient, type Told } from "./registry_client.ts";
import { testPeer } from "./testing_relays.ts";

const KEY = testPeer(1).public_key;
const MEGABYTE = 1_000_000;

/** What the client makes of this answer, and how often it let others have their turn. */
async function told(answer: string): Promise<{ told: Told; rests: number }> {
  const client = new RegistryClient();
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () => new Response(answer),
  );
  let rests = 0;
  const rest = () => {
    rests += 1;
    return Promise.resolve();
  };
  const at = { url: `http://127.0.0.1:${server.addr.port}`, tokenFile: null };
  return { told: await client.register(at, {}, rest, new AbortController().signal), rests };
}

/** The longest text that is parsed meanwhile. */
async function longestParsed(run: () => Promise<void>): Promise<number> {
  const { parse } = JSON;
  let longest = 0;
  JSON.parse = (text, reviver) => {
    longest = Math.max(longest, text.length);
    return parse(text, reviver);
  };
  try {
    await run();
  } finally {
    JSON.parse = parse;
  }
  return longest;
}

Deno.test("the keys of very many parties come in small pieces", async () => {
  const groups = Array.from({ length: 300 }, (_, number) => ({
    name: `party-${number}`,
    keys: Array.from({ length: 64 }, () => KEY),
  }));
  const answer = JSON.stringify({ status: "registered", heartbeat_s: 30, groups });
  const longest = await longestParsed(async () => {
    const found = await told(answer);
    assert.deepEqual(found.told, { outcome: "registered", heartbeatS: 30, groups });
    assert(found.rests >= answer.length / 16_384);
  });
  assert(longest <= 16_384, `${longest} characters at once`);
});

for (
  const [what, answer, outcome] of [
    ["lists in lists", `{"status":"registered","groups":${"[".repeat(MEGABYTE)}`, "failed"],
    ["lists that end", `{"status":"registered","a":${"[]".repeat(MEGABYTE)}}`, "failed"],
    ["brackets that close", `{"status":"registered"}${"]".repeat(MEGABYTE)}`, "failed"],
    ["one long text", `{"status":"registered","a":"${"x".repeat(MEGABYTE)}"}`, "failed"],
    ["very many names", `{"status":"registered"${',"a":1'.repeat(MEGABYTE / 6)}}`, "failed"],
    [
      "one endless party",
      `{"status":"registered","groups":[{"name":"${"x".repeat(MEGABYTE)}`,
      "failed",
    ],
  ] as const
) {
  Deno.test(`an answer of ${what} is never parsed in one go`, async () => {
    const longest = await longestParsed(async () => {
      assert.equal((await told(answer)).told.outcome, outcome);
    });
    assert(longest <= 16_384, `${longest} characters at once`);
  });
}
