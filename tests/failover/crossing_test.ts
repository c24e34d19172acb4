/** Two of our clients in a call who go to each other's relay at the same moment: real relays, and a choice by hand. */
import assert from "node:assert/strict";
import { CallClient } from "../../client/calls/call_client.ts";
import type { CallClientEvent } from "../../client/calls/call_events.ts";
import { FixedAdvisor } from "../../client/failover/fixed_advisor.ts";
import type { BetterRelay } from "../../client/failover/relay_advisor.ts";
import { type SoundSource, toneSource } from "../../client/sound/source.ts";
import type { Voice } from "../../client/voice.ts";
import { Identity } from "../../proto/identity.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { formatSocketAddress } from "../../proto/socket_address.ts";
import { systemClock } from "../../quic/clock.ts";
import type { Endpoint } from "../../quic/port.ts";
import { systemTransport } from "../../quic/system_transport.ts";
import { meshTest } from "../federation/mesh_test_case.ts";
import type { MeshNode } from "../federation/mesh_node.ts";
import { mutual, ring } from "../federation/topology.ts";
import { within } from "../federation/within.ts";

/** Longer than it takes: whoever hangs up cuts it short. */
const TONE_SECONDS = 100;
const LIMIT_MS = 60_000;
/** Half a second of sound. */
const SOME_PACKETS = 25;

const [ANN, BEN] = [1, 2].map((fill) =>
  new Identity(nodeCrypto, new Uint8Array(32).fill(fill))
) as [Identity, Identity];

/** Two tones that are the same could be taken for copies of each other. */
function voiceOf(who: Identity): SoundSource {
  const tone = toneSource(TONE_SECONDS);
  return {
    next: (samples) => tone.next(samples)?.map((value) => who === ANN ? value : value >> 1) ?? null,
  };
}

/** Advises to move when the test says so. */
class Word extends FixedAdvisor {
  #better: BetterRelay | null = null;
  #listeners = new Set<() => void>();

  /** Looked at from the next turn on, as if it had been measured. */
  go(addr: string): void {
    this.#better = { addr, reason: "the test wants it" };
    for (const listener of this.#listeners) listener();
  }

  override better(): BetterRelay | null {
    return this.#better;
  }

  override onChange(listener?: () => void): () => void {
    if (listener !== undefined) this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener!);
  }
}

/** Lets everybody on once all have come. */
class Gate {
  readonly #open = Promise.withResolvers<void>();
  #missing: number;

  constructor(people: number) {
    this.#missing = people;
  }

  pass(): Promise<void> {
    this.#missing -= 1;
    if (this.#missing === 0) this.#open.resolve();
    return this.#open.promise;
  }
}

/** Waits at the gate before it joins a room at any relay but its first: it is registered there by then. */
function waiting(endpoint: Endpoint, first: string, gate: Gate): Endpoint {
  return {
    localAddress: endpoint.localAddress,
    listen: (options) => endpoint.listen(options),
    dial: async (options) => {
      const moves = options.serverName !== "_signal" &&
        formatSocketAddress(options.address) !== first;
      if (moves) await gate.pass();
      return await endpoint.dial(options);
    },
    close: () => endpoint.close(),
  };
}

class Talker implements AsyncDisposable {
  readonly word = new Word();
  readonly events: CallClientEvent[] = [];
  readonly #waiting = new Set<() => void>();
  #endpoint!: Endpoint;
  client!: CallClient;

  static async at(node: MeshNode, identity: Identity, gate: Gate): Promise<Talker> {
    const talker = new Talker();
    const socket = talker.#endpoint = await systemTransport.open({ ip: "127.0.0.1", port: 0 });
    talker.client = await CallClient.register({
      endpoint: waiting(socket, node.url, gate),
      address: node.address,
      pin: node.certificate.fingerprintBytes,
      identity,
      clock: systemClock,
      crypto: nodeCrypto,
      advisor: talker.word,
      source: () => voiceOf(identity),
      onEvent: (event) => {
        talker.events.push(event);
        for (const look of [...talker.#waiting]) look();
      },
    });
    return talker;
  }

  /** The first event of this type, whenever it comes. */
  async event<T extends CallClientEvent["type"]>(type: T) {
    const find = () => this.events.find((event) => event.type === type);
    const found = Promise.withResolvers<void>();
    const look = () => find() !== undefined && found.resolve();
    this.#waiting.add(look);
    look();
    const told = () => `${type}; ${this.events.map((event) => event.type)} came`;
    await within(LIMIT_MS, told, () => found.promise);
    this.#waiting.delete(look);
    return find() as Extract<CallClientEvent, { type: T }>;
  }

  get voice(): Promise<Voice> {
    return this.event("media").then(({ voice }) => voice);
  }

  /** Waits until it has heard so much more. */
  async hears(packets = SOME_PACKETS): Promise<void> {
    const { receiver } = await this.voice;
    const due = receiver.counts.packets + packets;
    await within(LIMIT_MS, "sound", async (over) => {
      while (!over.aborted && receiver.counts.packets < due) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.leave();
    await this.#endpoint.close();
  }
}

meshTest(
  "two clients that move to each other's relay at the same moment talk on without a gap, and hang up from there",
  { size: 2, edges: mutual(ring(2)) },
  async (mesh) => {
    const [a, b] = [mesh.node(0), mesh.node(1)];
    const gate = new Gate(2);
    await using ann = await Talker.at(a, ANN, gate);
    await using ben = await Talker.at(b, BEN, gate);
    await ann.client.place(BEN.fingerprint);
    const { call } = await ben.event("incoming");
    await ben.client.accept(call, "generic");
    await Promise.all([ann.hears(), ben.hears()]);
    ann.word.go(b.url);
    ben.word.go(a.url);
    const moves = await Promise.all([ann.event("moved"), ben.event("moved")]);
    assert.deepEqual(moves.map(({ move }) => [move.from, move.to, move.reason, move.gapMs]), [
      [a.url, b.url, "better", 0],
      [b.url, a.url, "better", 0],
    ]);
    assert.deepEqual([ann.client.relayAddr, ben.client.relayAddr], [b.url, a.url]);
    await Promise.all([ann.hears(4 * SOME_PACKETS), ben.hears(4 * SOME_PACKETS)]);
    ann.client.hangUp();
    const ends = await Promise.all([ann.event("ended"), ben.event("ended")]);
    assert.deepEqual(ends.map(({ end, problem }) => [end.by, end.reason, problem]), [
      ["us", "Normal", null],
      ["them", "Normal", null],
    ]);
    for (const { voice } of ends) {
      const { counts, drops } = voice!.receiver;
      assert.deepEqual([counts.lost, counts.concealed, drops.duplicate, drops.stranger], [
        0,
        0,
        0,
        0,
      ]);
    }
  },
);
