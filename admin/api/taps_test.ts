import assert from "node:assert/strict";
import type { TapEvent } from "../../relay/ports/tap.ts";
import type { TestingRelay } from "../testing_host.ts";
import { type Feed, type FeedItem, TestingSite } from "./testing_site.ts";

const TAP = "/api/v1/tap";

function packet(relay: TestingRelay, seq: number, room = "general"): void {
  const [, from] = relay.participants;
  const event: TapEvent = {
    kind: "packet",
    at: 1,
    from: from!,
    seq,
    codec: "Opus24k",
    timestamp: seq * 20,
    fecBlock: 0,
    fecSymbol: 0,
    repair: false,
    length: 60,
    fanOut: 2,
  };
  relay.tap.show(room, event);
}

/** What is told within a second. */
const told = (feed: Feed) => feed.during(1_000);

const seqs = (items: readonly FeedItem[]) =>
  items.flatMap(({ name, data }) =>
    name === "items" ? data.items.map(({ seq }: { seq: number }) => seq) : []
  );
const lines = (relay: TestingRelay, message: string) =>
  relay.lines.filter((line) => line.message === message);

/** Ids that differ, as of a relay. */
function siteOf() {
  let count = 0;
  return new TestingSite(() => ({
    random: (bytes) => new Uint8Array(bytes).fill(++count),
  }));
}

Deno.test("a tap shows packets of its room as they pass, and everybody sees that there is one", async () => {
  const site = siteOf();
  const feed = await site.feed(`${TAP}?room=general`);
  const [tap] = await told(feed);
  assert.equal(tap!.name, "tap");
  assert.equal(tap!.data.room, "general");
  packet(site.relay, 7);
  packet(site.relay, 8, "elsewhere");
  const [items] = await told(feed);
  assert.deepEqual([items!.data.skipped, items!.data.unsampled], [0, 0]);
  assert.equal(items!.data.items.length, 1);
  const { from, seq, dir, length } = items!.data.items[0];
  assert.deepEqual([from.alias, seq, dir, length], [
    "<img src=x onerror=alert(1)>",
    7,
    "in",
    60,
  ]);
  const { activeTaps } = await site.get("/api/v1/overview");
  assert.deepEqual([activeTaps.length, activeTaps[0].room, activeTaps[0].viewed], [
    1,
    "general",
    true,
  ]);
  assert.deepEqual(lines(site.relay, "tap active").map(({ fields }) => fields["room"]), [
    "general",
  ]);
  await feed.close();
});

Deno.test("tapping is for operators", async () => {
  const site = siteOf();
  for (const scope of ["read", "none"] as const) {
    const { status, body } = await site.ask("GET", TAP, { scope });
    assert.deepEqual([status, body.code], [401, "unauthorized"]);
    const added = await site.ask("POST", "/api/v1/taps", { scope, body: { room: null } });
    assert.equal(added.body.code, "unauthorized");
  }
  assert.equal(site.relay.tap.active, 0);
});

Deno.test("a viewer who comes back goes on where it was", async () => {
  const site = siteOf();
  const feed = await site.feed(TAP);
  await told(feed);
  for (let seq = 0; seq < 10; seq++) packet(site.relay, seq);
  const first = await told(feed);
  assert.equal(seqs(first).length, 10);
  const id = first.at(-1)!.id!;
  packet(site.relay, 10);
  // It was sent, and the connection broke before it arrived.
  assert.deepEqual(seqs(await told(feed)), [10]);
  await feed.close();
  packet(site.relay, 11);
  const again = await site.feed(TAP, { headers: { "last-event-id": id } });
  assert.deepEqual(seqs(await told(again)), [10, 11]);
  assert.equal((await site.get("/api/v1/taps")).items.length, 1);
  await again.close();
});

Deno.test("a viewer who comes back late is told what is not kept any more", async () => {
  const site = siteOf();
  const feed = await site.feed(TAP);
  const [tap] = await told(feed);
  for (let seq = 0; seq < 1_500; seq++) packet(site.relay, seq);
  assert.equal(seqs(await told(feed)).length, 1_500);
  await feed.close();
  const again = await site.feed(TAP, { headers: { "last-event-id": tap!.id! } });
  const items = (await told(again)).slice(1);
  assert.equal(items[0]!.data.skipped, 500);
  assert.deepEqual([seqs(items).length, seqs(items)[0]], [1_000, 500]);
  await again.close();
});

Deno.test("a slow viewer is told how many it missed, and the relay keeps no more than it may", async () => {
  const site = siteOf();
  const feed = await site.feed(TAP);
  await told(feed);
  for (let seq = 0; seq < 50_000; seq++) packet(site.relay, seq % 65_536);
  site.relay.clock.advance(200);
  const items = await told(feed);
  assert.equal(items[0]!.data.skipped, 48_000);
  const got = seqs(items);
  assert.deepEqual([got[0], got.at(-1)], [48_000, 49_999]);
  await feed.close();
});

Deno.test("a tap ends by itself after ten minutes, and its viewer is told why", async () => {
  const site = siteOf();
  const feed = await site.feed(TAP);
  await told(feed);
  site.relay.clock.advance(598_000);
  const end = (await told(feed)).at(-1)!;
  assert.deepEqual([end.name, end.data], ["end", { reason: "time" }]);
  assert.equal(await feed.raw(), null);
  assert.equal(site.relay.tap.active, 0);
  assert.deepEqual(lines(site.relay, "tap ended").map(({ fields }) => fields["reason"]), ["time"]);
  assert.deepEqual((await site.get("/api/v1/overview")).activeTaps, []);
});

Deno.test("a tap nobody watches any more ends, and leaves nothing behind", async () => {
  const site = siteOf();
  const before = site.relay.clock.pending;
  const feed = await site.feed(TAP);
  await told(feed);
  await feed.close();
  site.relay.clock.advance(29_999);
  assert.equal(site.relay.tap.active, 1);
  site.relay.clock.advance(1);
  assert.equal(site.relay.tap.active, 0);
  assert.equal(site.relay.clock.pending, before);
});

Deno.test("eight taps are active at most", async () => {
  const site = siteOf();
  const feeds: Feed[] = [];
  for (let tap = 0; tap < 8; tap++) feeds.push(await site.feed(`${TAP}?room=r${tap}`));
  const { status, body } = await site.ask("GET", TAP);
  assert.deepEqual([status, body.code], [409, "conflict"]);
  const added = await site.ask("POST", "/api/v1/taps", { body: { room: null } });
  assert.equal(added.body.code, "conflict");
  const { items } = await site.get("/api/v1/taps");
  const removed = await site.ask("DELETE", `/api/v1/taps/${items[0].id}`);
  assert.deepEqual([removed.status, removed.body.ok], [200, true]);
  assert.equal(site.relay.tap.active, 7);
  for (const feed of feeds) await feed.close();
});

Deno.test("a tap that was added is watched by its id, by one viewer at a time", async () => {
  const site = siteOf();
  const { status, body: tap } = await site.ask("POST", "/api/v1/taps", {
    body: { room: "general" },
  });
  assert.equal(status, 201);
  assert.equal(tap.viewed, false);
  const feed = await site.feed(`${TAP}?id=${tap.id}`);
  await told(feed);
  const other = await site.feed(`${TAP}?id=${tap.id}`);
  assert.deepEqual((await told(feed)).map(({ data }) => data.reason), ["displaced"]);
  assert.equal(await feed.raw(), null);
  assert.deepEqual((await told(other)).map(({ name }) => name), ["tap"]);
  packet(site.relay, 3);
  assert.deepEqual(seqs(await told(other)), [3]);
  const unknown = await site.ask("GET", `${TAP}?id=nothing`);
  assert.deepEqual([unknown.status, unknown.body.code], [404, "not_found"]);
  const gone = await site.ask("DELETE", "/api/v1/taps/nothing");
  assert.equal(gone.status, 404);
  await other.close();
});
