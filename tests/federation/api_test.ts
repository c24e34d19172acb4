/** The HTTP API of real relays in a mesh: what it says is so, and what it is told to do happens. */
import assert from "node:assert/strict";
import { ApiClient, HANG_MS } from "./api_client.ts";
import { meshTest } from "./mesh_test_case.ts";
import { Talk } from "./talk.ts";
import { chain } from "./topology.ts";

const HOSTILE = "<img src=x onerror=alert(1)>";

meshTest(
  "every answer of every relay is as described, and says what is so",
  { size: 3, edges: chain(3), config: () => "registry = { enabled = true }" },
  async (mesh) => {
    const apis = await Promise.all(mesh.nodes.map((node) => ApiClient.of(node)));
    const [a, , c] = apis as [ApiClient, ApiClient, ApiClient];
    const people = [
      await mesh.join(0, "general", { alias: HOSTILE }),
      await mesh.join(2, "general", { alias: "Cleo" }),
    ];
    const registered = await mesh.register(2, { alias: "Cleo" });

    const room = await a.until("/api/v1/rooms/general", ({ total }) => total === 2);
    assert.deepEqual(
      room.participants.map((
        { alias, relayLabel }: { alias: string; relayLabel: string | null },
      ) => [alias, relayLabel === null]),
      [[HOSTILE, true], ["Cleo", false]],
    );
    const { items: [session] } = await a.get("/api/v1/sessions");
    assert.equal(session.fingerprint, people[0]!.client.identity.fingerprint);
    assert.equal((await c.get("/api/v1/sessions?q=onerror")).total, 0);

    const topology = await a.until("/api/v1/topology", ({ links }) => links.length === 2);
    const keys = mesh.nodes.map(({ fingerprint }) => fingerprint.replaceAll(":", ""));
    assert.equal(topology.self, keys[0]);
    assert.deepEqual(
      topology.relays.map(({ relay }: { relay: string }) => relay),
      keys.toSorted(),
    );
    assert.deepEqual(
      new Set(topology.links.map(({ a, b }: { a: string; b: string }) => `${a}|${b}`)),
      new Set([[keys[0], keys[1]], [keys[1], keys[2]]].map((pair) => pair.toSorted().join("|"))),
    );
    const directory = await a.until("/api/v1/directory", ({ total }) => total >= 1);
    const there = directory.items.find(({ fingerprint }: { fingerprint: string }) =>
      fingerprint === registered.fingerprint
    );
    assert.equal(there.relay, keys[2]);

    const talk = await Talk.begin(people[0]!.client);
    const overview = await a.until("/api/v1/overview", ({ rates }) => rates.packetsIn > 20);
    assert.deepEqual([overview.state, overview.sessions, overview.links], ["serving", 1, 1]);
    assert(overview.rates.packetsOut > 20 && overview.rates.bytesOut > 1_000);
    assert(overview.rssBytes > 10_000_000);
    talk.stop();

    for (const api of apis) {
      for (const [path, operations] of Object.entries(api.document.paths)) {
        const streams = JSON.stringify(operations).includes("text/event-stream");
        if (!("get" in operations) || path.includes("{") || path === "/mesh" || streams) continue;
        await api.get(path);
      }
      const { text, invitation } = await api.get("/api/v1/config");
      assert(text.includes("listen_addr") && invitation.includes("[[peers]]"));
    }
    const kinds = await a.get("/api/v1/recent-events");
    assert(kinds.items.some(({ kind }: { kind: string }) => kind === "link_up"));
    assert(kinds.items.some(({ kind }: { kind: string }) => kind === "join"));
  },
);

meshTest(
  "a relay that is killed is gone from the live feed within seconds, with its edge",
  { size: 3, edges: chain(3) },
  async (mesh) => {
    const api = await ApiClient.of(mesh.node(0));
    const feed = await api.follow("/api/v1/events?want=relays,edges,links,recent");
    const key = (node: number) => mesh.node(node).fingerprint.replaceAll(":", "");
    await feed.until("edges", ({ set }) => set.length === 2);
    await mesh.node(2).kill();
    const gone = await feed.until("edges", ({ gone }) => gone.length > 0);
    assert.deepEqual(gone.data.gone, [[key(1), key(2)].toSorted().join("|")]);
    await feed.until("relays", ({ gone }) => gone.includes(key(2)));

    // The feed goes on where it was, as after a break of the network.
    const { id } = feed.told.at(-1)!;
    await feed.close();
    const again = await api.follow("/api/v1/events?want=recent,links", id);
    const { data: { set: [first] } } = await again.until(
      "links",
      ({ reset, set }) => reset && set.length === 1,
    );
    assert.equal(first.relay, key(1));
    const { status } = await api.operate("POST", `/api/v1/links/${key(1)}/close`);
    assert.equal(status, 200);
    await again.until(
      "recent",
      ({ items }) => items.some(({ kind }: { kind: string }) => kind === "link_down"),
    );
    // It is dialled again at once, and may be back before anybody looks; so the other one dies, too.
    await mesh.node(1).kill();
    await again.until("links", ({ gone }) => gone.includes(key(1)));
    await mesh.node(1).start();
    await again.until(
      "links",
      ({ set }) =>
        set.some(({ relay, since }: typeof first) => relay === key(1) && since > first.since),
    );
    await again.close();
  },
);

meshTest(
  "operators kick, tap and change log levels; who has no token does not",
  { size: 1, edges: [] },
  async (mesh) => {
    const api = await ApiClient.of(mesh.node(0));
    const seed = new Uint8Array(32).fill(9);
    const speaker = await mesh.join(0, "general", { alias: "Speaker" });
    const guest = await mesh.join(0, "general", { alias: "Guest", seed });

    const tap = await api.follow("/api/v1/tap?room=general");
    await tap.until("tap");
    const talk = await Talk.begin(speaker.client);
    const { data } = await tap.until(
      "items",
      ({ items }) => items.some(({ kind }: { kind: string }) => kind === "packet"),
    );
    const packet = data.items.find(({ kind }: { kind: string }) => kind === "packet");
    assert.deepEqual([packet.from.alias, packet.fanOut, packet.dir], ["Speaker", 1, "in"]);
    const { activeTaps } = await api.get("/api/v1/overview");
    assert.deepEqual(activeTaps.map(({ room }: { room: string }) => room), ["general"]);
    await mesh.node(0).relay.stdout.match(/tap active/, HANG_MS);
    const ended = await api.operate("DELETE", `/api/v1/taps/${activeTaps[0].id}`);
    assert.equal(ended.status, 200);
    await tap.until("end", ({ reason }) => reason === "removed");
    await tap.ended;
    talk.stop();

    const { items } = await api.get("/api/v1/sessions?q=guest");
    const wrong = await api.operate("POST", "/api/v1/kick", { session: "x" }, "0".repeat(64));
    assert.deepEqual([wrong.status, wrong.body.code], [401, "unauthorized"]);
    const kicked = await api.operate("POST", "/api/v1/kick", {
      session: items[0].session,
      refuseSeconds: 600,
    });
    assert.equal(kicked.status, 200);
    assert.equal((await guest.client.connection.closed).reason, "kicked");
    await assert.rejects(mesh.join(0, "general", { seed }), /kicked/);
    const absent = await api.operate("POST", "/api/v1/kick", { session: items[0].session });
    assert.deepEqual([absent.status, absent.body.code], [409, "conflict"]);

    await api.operate("POST", "/api/v1/log-level", { levels: "error" });
    await mesh.join(0, "quiet", { alias: "Unlogged" });
    assert.equal((await api.get("/api/v1/log?q=unlogged")).items.length, 0);
    const reloaded = await api.operate("POST", "/api/v1/reload");
    assert.deepEqual(reloaded.body, { ok: true, detail: "Nothing changed." });
    await mesh.join(0, "loud", { alias: "Logged" });
    await api.until("/api/v1/log?q=logged", ({ items }) => items.length > 0);
    await mesh.node(0).relay.stdout.match(/POST \/api\/v1\/kick/, HANG_MS);

    const feed = await api.follow("/api/v1/events");
    await feed.until("overview");
    const drained = await api.operate("POST", "/api/v1/drain", { reason: "end of the test" });
    assert.equal(drained.status, 200);
    await feed.until("overview", ({ state }) => state === "draining");
    const again = await api.operate("POST", "/api/v1/drain");
    assert.equal(again.status, 409);
    await feed.close();
  },
);
