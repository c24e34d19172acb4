/** Whom a relay links with: what the operator says, while it runs too. */
import assert from "node:assert/strict";
import { seqOf } from "../../proto/media_header.ts";
import { systemClock } from "../../quic/clock.ts";
import { hastened, OriginalRelay } from "../harness/original_relay.ts";
import { TestClients } from "../harness/test_client.ts";
import { meshTest } from "./mesh_test_case.ts";
import { everybodySees, freeAddresses, introduce, linksOf, sees } from "./mesh_rig.ts";
import { conversation, settled, Talk } from "./talk.ts";
import { limitOf } from "./within.ts";

const LIMIT_MS = 60_000;

meshTest(
  "a relay that nobody knows is named once with the block that would let it in, and let in it is",
  { size: 2, edges: [[0, 1]], idle: true },
  async (mesh) => {
    const [a, b] = [mesh.node(0), mesh.node(1)];
    b.acquaintances = [];
    await b.start();
    await a.start();
    const print = a.fingerprint.replaceAll(":", ":?");
    const hint = new RegExp(`\\[\\[trusted\\]\\][^]{0,80}fingerprint *= *\\\\?"${print}`);
    await b.relay.stdout.match(hint, LIMIT_MS);
    const people = [await mesh.join(0), await mesh.join(1)];
    for (const person of people) await sees(person, [person]);

    b.acquaintances = [{ label: "A", fingerprint: a.fingerprint }];
    await b.reload();
    await everybodySees(people);
    await conversation(people.map(({ client }) => client), 20);
    // It was dialled more than once meanwhile.
    assert.equal(b.output.match(new RegExp(hint, "g"))!.length, 1);
  },
);

meshTest(
  "a certificate that is not the configured one is refused with a line that shows both",
  { size: 2, edges: [[0, 1]], idle: true },
  async (mesh) => {
    const [a, b] = [mesh.node(0), mesh.node(1)];
    const wrong = "ab".repeat(32).match(/../g)!.join(":");
    a.acquaintances = [{ label: "B", fingerprint: wrong, url: b.url }];
    await Promise.all([a.start(), b.start()]);
    const [due, shown] = [wrong, b.fingerprint].map((one) => one.replaceAll(":", ":?"));
    const line = new RegExp(`^.*(?:${due}.*${shown}|${shown}.*${due}).*$`, "m");
    await a.relay.stdout.match(line, LIMIT_MS);
    const people = [await mesh.join(0), await mesh.join(1)];
    for (const person of people) await sees(person, [person]);

    a.acquaintances = [{ label: "B", fingerprint: b.fingerprint, url: b.url }];
    await a.reload();
    await everybodySees(people);
  },
);

meshTest(
  "peers that are added and removed while relays run are linked and unlinked, and no other link feels it",
  { size: 3, edges: [[0, 1]] },
  async (mesh) => {
    const [a, b, c] = [mesh.node(0), mesh.node(1), mesh.node(2)];
    const [ann, ben, cem] = [await mesh.join(0), await mesh.join(1), await mesh.join(2)];
    await everybodySees([ann, ben]);
    const talk = await Talk.begin(ann.client);
    introduce(a, c);
    await a.reload();
    await sees(cem, [cem]);
    await c.reload();
    await everybodySees([ann, ben, cem]);
    await talk.isHeard(cem.client, talk.sent.length, LIMIT_MS);

    // The one that dials forgets the other.
    a.acquaintances = a.acquaintances.filter(({ label }) => label !== "C");
    await a.reload();
    await everybodySees([ann, ben], limitOf("ghosts"));
    await sees(cem, [cem], limitOf("ghosts"));
    await linksOf(a, (labels) => !labels.includes("C"));

    // And the one that is dialled.
    introduce(a, c);
    await a.reload();
    await everybodySees([ann, ben, cem]);
    c.acquaintances = [];
    await c.reload();
    await everybodySees([ann, ben], limitOf("ghosts"));
    await sees(cem, [cem], limitOf("ghosts"));
    talk.stop();
    await talk.reached(ben.client);

    // Another label is the same link under another name.
    b.acquaintances = b.acquaintances.map((one) => ({ ...one, label: "Alpha" }));
    await b.reload();
    await linksOf(b, (labels) => labels.includes("Alpha") && !labels.includes("A"));
    await conversation([ann.client, ben.client], 20);
  },
);

meshTest(
  "two relays that dial each other at the same time keep one link, and nothing said over it is lost or doubled",
  { size: 2, edges: [] },
  async (mesh) => {
    const [a, b] = [mesh.node(0), mesh.node(1)];
    const people = [await mesh.join(0), await mesh.join(1)];
    const [ann, ben] = people as [typeof people[0], typeof people[0]];
    for (let round = 0; round < 3; round++) {
      a.acquaintances = [];
      b.acquaintances = [];
      await Promise.all([a.reload(), b.reload()]);
      for (const person of people) await sees(person, [person], limitOf("ghosts"));
      const talk = await Talk.begin(ann!.client);
      introduce(a, b);
      introduce(b, a);
      await Promise.all([a.reload(), b.reload()]);
      await talk.isHeard(ben!.client, 0, LIMIT_MS);
      await talk.until(talk.sent.length + 40);
      talk.stop();
      await talk.isHeard(ben!.client, talk.sent.length - 1, LIMIT_MS);
      const heard = talk.heardBy(ben!.client);
      assert.deepEqual(
        heard.map((packet) => seqOf(packet)).sort((x, y) => x - y),
        talk.sent.slice(-heard.length).map((packet) => seqOf(packet)),
      );
      await linksOf(a, (labels) => labels.join() === "B");
      await linksOf(b, (labels) => labels.join() === "A");
    }
  },
);

meshTest(
  "a room that becomes global while people are in it is one with those of its name elsewhere, and stops being one",
  { size: 2, edges: [[0, 1]] },
  async (mesh) => {
    const people = [await mesh.join(0, "kitchen"), await mesh.join(1, "kitchen")];
    const share = async (...rooms: string[]) => {
      for (const node of mesh.nodes) {
        node.globalRooms = rooms;
        await node.reload();
      }
    };
    for (const person of people) await sees(person, [person]);
    await share("general", "kitchen");
    await everybodySees(people);
    await settled(people.map(({ client }) => client), limitOf("lateJoin"));
    await conversation(people.map(({ client }) => client), 20);
    await share("general");
    for (const person of people) await sees(person, [person], limitOf("ghosts"));
  },
);

meshTest(
  "a relay of the original kind is refused unless its entry allows it, whether it dials or is dialled",
  { size: 1, edges: [] },
  async (mesh) => {
    const relay = mesh.node(0);
    const [here, there] = freeAddresses(2) as [typeof relay.address, typeof relay.address];
    const peer = { url: relay.url, fingerprint: relay.fingerprint, label: "A" };
    // It tries again soon.
    const clock = hastened(systemClock, 5);
    await using dials = await OriginalRelay.start({
      clock,
      listen: here,
      globalRooms: ["general"],
      peers: [peer],
    });
    await using waits = await OriginalRelay.start({
      listen: there,
      globalRooms: ["general"],
      trusted: [peer],
    });
    const know = (allowLegacy: boolean) => [
      { label: "Old", fingerprint: dials.tlsFingerprint, allowLegacy },
      { label: "Older", fingerprint: waits.tlsFingerprint, url: waits.url, allowLegacy },
    ];
    relay.acquaintances = know(false);
    await relay.reload();
    const person = await mesh.join(0);
    await using clients = await TestClients.open(waits.address);
    const olga = await clients.join("general");
    await dials.until(() => dials.linkEnds.includes("legacy_not_allowed"));
    // One that is dialled and has nobody to announce may be anything, and is waited for in vain.
    await waits.until(() => waits.linkEnds.includes("legacy_not_allowed"));
    await sees(person, [person]);
    assert.equal(olga.room!.count, 1);
    assert.deepEqual([...dials.heard, ...waits.heard], []);

    relay.acquaintances = know(true);
    await relay.reload();
    await linksOf(relay, (labels) => labels.includes("Old") && labels.includes("Older"));
    const listed = (one: OriginalRelay) =>
      one.participants("general").some(({ fingerprint, label }) =>
        fingerprint === person.client.identity.fingerprint && label === "A"
      );
    await dials.until(() => listed(dials));
    await waits.until(() => listed(waits));
    await olga.inRoomOf(2);
    await person.client.inRoomOf(2);
  },
);
