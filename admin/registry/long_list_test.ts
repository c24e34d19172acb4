import assert from "node:assert/strict";
import { ManualClock } from "../../relay/ports/testing_clock.ts";
import { TooSlow } from "../bridge.ts";
import type { Caller } from "../guard/caller.ts";
import { ROUTES } from "../routes.ts";
import { Problem } from "../problem.ts";
import { startAdmin } from "../testing_server.ts";
import { TestingRelay } from "../testing_host.ts";
import { LongLists } from "./long_list.ts";
import { TestingRegistry } from "./testing_registry.ts";

const LIST = { json: pattern(3_000_000), tag: "7" };
const from = (ip: string): Caller => ({ source: { ip, port: 5 }, scope: "none" });

/** No piece is like another. */
function pattern(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = (at * 31 + (at >> 12)) & 0xff;
  return bytes;
}

function code(run: () => unknown): string {
  try {
    run();
    return "";
  } catch (error) {
    assert(error instanceof Problem);
    return error.code;
  }
}

Deno.test("a long list arrives whole, in few pieces, and gives its place back", async () => {
  const lists = new LongLists(new ManualClock());
  const answer = lists.answer(LIST, from("203.0.113.9"));
  assert.equal(lists.sending, 1);
  const pieces: Uint8Array[] = [];
  for await (const piece of answer.body!) pieces.push(piece);
  assert.deepEqual(pieces.map(({ length }) => length), [...Array(5).fill(524_288), 378_560]);
  assert.deepEqual(await new Blob(pieces as Uint8Array<ArrayBuffer>[]).bytes(), LIST.json);
  assert.equal(lists.sending, 0);
});

Deno.test("a source has two lists at a time, all together two dozen, and who breaks off frees a place", async () => {
  const lists = new LongLists(new ManualClock());
  const first = lists.answer(LIST, from("203.0.113.9"));
  lists.answer(LIST, from("203.0.113.9"));
  assert.equal(code(() => lists.answer(LIST, from("203.0.113.9"))), "too_many");
  await first.body!.cancel();
  lists.answer(LIST, from("203.0.113.9"));
  for (let more = 0; more < 22; more++) lists.answer(LIST, from(`198.51.100.${more}`));
  assert.equal(lists.sending, 24);
  assert.equal(code(() => lists.answer(LIST, from("192.0.2.1"))), "too_many");
  assert.equal(lists.answer(LIST, from("192.0.2.1"), '"7"').status, 304);
});

Deno.test("whoever takes a minute for a list is left", async () => {
  const clock = new ManualClock();
  const lists = new LongLists(clock);
  const reader = lists.answer(LIST, from("203.0.113.9")).body!.getReader();
  await reader.read();
  clock.advance(60_001);
  await assert.rejects(reader.read(), TooSlow);
  assert.equal(lists.sending, 0);
});

Deno.test("over a socket a list arrives whole, and a reader that goes away or stands still is no fault to log", async () => {
  const stateDir = await Deno.makeTempDir({ prefix: "wzp-lists-" });
  const relay = new TestingRelay();
  const registry = new TestingRegistry();
  const list = { json: pattern(8_000_000), tag: "a" };
  registry.list = list;
  relay.registry = registry;
  relay.settings = { ...relay.settings, stateDir };
  const admin = await startAdmin(relay.host(), ROUTES);
  try {
    const { port } = admin.addresses[0]!;
    const url = `http://127.0.0.1:${port}/relays`;
    const whole = await fetch(url);
    assert.equal(whole.headers.get("content-length"), "8000000");
    const bytes = await whole.bytes();
    assert.equal(bytes.length, list.json.length);
    assert(bytes.every((byte, at) => byte === list.json[at]));
    const head = await fetch(url, { method: "HEAD" });
    assert.deepEqual([head.status, await head.text()], [200, ""]);
    const known = await fetch(url, { headers: { "if-none-match": '"a"' } });
    assert.deepEqual([known.status, await known.text()], [304, ""]);
    const leaver = await fetch(url);
    await leaver.body!.cancel();
    // Sixteen who never read take every place of this machine; a minute later all are free again.
    const idle = await Promise.all(
      Array.from({ length: 16 }, () => Deno.connect({ hostname: "127.0.0.1", port })),
    );
    const request = `GET /relays HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`;
    for (const one of idle) await one.write(new TextEncoder().encode(request));
    await until(async () => /lists are being sent/.test(await startOf(url)));
    relay.clock.advance(60_001);
    await until(async () => !(await startOf(url)).includes('"code"'));
    for (const one of idle) one.close();
    assert.deepEqual(relay.lines.filter(({ level }) => level === "error"), []);
  } finally {
    await admin.close();
    await Deno.remove(stateDir, { recursive: true });
  }
});

async function startOf(url: string): Promise<string> {
  const response = await fetch(url);
  return (await response.text()).slice(0, 1_000);
}

/** Asks again until it is so; the test runner ends what never is. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!await holds());
}
