/** Calls whose parties meet where the sum of their round trips is the lowest, with sound, whoever of them goes there. */
import assert from "node:assert/strict";
import { CallClient } from "../../client/calls/call_client.ts";
import type { CallClientEvent } from "../../client/calls/call_events.ts";
import { toneSource } from "../../client/sound/source.ts";
import { Identity } from "../../proto/identity.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { systemClock } from "../../quic/clock.ts";
import { systemTransport } from "../../quic/system_transport.ts";
import { SignalClient } from "../harness/signal_client.ts";
import { everybodySees, type Mesh, type Person } from "./mesh_rig.ts";
import { meshTest } from "./mesh_test_case.ts";
import { conversation, firstWords, settled } from "./talk.ts";
import { chain } from "./topology.ts";
import { limitOf, within } from "./within.ts";

const seed = (fill: number) => new Uint8Array(32).fill(fill);
const [ANN, BEN] = [seed(1), seed(2)];
const SIZE = 3;
const POLL_MS = 100;

let calls = 0;

/** What a client says it has measured: next to nothing to one relay, and half a second to all others. */
function near(mesh: Mesh, place: number) {
  const figures = mesh.nodes.map(({ url }, number) => [url, number === place ? 1 : 500] as const);
  return { v: 1, caps: ["rtts"], rtts: new Map(figures), direct_cert: null };
}

interface Parties {
  readonly ann: SignalClient;
  readonly ben: SignalClient;
}

/** Ann at relay 0, Ben at another one; both understand what our clients do. */
async function parties(mesh: Mesh, benAt: number): Promise<Parties> {
  return {
    ann: await mesh.register(0, { seed: ANN, caps: ["drain"] }),
    ben: await mesh.register(benAt, { seed: BEN, caps: ["drain"] }),
  };
}

/** A call whose parties are both near to this relay: where each is told to go. */
async function called(mesh: Mesh, { ann, ben }: Parties, place: number) {
  const id = `placed${++calls}`;
  const ext = near(mesh, place);
  ann.call(ben.fingerprint, id, { ext });
  await ben.take("DirectCallOffer");
  await ann.take("CallRinging");
  ben.answer(id, "AcceptGeneric", { ext: { ...ext, relay: null } });
  assert.equal((await ann.take("DirectCallAnswer")).ext?.relay, null);
  return { id, forAnn: await ann.take("CallSetup"), forBen: await ben.take("CallSetup") };
}

/** Every relay knows that the others take clients. */
async function acquainted(mesh: Mesh, nodes = mesh.nodes): Promise<void> {
  for (const node of nodes) {
    const known = async () => {
      const client = await SignalClient.dial(await node.clients());
      const { available_relays } = await client.register();
      client.leave();
      return available_relays.length;
    };
    await within(20_000, `relay ${node.name} to know all others`, async (over) => {
      while (!over.aborted && await known() < SIZE - 1) {
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    });
  }
}

for (const benAt of [1, 2]) {
  meshTest(
    `people ${benAt} apart meet at either one's relay or at another one, and hear each other whoever of them goes there`,
    { size: SIZE, edges: chain(SIZE) },
    async (mesh) => {
      await acquainted(mesh);
      const both = await parties(mesh, benAt);
      for (const place of mesh.nodes.keys()) {
        const { id, forAnn, forBen } = await called(mesh, both, place);
        const { url, certificate } = mesh.node(place);
        assert.deepEqual([forAnn.relay_addr, forBen.relay_addr], [url, url], `place ${place}`);
        const pin = certificate.fingerprintBytes.toHex();
        if (place !== 0) assert.ok(forAnn.ext!.relay!.endsWith(`|${url}|${pin}`));
        if (place !== benAt) assert.ok(forBen.ext!.relay!.endsWith(`|${url}|${pin}`));
        const room = `call-${id}`;
        // Both go there, then one or the other or none.
        const gone = [[place, place], [0, place], [place, benAt], [0, benAt]] as const;
        for (const [annIn, benIn] of gone) {
          const people: Person[] = await Promise.all([
            mesh.join(annIn, room, { seed: ANN }),
            mesh.join(benIn, room, { seed: BEN }),
          ]);
          const where = `place ${place}, Ann in ${annIn}, Ben in ${benIn}`;
          await within(limitOf("recovery"), where, () => everybodySees(people));
          const clients = people.map(({ client }) => client);
          // Where media goes at first may change with its first packets, as between any two relays.
          await settled(clients, 60_000);
          await within(60_000, where, () => conversation(clients));
          for (const { client } of people) client.leave();
        }
        await assert.rejects(mesh.join(place, room, { seed: seed(3) }), /denied/);
        both.ann.hangUp();
        assert.equal((await both.ben.take("Hangup")).call_id, id);
        await within(limitOf("callEnd"), "the end of the room", async (over) => {
          while (!over.aborted) {
            const late = await mesh.join(place, room, { seed: ANN }).catch((error) => error);
            if (late instanceof Error) return assert.match(late.message, /denied/);
            late.client.leave();
            await new Promise((resolve) => setTimeout(resolve, POLL_MS));
          }
        });
      }
      await both.ann.nothingMore();
      await both.ben.nothingMore();
    },
  );
}

meshTest(
  "a relay that asks a service who its clients are is no place for others' clients",
  {
    size: SIZE,
    edges: chain(SIZE),
    config: (node) => node === 2 ? 'auth_url = "http://127.0.0.1:9/verify"\n' : "",
  },
  async (mesh) => {
    await acquainted(mesh, mesh.nodes.slice(0, 2));
    const both = await parties(mesh, 1);
    const { forAnn, forBen } = await called(mesh, both, 2);
    assert.equal(forAnn.relay_addr, mesh.node(0).url);
    assert.equal(forBen.relay_addr, mesh.node(1).url);
    both.ben.hangUp();
    await both.ann.take("Hangup");
  },
);

meshTest(
  "who comes to the caller's relay before that has heard of the acceptance is let in when it has",
  { size: SIZE, edges: chain(SIZE) },
  async (mesh) => {
    await acquainted(mesh);
    const { ann, ben } = await parties(mesh, 2);
    const ext = near(mesh, 0);
    ann.call(ben.fingerprint, "early", { ext });
    await ben.take("DirectCallOffer");
    await ann.take("CallRinging");
    // Its own wish comes first and waits for what goes over two links.
    const early = mesh.join(0, "call-early", { seed: BEN });
    ben.answer("early", "AcceptGeneric", { ext: { ...ext, relay: null } });
    const people = [await early, await mesh.join(0, "call-early", { seed: ANN })];
    await everybodySees(people);
    const clients = people.map(({ client }) => client);
    await firstWords(clients);
    await settled(clients, 60_000);
    await conversation(clients);
  },
);

/** Our own client at a relay, whose certificate it pins; what happens to it, in order. */
class Caller implements AsyncDisposable {
  readonly client: CallClient;
  readonly events: CallClientEvent[];
  readonly #close: () => Promise<void>;
  #wake = () => {};

  static async at(mesh: Mesh, number: number, who: Uint8Array, place: number): Promise<Caller> {
    const { address, certificate } = mesh.node(number);
    const endpoint = await systemTransport.open({ ip: "127.0.0.1", port: 0 });
    const events: CallClientEvent[] = [];
    let wake = () => {};
    const client = await CallClient.register({
      endpoint,
      address,
      pin: certificate.fingerprintBytes,
      identity: new Identity(nodeCrypto, who),
      clock: systemClock,
      crypto: nodeCrypto,
      source: () => toneSource(30),
      rtts: () => near(mesh, place).rtts,
      onEvent(event) {
        events.push(event);
        wake();
      },
    });
    const caller = new Caller(client, events, () => endpoint.close());
    wake = () => caller.#wake();
    return caller;
  }

  private constructor(client: CallClient, events: CallClientEvent[], close: () => Promise<void>) {
    this.client = client;
    this.events = events;
    this.#close = close;
  }

  async happened<T extends CallClientEvent["type"]>(type: T) {
    type Event = Extract<CallClientEvent, { type: T }>;
    return await within(60_000, () => `${type}; ${this.events.map((e) => e.type)}`, async () => {
      for (;;) {
        const event = this.events.find((one): one is Event => one.type === type);
        if (event !== undefined) return event;
        await new Promise<void>((resolve) => this.#wake = resolve);
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.leave();
    await this.#close();
  }
}

meshTest(
  "our own clients tell what they have measured, and go where they are sent with the pin they were told",
  { size: SIZE, edges: chain(SIZE) },
  async (mesh) => {
    await acquainted(mesh);
    await using ann = await Caller.at(mesh, 0, ANN, 2);
    await using ben = await Caller.at(mesh, 1, BEN, 2);
    await ann.client.place(new Identity(nodeCrypto, BEN).fingerprint);
    await ben.client.accept((await ben.happened("incoming")).call, "generic");
    for (const one of [ann, ben]) {
      const { voice } = await one.happened("media");
      assert.equal(voice.session.relayAddr, mesh.node(2).url);
      await within(20_000, "sound", async (over) => {
        while (!over.aborted && voice.receiver.counts.packets < 50) {
          await new Promise((resolve) => setTimeout(resolve, POLL_MS));
        }
      });
    }
    ann.client.hangUp();
    assert.equal((await ben.happened("ended")).problem, null);
  },
);
