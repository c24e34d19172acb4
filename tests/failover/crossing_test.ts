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
import { DelayProxy } from "../harness/delay_proxy.ts";
import { mutual, ring } from "../federation/topology.ts";
import { limitOf, within } from "../federation/within.ts";

/** Longer than it takes: whoever hangs up cuts it short. */
const TONE_SECONDS = 100;
const LIMIT_MS = 60_000;
/** Clients give up a move that takes 8 s. */
const GATE_MS = 4_000;
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
  /** A move has come to nothing. */
  readonly inVain = Promise.withResolvers<void>();
  #better: BetterRelay | null = null;
  #listeners = new Set<() => void>();

  /** Looked at from the next turn on, as if it had been measured. */
  go(addr: string): void {
    this.#better = { addr, reason: "the test wants it" };
    for (const listener of this.#listeners) listener();
  }

  override failed(): void {
    this.#better = null;
    this.inVain.resolve();
  }

  override better(): BetterRelay | null {
    return this.#better;
  }

  override onChange(listener?: () => void): () => void {
    if (listener !== undefined) this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener!);
  }
}

/** Lets everybody on once all have come, or one of them has waited for too long. */
class Gate {
  /** Somebody has. */
  readonly late = Promise.withResolvers<void>();
  readonly #open = Promise.withResolvers<void>();
  #missing: number;

  constructor(people: number) {
    this.#missing = people;
  }

  async pass(): Promise<void> {
    this.#missing -= 1;
    if (this.#missing === 0) this.#open.resolve();
    const timer = setTimeout(this.late.resolve, GATE_MS);
    await Promise.race([this.#open.promise, this.late.promise]);
    clearTimeout(timer);
  }
}

/** A socket whose dials go another way than they would. */
function detour(endpoint: Endpoint, dial: Endpoint["dial"]): Endpoint {
  return {
    localAddress: endpoint.localAddress,
    listen: (options) => endpoint.listen(options),
    dial,
    close: () => endpoint.close(),
  };
}

/** Waits at the gate before it joins a room at any relay but its first: it is registered there by then. */
function waiting(endpoint: Endpoint, first: string, gate: Gate): Endpoint {
  return detour(endpoint, async (options) => {
    const moves = options.serverName !== "_signal" &&
      formatSocketAddress(options.address) !== first;
    if (moves) await gate.pass();
    return await endpoint.dial(options);
  });
}

/** Reaches its first relay over this path only. */
function through(endpoint: Endpoint, first: string, path: DelayProxy): Endpoint {
  return detour(endpoint, (options) =>
    endpoint.dial(
      formatSocketAddress(options.address) === first
        ? { ...options, address: path.address }
        : options,
    ));
}

class Talker implements AsyncDisposable {
  readonly word = new Word();
  readonly events: CallClientEvent[] = [];
  readonly #waiting = new Set<() => void>();
  #endpoint!: Endpoint;
  client!: CallClient;

  static async at(
    node: MeshNode,
    identity: Identity,
    way: (endpoint: Endpoint, first: string) => Endpoint,
  ): Promise<Talker> {
    const talker = new Talker();
    const socket = talker.#endpoint = await systemTransport.open({ ip: "127.0.0.1", port: 0 });
    talker.client = await CallClient.register({
      endpoint: way(socket, node.url),
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

async function inCall(ann: Talker, ben: Talker): Promise<void> {
  await ann.client.place(BEN.fingerprint);
  const { call } = await ben.event("incoming");
  await ben.client.accept(call, "generic");
  await Promise.all([ann.hears(), ben.hears()]);
}

meshTest(
  "two clients that move to each other's relay at the same moment talk on without a gap, and hang up from there",
  { size: 2, edges: mutual(ring(2)) },
  async (mesh) => {
    const [a, b] = [mesh.node(0), mesh.node(1)];
    const gate = new Gate(2);
    await using ann = await Talker.at(a, ANN, (...socket) => waiting(...socket, gate));
    await using ben = await Talker.at(b, BEN, (...socket) => waiting(...socket, gate));
    await inCall(ann, ben);
    ann.word.go(b.url);
    ben.word.go(a.url);
    const moves = await Promise.race([
      Promise.all([ann.event("moved"), ben.event("moved")]),
      // On a machine that stands still for seconds a move comes to nothing; then they talk on as well.
      Promise.race([ann.word.inVain.promise, ben.word.inVain.promise, gate.late.promise]),
    ]);
    if (moves !== undefined) {
      assert.deepEqual(moves.map(({ move }) => [move.from, move.to, move.reason, move.gapMs]), [
        [a.url, b.url, "better", 0],
        [b.url, a.url, "better", 0],
      ]);
      assert.deepEqual([ann.client.relayAddr, ben.client.relayAddr], [b.url, a.url]);
    }
    await Promise.all([ann.hears(4 * SOME_PACKETS), ben.hears(4 * SOME_PACKETS)]);
    ann.client.hangUp();
    const ends = await Promise.all([ann.event("ended"), ben.event("ended")]);
    assert.deepEqual(ends.map(({ end, problem }) => [end.by, end.reason, problem]), [
      ["us", "Normal", null],
      ["them", "Normal", null],
    ]);
    // A relay skips packets for a receiver that stood still, and says so.
    const skipped = await dropped(a) + await dropped(b);
    for (const { voice } of ends) {
      const { counts, drops } = voice!.receiver;
      assert.equal(drops.duplicate, 0);
      assert.ok(counts.lost <= skipped, `${counts.lost} lost, ${skipped} dropped`);
    }
  },
);

async function dropped({ relay }: MeshNode): Promise<number> {
  const reasons = (await relay.counters())["wzp_relay_packets_dropped_total"] ?? {};
  return Object.values(reasons).reduce((sum, count) => sum + count, 0);
}

for (const noticed of [false, true]) {
  meshTest(
    `two clients whose ways to their relays break at the same time talk on over each other's relay, and hang up ${
      noticed ? "when" : "before"
    } their own ones have noticed`,
    { size: 2, edges: mutual(ring(2)) },
    async (mesh) => {
      const [a, b] = [mesh.node(0), mesh.node(1)];
      await using toA = new DelayProxy(a.address);
      await using toB = new DelayProxy(b.address);
      await using ann = await Talker.at(a, ANN, (...socket) => through(...socket, toA));
      await using ben = await Talker.at(b, BEN, (...socket) => through(...socket, toB));
      await inCall(ann, ben);
      toA.cut();
      toB.cut();
      const moves = await Promise.all([ann.event("moved"), ben.event("moved")]);
      assert.deepEqual(moves.map(({ move }) => [move.to, move.reason]), [
        [b.url, "silent"],
        [a.url, "silent"],
      ]);
      if (noticed) {
        const missed = /a party of a call goes on at the other one's former relay/;
        await Promise.all([a, b].map(({ relay }) => relay.stdout.match(missed, LIMIT_MS)));
      }
      await Promise.all([ann.hears(), ben.hears()]);
      ben.client.hangUp();
      const ended = await within(limitOf("callEnd"), "the end", () => ann.event("ended"));
      assert.deepEqual([ended.end.by, ended.end.reason, ended.problem], ["them", "Normal", null]);
    },
  );
}
