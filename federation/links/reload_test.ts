import assert from "node:assert/strict";
import { Network } from "./testing_network.ts";

Deno.test("a reload that changes nothing of a link leaves it alone", async () => {
  await using network = new Network();
  const [a, b, c] = [network.relay(1), network.relay(2), network.relay(3)];
  for (const relay of [b, c]) relay.apply({ trusted: [a.trusted] });
  a.apply({ peers: [b.peer] });
  await network.settled();
  const link = a.link;
  a.apply({ peers: [b.peer, c.peer], globalRooms: ["x"] });
  await network.pass(1_000);
  assert.deepEqual(a.happened, ["up relay 2", "up relay 3"]);
  assert.equal(a.table.find(b.key), link);
  a.apply({ peers: [b.peer] });
  await network.pass(30_000);
  assert.deepEqual(a.happened, ["up relay 2", "up relay 3", "down relay 3"]);
  assert.equal(a.link, link);
  assert.deepEqual([...a.counters.federationPeerStatus.entries()], [[["relay 2"], 1]]);
  assert.equal(c.happened.at(-1), "down relay 1");
});

Deno.test("a relay that is not trusted any more loses its link, one that is only not dialled any more keeps it", async () => {
  await using network = new Network();
  const [a, b] = [network.relay(1), network.relay(2)];
  b.apply({ trusted: [a.trusted] });
  a.apply({ peers: [b.peer] });
  await network.settled();
  const link = a.link;
  a.apply({ peers: [], trusted: [b.trusted] });
  await network.pass(2_000);
  assert.equal(a.link, link);
  b.apply({ trusted: [] });
  await network.settled();
  assert.equal(a.connections[0]!.closeInfo!.reason, "taken out of the configuration");
  assert.deepEqual([a.happened.at(-1), b.happened.at(-1)], ["down relay 2", "down relay 1"]);
  assert.deepEqual([...b.counters.federationPeerStatus.entries()], []);
  await network.pass(30_000);
  assert.equal(a.connections.length, 1);
});

Deno.test("a new label takes effect at once, with a new link", async () => {
  await using network = new Network();
  const [a, b] = [network.relay(1), network.relay(2)];
  b.apply({ trusted: [a.trusted] });
  a.apply({ peers: [b.peer] });
  await network.pass(1_000);
  a.apply({ peers: [{ ...b.peer, label: "new name" }] });
  await network.pass(2_000);
  assert.deepEqual(a.happened, ["up relay 2", "down relay 2", "up new name"]);
  assert.deepEqual([...a.counters.federationPeerStatus.entries()], [[["new name"], 1]]);
  assert.deepEqual([...a.counters.federationPeerRtt.entries()].map(([label]) => label), [[
    "new name",
  ]]);
});

Deno.test("a peer that has moved is dialled where it is now", async () => {
  await using network = new Network();
  const [a, b] = [network.relay(1), network.relay(2)];
  b.apply({ trusted: [a.trusted] });
  a.apply({ peers: [b.peer] });
  await network.settled();
  network.moved.set("192.0.2.99:4433", b);
  a.apply({ peers: [{ ...b.peer, host: "192.0.2.99" }] });
  await network.pass(2_000);
  assert.deepEqual(a.happened, ["up relay 2", "down relay 2", "up relay 2"]);
  assert.equal(a.link.remoteAddress.ip, "192.0.2.99");
});

Deno.test("allow_legacy taken away ends the link with an original and with no other", async () => {
  await using network = new Network();
  const [a, b] = [network.relay(1), network.relay(2)];
  a.apply({ trusted: [{ ...b.trusted, allowLegacy: true }] });
  b.apply({ peers: [a.peer] });
  await network.settled();
  a.apply({ trusted: [b.trusted] });
  await network.pass(2_000);
  assert.deepEqual(a.happened, ["up relay 2"]);
});

Deno.test("a name is asked for each time, and all its addresses are tried that a socket reaches", async () => {
  await using network = new Network();
  const names: string[] = [];
  let addresses = ["2001:db8::1", "192.0.2.50", "192.0.2.2"];
  const [a, b] = [
    network.relay(1, {
      resolve: (host) => {
        names.push(host);
        return Promise.resolve(addresses);
      },
    }),
    network.relay(2),
  ];
  b.apply({ trusted: [a.trusted] });
  a.apply({ peers: [{ ...b.peer, host: "b.example" }] });
  await network.settled();
  assert.equal(a.link.remoteAddress.ip, "192.0.2.2");
  addresses = ["2001:db8::1"];
  a.link.close("test");
  await network.pass(5_000);
  assert(names.length >= 2 && names.every((name) => name === "b.example"));
  assert.deepEqual(a.table.links(), []);
  const { fields } = a.lines.find(({ message }) => message === "peer is not reachable")!;
  assert.match(`${fields.reason}`, /2001:db8::1.* family this relay listens on/);
});
