/** Who is not let into a room, and what such a client is told: a reason, and no CallAnswer. */
import assert from "node:assert/strict";
import { Identity } from "../../proto/identity.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { SignalChannel } from "../../quic/signal_channel.ts";
import { systemClock } from "../../quic/clock.ts";
import type { TestClient } from "../harness/test_client.ts";
import { clientsOf, countsOf, relayTest } from "./relay_rig.ts";

const SEEDS = [1, 2, 3].map((fill) => new Uint8Array(32).fill(fill));
const [ONE, TWO, THREE] = SEEDS as [Uint8Array, Uint8Array, Uint8Array];
const fingerprint = (seed: Uint8Array) => new Identity(nodeCrypto, seed).fingerprint;

/** The refusal: an application close with code 0, and not one message before it. */
async function refusal(client: TestClient, message = client.offer()): Promise<string> {
  client.channel.send(message);
  assert.equal(await client.channel.receive(), null);
  const { kind, code, reason } = await client.connection.closed;
  assert.deepEqual({ kind, code }, { kind: "peer", code: 0 });
  return reason;
}

relayTest(
  "a room, the rooms together, and one identity have so many places",
  async ({ clients, relay }) => {
    const members = [await clients.join("a"), await clients.join("a")];
    assert.equal(await refusal(await clients.dial("a")), "room full");
    // Places are free again at once.
    members[0]!.leave();
    await members[1]!.inRoomOf(1);
    await clients.join("a");

    await clients.join("wide");
    await clients.join("wide");
    await clients.join("wide");
    assert.equal(await refusal(await clients.dial("wide")), "server full");
    const { joined, room_full, server_full } = await countsOf(relay, "wzp_relay_joins_total");
    assert.deepEqual({ joined, room_full, server_full }, {
      joined: 6,
      room_full: 1,
      server_full: 1,
    });
  },
  {
    config:
      "max_sessions = 5\nmax_sessions_per_address = 5\nmax_room_participants = 2\n[[rooms]]\nname = 'wide'\nmax_participants = 9\n",
  },
);

relayTest("one identity may join so many times", async ({ clients }) => {
  await clients.join("a", { seed: ONE });
  assert.equal(await refusal(await clients.dial("b", { seed: ONE })), "too many sessions");
  await clients.join("b", { seed: TWO });
}, { config: "max_sessions_per_fingerprint = 1\n" });

relayTest(
  "a room with a list of members takes no others, and a reload changes the list",
  async ({ clients, relay }) => {
    const board = (...members: Uint8Array[]) =>
      `[[rooms]]\nname = 'board'\nallow = ${JSON.stringify(members.map(fingerprint))}\n`;
    await relay.reload(board(ONE));
    const one = await clients.join("board", { seed: ONE });
    assert.equal(await refusal(await clients.dial("board", { seed: TWO })), "denied");
    // Whoever else there is, other rooms are open.
    await clients.join("hall", { seed: TWO });
    await relay.reload(board(ONE, TWO));
    await clients.join("board", { seed: TWO });
    await one.inRoomOf(2);
  },
  { config: "" },
);

relayTest(
  "a client that is denied is closed by the reload and does not come back",
  async ({ clients, relay }) => {
    const one = await clients.join("hall", { seed: ONE });
    const two = await clients.join("hall", { seed: TWO });
    const ofOne = `deny_fingerprints = ["${fingerprint(ONE)}"]\n`;
    await relay.reload(ofOne);
    assert.deepEqual(await one.connection.closed, { kind: "peer", code: 0, reason: "denied" });
    await two.inRoomOf(1);
    assert.equal(await refusal(await clients.dial("hall", { seed: ONE })), "denied");
    await clients.join("hall", { seed: THREE });

    await relay.reload(`${ofOne}deny_addresses = ["127.0.0.0/8"]\n`);
    assert.equal((await two.connection.closed).reason, "denied");
    const knocking = await clients.dial("hall", { seed: THREE });
    assert.equal((await knocking.connection.closed).reason, "denied");

    await relay.reload("");
    await clients.join("hall", { seed: ONE });
  },
  { config: "" },
);

relayTest("what does not begin as a client begins is refused", async ({ clients, relay }) => {
  const forger = await clients.dial("hall");
  const forged = { ...forger.offer(), signature: new Uint8Array(64) };
  assert.equal(await refusal(forger, forged), "bad handshake");

  const mute = await clients.dial("hall");
  mute.channel.send({ type: "Mute" });
  assert.equal((await mute.connection.closed).reason, "bad handshake");

  const stranger = await clients.dial("hall");
  const stream = await stranger.connection.openBidi();
  await stream.send.finish(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
  assert.equal((await stranger.connection.closed).reason, "bad handshake");

  for (const name of ["_federation", "_relay"]) {
    const connection = await clients.connect(name);
    const channel = new SignalChannel(connection, { clock: systemClock });
    assert.equal(await channel.receive(), null);
    assert.equal((await connection.closed).reason, "not available");
  }
  assert.equal((await countsOf(relay, "wzp_relay_joins_total"))["bad_handshake"], 3);
  await clients.join("hall");
  assert.doesNotMatch(relay.stdout.text + relay.stderr.text, /^\s+at /m);
});

relayTest(
  "a client that joins and says nothing is closed in time, and one that begins and stops too",
  async ({ clients, relay }) => {
    const began = performance.now();
    const silent = await clients.dial("hall");
    const stuck = await clients.dial("hall");
    const stream = await stuck.connection.openBidi();
    await stream.send.write(Uint8Array.of(0, 0, 1, 0, 34));
    for (const { connection } of [silent, stuck]) {
      assert.deepEqual(await connection.closed, {
        kind: "peer",
        code: 0,
        reason: "handshake timeout",
      });
    }
    assert.ok(performance.now() - began >= 990);
    assert.equal((await countsOf(relay, "wzp_relay_joins_total"))["handshake_timeout"], 2);
  },
  { config: "handshake_timeout = 1\n" },
);

relayTest(
  "one address alone does not fill a relay",
  async ({ clients, relay }) => {
    await clients.join("hall");
    await clients.join("hall");
    await assert.rejects(clients.join("hall"), /^Error: too many sessions$/);
    await using elsewhere = await clientsOf(relay, undefined, "127.0.0.2");
    await elsewhere.join("hall");
    await elsewhere.join("hall");
    await assert.rejects(elsewhere.join("hall"), /^Error: server full$/);
  },
  { config: "max_sessions = 4\n" },
);
