/** The stand-in of an original relay is what the protocol says of one: two of them federate. */
import assert from "node:assert/strict";
import { parseTlsFingerprint, RelayCertificate } from "../../proto/certificate.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { ManualClock } from "../../quic/manual_clock.ts";
import { systemTransport } from "../../quic/system_transport.ts";
import { withLimit } from "../contract/rig.ts";
import { offer } from "../../relay/calls/testing_rig.ts";
import { OriginalRelay, type OriginalRelayOptions } from "./original_relay.ts";
import { SignalClient } from "./signal_client.ts";
import { TestClients } from "./test_client.ts";

const SEEDS = [1, 2, 3].map((fill) => new Uint8Array(32).fill(fill));
const PRINTS = SEEDS.map((seed) => new RelayCertificate(nodeCrypto, seed).fingerprint);
const seqs = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i);

function originalTest(name: string, run: () => Promise<void>): void {
  Deno.test(name, () => withLimit(run()));
}

/** Relays in a row, each of which dials the one before it, and clients for each. */
class Row implements AsyncDisposable {
  readonly relays: OriginalRelay[] = [];
  readonly clients: TestClients[] = [];
  readonly #rest = new AsyncDisposableStack();

  static async start(count: number, more: OriginalRelayOptions = {}): Promise<Row> {
    const row = new Row();
    for (let i = 0; i < count; i++) {
      const before = row.relays.at(-1);
      const relay = row.#rest.use(
        await OriginalRelay.start({
          // One address each, since they take each other for whom they expect there.
          listen: { ip: `127.0.0.${i + 1}`, port: 0 },
          seed: SEEDS[i]!,
          globalRooms: ["general"],
          trusted: PRINTS.map((fingerprint, j) => ({ fingerprint, label: `relay ${j}` })),
          peers: before === undefined
            ? []
            : [{ url: before.url, fingerprint: before.tlsFingerprint, label: `relay ${i - 1}` }],
          ...more,
        }),
      );
      await relay.until(() => before === undefined || relay.linked.length === 1);
      await before?.until(() => before.linked.includes(`relay ${i}`));
      row.relays.push(relay);
      const pin = parseTlsFingerprint(relay.tlsFingerprint);
      row.clients.push(row.#rest.use(await TestClients.open(relay.address, { pin })));
    }
    return row;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#rest.disposeAsync();
  }
}

originalTest(
  "a client hears and sees another one over two hops, under the label of its own relay",
  async () => {
    await using row = await Row.start(3);
    const [a, c] = [
      await row.clients[0]!.join("general", { alias: "Ann" }),
      await row.clients[2]!.join("general", { alias: "Cem" }),
    ];
    await a.inRoomOf(2);
    await c.inRoomOf(2);
    assert.deepEqual(c.room!.participants.map(({ alias, relay_label }) => [alias, relay_label]), [
      ["Cem", null],
      ["Ann", "relay 0"],
    ]);
    for (const seq of seqs(20)) a.speak(seq);
    await c.until(() => c.packets.length >= 20);
    assert.deepEqual(c.heard, seqs(20));
    assert.deepEqual(a.heard, []);
    assert.equal(row.relays[1]!.counts.ingress, 20);
  },
);

originalTest(
  "those who come second are announced to nobody, and the last one to go is",
  async () => {
    await using row = await Row.start(2);
    const [near, far] = row.clients as [TestClients, TestClients];
    const a = await near.join("general");
    const b = await far.join("general");
    await a.inRoomOf(2);
    const second = await near.join("general");
    await second.inRoomOf(3);
    assert.equal(b.room!.count, 2);
    second.leave();
    // Those elsewhere are not on the list that a leave brings.
    await a.inRoomOf(1);
    a.leave();
    await b.inRoomOf(1);
    const told = row.relays[1]!.heard.map(({ signal }) => signal.type);
    assert.deepEqual(told, ["GlobalRoomActive", "GlobalRoomInactive"]);
  },
);

originalTest(
  "an announcement is passed on whether it is news or not, and changes at once what is known of its link",
  async () => {
    await using row = await Row.start(3);
    const [a, b, c] = row.relays as [OriginalRelay, OriginalRelay, OriginalRelay];
    const participants = [{ fingerprint: "aa", alias: null, relay_label: null }];
    for (let i = 0; i < 3; i++) {
      a.say("relay 1", { type: "GlobalRoomActive", room: "general", participants });
    }
    await c.until(() => c.heard.length === 3);
    assert.deepEqual(c.participants("general"), [{ fingerprint: "aa", label: "relay 0" }]);
    a.say("relay 1", { type: "GlobalRoomActive", room: "private", participants });
    a.say("relay 1", { type: "GlobalRoomInactive", room: "general" });
    await c.until(() => c.heard.length === 4);
    assert.equal(c.heard[3]!.signal.type, "GlobalRoomInactive");
    assert.deepEqual(b.participants("general"), []);
  },
);

originalTest(
  "a message that came after the original ends the link, which is dialled again later",
  async () => {
    const clock = new ManualClock();
    await using row = await Row.start(2, { clock });
    const [a, b] = row.relays as [OriginalRelay, OriginalRelay];
    a.say("relay 1", { type: "FederationReady" });
    await b.until(() => b.linked.length === 0);
    await a.until(() => a.linked.length === 0);
    assert.match(b.linkEnds[0]!, /unknown variant.*FederationReady/);
    while (b.linked.length === 0) {
      clock.advance(5_000);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  },
);

originalTest(
  "people at a link that says nothing for 15 s are forgotten, and a Ping keeps them",
  async () => {
    const clock = new ManualClock();
    await using row = await Row.start(2, { clock });
    const [a, b] = row.relays as [OriginalRelay, OriginalRelay];
    const ann = await row.clients[0]!.join("general");
    const ben = await row.clients[1]!.join("general");
    await ben.inRoomOf(2);
    clock.advance(14_000);
    a.say("relay 1", { type: "Ping", timestamp_ms: 1 });
    await b.until(() => b.heard.at(-1)?.signal.type === "Ping");
    clock.advance(14_000);
    assert.equal(b.participants("general").length, 2);
    clock.advance(6_000);
    assert.equal(b.participants("general").length, 1);
    await ben.inRoomOf(1);
    ann.leave();
  },
);

originalTest(
  "whoever comes from a peer's address is believed, and others only with a trusted fingerprint",
  async () => {
    await using relay = await OriginalRelay.start({
      peers: [{ url: "127.0.0.2:9", fingerprint: PRINTS[1]!, label: "peer" }],
      trusted: [{ fingerprint: PRINTS[2]! }],
      clock: new ManualClock(),
    });
    const hello = async (ip: string, fingerprint: string) => {
      const endpoint = await systemTransport.open({ ip, port: 0 });
      const connection = await endpoint.dial({
        address: relay.address,
        serverName: "_federation",
        pin: parseTlsFingerprint(relay.tlsFingerprint),
      });
      const client = new SignalClient(connection);
      client.say({ type: "FederationHello", tls_fingerprint: fingerprint, ext: null });
      return { connection, [Symbol.asyncDispose]: () => endpoint.close() };
    };
    await using stranger = await hello("127.0.0.1", PRINTS[0]!);
    assert.equal((await stranger.connection.closed).kind, "peer");
    assert.deepEqual(relay.refused, [PRINTS[0]]);
    await using _trusted = await hello("127.0.0.1", PRINTS[2]!.toUpperCase());
    await relay.until(() => relay.linked.length === 1);
    assert.deepEqual(relay.linked, [PRINTS[2]!.toUpperCase().slice(0, 16)]);
    await using _impostor = await hello("127.0.0.2", PRINTS[0]!);
    await relay.until(() => relay.linked.length === 2);
    assert.equal(relay.linked[1], "peer");
  },
);

originalTest(
  "a call across: ringing, answer, both addresses, its room; the hangup stays at home",
  async () => {
    await using row = await Row.start(2);
    const [near, far] = row.clients as [TestClients, TestClients];
    const a = await SignalClient.register(near, { seed: SEEDS[0]! });
    const b = await SignalClient.register(far, { seed: SEEDS[1]! });
    a.call(b.fingerprint, "c1", { caller_reflexive_addr: "192.0.2.1:1" });
    assert.deepEqual(await a.take("CallRinging"), { type: "CallRinging", call_id: "c1" });
    assert.equal((await b.take("DirectCallOffer")).caller_reflexive_addr, "192.0.2.1:1");
    b.answer("c1", "AcceptTrusted", { callee_reflexive_addr: "192.0.2.2:2" });
    assert.equal((await a.take("DirectCallAnswer")).callee_reflexive_addr, "192.0.2.2:2");
    const forA = await a.take("CallSetup");
    assert.deepEqual([forA.peer_direct_addr, forA.relay_addr], ["192.0.2.2:2", row.relays[0]!.url]);
    const forB = await b.take("CallSetup");
    assert.deepEqual([forB.peer_direct_addr, forB.relay_addr], ["192.0.2.1:1", row.relays[1]!.url]);
    const [inA, inB] = [
      await near.join("call-c1", { seed: SEEDS[0]! }),
      await far.join("call-c1", { seed: SEEDS[1]! }),
    ];
    await inA.inRoomOf(2);
    for (const seq of seqs(10)) inB.speak(seq);
    await inA.until(() => inA.packets.length >= 10);
    assert.deepEqual(inA.heard, seqs(10));
    a.hangUp();
    await a.nothingMore();
    await b.nothingMore();
    // A forward that says it comes from the relay that gets it is nobody's.
    row.relays[1]!.say("relay 0", {
      type: "FederatedSignalForward",
      inner: offer(b.fingerprint, a.fingerprint, { call_id: "c2" }),
      origin_relay_fp: row.relays[0]!.tlsFingerprint,
      ext: null,
    });
    await row.relays[0]!.until(() => row.relays[0]!.heard.length === 3);
    await a.nothingMore();
    const inner = row.relays[0]!.heard.map(({ signal }) =>
      signal.type === "FederatedSignalForward" ? signal.inner.type : signal.type
    );
    assert.deepEqual(inner, ["DirectCallAnswer", "GlobalRoomActive", "DirectCallOffer"]);
  },
);
