import assert from "node:assert/strict";
import { settle, TestingSite } from "./testing_site.ts";
import type { Feed, FeedItem } from "./testing_site.ts";

const EVENTS = "/api/v1/events";

function named(items: readonly FeedItem[], name: string) {
  return items.filter((item) => item.name === name).map(({ data }) => data);
}

const told = (feed: Feed, ms = 1_000) => feed.during(ms);

Deno.test("a viewer is told the whole state first, then only what changes", async () => {
  const site = new TestingSite();
  const feed = await site.feed(EVENTS);
  const first = await told(feed);
  assert.equal(first[0]!.name, "hello");
  assert(named(first, "overview").length >= 1);
  for (const name of ["rooms", "calls", "links", "relays", "edges"]) {
    const [state] = named(first, name);
    assert.deepEqual([state.reset, state.gone], [true, []], name);
    assert.equal(state.set.length, name === "relays" ? 3 : 2, name);
  }
  site.relay.participants = site.relay.participants.filter(({ room }) => room === "general");
  const later = await told(feed);
  assert.deepEqual(named(later, "rooms"), [{ reset: false, set: [], gone: ["call-7f3a"] }]);
  assert.deepEqual(named(later, "calls"), []);
  site.relay.calls = [];
  assert.deepEqual(named(await told(feed), "calls"), [
    { reset: false, set: [], gone: ["7f3a", "81c2"] },
  ]);
  await feed.close();
});

Deno.test("a link that goes is told within half a second, with its edge", async () => {
  const site = new TestingSite();
  const feed = await site.feed(`${EVENTS}?want=links,edges,relays`);
  await told(feed);
  const [oslo] = site.relay.links;
  site.relay.links = site.relay.links.slice(1);
  site.relay.mesh = site.relay.mesh.map((one) => ({
    ...one,
    links: one.links.filter(({ legacy }) => legacy),
  }));
  const gone = await told(feed, 500);
  assert.deepEqual(named(gone, "links"), [{ reset: false, set: [], gone: [oslo!.relay] }]);
  const [edges] = named(gone, "edges");
  assert.equal(edges.gone.length, 1);
  assert(edges.gone[0].includes(oslo!.relay));
  await feed.close();
});

Deno.test("who is in a room is followed when it is asked for", async () => {
  const site = new TestingSite();
  const feed = await site.feed(`${EVENTS}?room=general&want=participants`);
  const [state] = named(await told(feed), "participants");
  assert.deepEqual(state.set.map(({ alias }: { alias: string }) => alias), [
    "Ann",
    "<img src=x onerror=alert(1)>",
    null,
    "Hugo",
  ]);
  const [ann] = site.relay.participants;
  site.relay.participants = site.relay.participants.slice(1);
  const [change] = named(await told(feed), "participants");
  assert.deepEqual(change.gone, [ann!.session]);
  await feed.close();
});

Deno.test("a room that is not there is empty, and appears when somebody comes", async () => {
  const site = new TestingSite();
  const feed = await site.feed(`${EVENTS}?room=nowhere&want=participants`);
  const [state] = named(await told(feed), "participants");
  assert.deepEqual(state, { reset: true, set: [], gone: [] });
  site.relay.participants = site.relay.participants.map((one) => ({ ...one, room: "nowhere" }));
  const [change] = named(await told(feed), "participants");
  assert.equal(change.set.length, 5);
  await feed.close();
});

Deno.test("lines come as they are written, and after a break from where the viewer was", async () => {
  const site = new TestingSite();
  const line = (message: string) =>
    site.relay.logTail.add({ at: 1, level: "info", area: "rooms", message, fields: {} });
  line("before");
  const feed = await site.feed(`${EVENTS}?want=log,recent`);
  assert.equal(named(await told(feed), "log")[0].items[0].message, "before");
  line("one");
  site.relay.eventTail.add({ at: 1, kind: "join", fields: {} });
  const items = await told(feed, 250);
  assert.deepEqual(named(items, "log").map(({ items }) => items[0].message), ["one"]);
  assert.equal(named(items, "recent")[0].items[0].kind, "join");
  const lastId = items.at(-1)!.id!;
  await feed.close();
  line("missed");
  for (
    const again of [
      await site.feed(`${EVENTS}?want=log`, { headers: { "last-event-id": lastId } }),
      await site.feed(`${EVENTS}?want=log&lastEventId=${lastId}`),
    ]
  ) {
    const [log] = named(await told(again), "log");
    assert.deepEqual(log.items.map(({ message }: { message: string }) => message), ["missed"]);
    assert.equal(log.skipped, 0);
    await again.close();
  }
  const stranger = await site.feed(`${EVENTS}?want=log`, { headers: { "last-event-id": "x.1.1" } });
  assert.equal(named(await told(stranger), "log")[0].items.length, 3);
  await stranger.close();
});

Deno.test("a viewer who does not read holds nothing, and is told how much it missed", async () => {
  const site = new TestingSite();
  const feed = await site.feed(`${EVENTS}?want=log`);
  await told(feed);
  for (let line = 0; line < 10_000; line++) {
    site.relay.logTail.add({ at: 1, level: "info", area: "rooms", message: "m", fields: {} });
    if (line % 100 === 0) site.relay.clock.advance(250);
  }
  await settle();
  const [first, ...rest] = named(await told(feed), "log");
  assert.equal(first.skipped, 9_000);
  assert(rest.every(({ skipped }) => skipped === 0));
  await feed.close();
});

Deno.test("a large change comes in several events that add up to it", async () => {
  const many = Array.from({ length: 2_500 }, (_, id) => ({
    name: `room-${id}`,
    participants: [],
    remote: [],
    codec: null,
  }));
  const site = new TestingSite(() => ({ rooms: () => many }));
  const feed = await site.feed(`${EVENTS}?want=rooms`);
  const rooms: { reset: boolean; set: { name: string }[] }[] = [];
  const names = () => new Set(rooms.flatMap(({ set }) => set.map(({ name }) => name)));
  // How many turns of the event loop it takes depends on the machine.
  while (names().size < 2_500) rooms.push(...named(await told(feed), "rooms"));
  assert.deepEqual(rooms.map(({ reset }) => reset).indexOf(false), 1);
  assert(rooms.every(({ set }) => set.length <= 100));
  await feed.close();
});

Deno.test("a silent feed has a heart-beat, and nothing runs when the last viewer is gone", async () => {
  const site = new TestingSite();
  const before = site.relay.clock.pending;
  const feed = await site.feed(`${EVENTS}?want=log`);
  await told(feed);
  const beat = feed.raw();
  await settle();
  for (let second = 0; second < 10; second++) {
    site.relay.clock.advance(1_000);
    await settle();
  }
  assert.equal(await beat, ": beat\n\n");
  await feed.close();
  assert.equal(site.relay.clock.pending, before);
  assert.equal(site.relay.logTail.listeners, 0);
});

Deno.test("more viewers than there are places are turned away", async () => {
  const site = new TestingSite();
  const feeds = await Promise.all(Array.from({ length: 32 }, () => site.feed(EVENTS)));
  const { status, body } = await site.ask("GET", EVENTS);
  assert.deepEqual([status, body.code], [503, "too_many_connections"]);
  await feeds[0]!.close();
  await (await site.feed(EVENTS)).close();
  for (const feed of feeds.slice(1)) await feed.close();
});

Deno.test("who watches a room while others are looked at does not read what was not fetched", async () => {
  const fetched = new Set<string>();
  const site = new TestingSite((relay) => {
    const host = relay.host();
    return {
      fresh: async (...parts) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        for (const part of parts) fetched.add(part);
      },
      sessions: () => {
        assert(fetched.has("sessions"), "sessions is read before it was fetched");
        return host.sessions();
      },
    };
  });
  const first = site.feed(EVENTS);
  await new Promise((resolve) => setTimeout(resolve, 10));
  const second = await site.feed(`${EVENTS}?room=general`);
  await new Promise((resolve) => setTimeout(resolve, 100));
  await second.close();
  await (await first).close();
  assert.deepEqual(site.relay.lines.filter(({ level }) => level === "error"), []);
});
