/** A room goes on when the relay of one who talks or listens dies or stops: real relays, real clients, judged by what was recorded. */
import assert from "node:assert/strict";
import { fingerprintOf, Identity } from "../../proto/identity.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { seqOf } from "../../proto/media_header.ts";
import { type Mesh, type Person } from "../federation/mesh_rig.ts";
import { meshTest } from "../federation/mesh_test_case.ts";
import { mutual, ring } from "../federation/topology.ts";
import { Party, type RoomReport } from "./party.ts";

/** Everybody dials everybody. */
const TRIANGLE = { size: 3, edges: mutual(ring(3)) };
const TONE_SECONDS = 10;
const PACKETS = TONE_SECONDS * 50;
/** Of sound, when a relay dies. */
const MOST_LOST_MS = 3_000;
const FRAME_MS = 20;

const TALKER = new Uint8Array(32).fill(7);
const LISTENER = new Uint8Array(32).fill(8);
const fingerprint = (seed: Uint8Array) =>
  fingerprintOf(nodeCrypto, new Identity(nodeCrypto, seed).publicKey);

/** A talker and a listener who record, each at a relay, and somebody at the third one who keeps every packet. */
async function scene(mesh: Mesh, talksAt: number, listensAt: number) {
  const third = await mesh.join(2);
  const listener = await Party.start(...at(mesh, listensAt), "--seed", LISTENER.toHex());
  await sees(third, LISTENER);
  const talker = await Party.start(
    ...at(mesh, talksAt),
    "--seed",
    TALKER.toHex(),
    "--send-tone",
    `${TONE_SECONDS}`,
  );
  return {
    third,
    talker,
    listener,
    /** Waits until the third one has heard so many packets. */
    heard: (packets: number) => third.client.until(() => third.client.packets.length >= packets),
    async [Symbol.asyncDispose]() {
      await talker[Symbol.asyncDispose]();
      await listener[Symbol.asyncDispose]();
    },
  };
}

function at(mesh: Mesh, relay: number): string[] {
  return ["--room", "general", mesh.node(relay).url];
}

async function sees({ client }: Person, seed: Uint8Array): Promise<void> {
  await client.until(() =>
    client.room?.participants.some((one) => one.fingerprint === fingerprint(seed)) === true
  );
}

/** What the talker said and the listener did not hear, and whether all it heard stands where it belongs. */
async function lossOf(sent: RoomReport, heard: RoomReport, listener: Party): Promise<number> {
  const tone = await listener.tone();
  assert.equal(sent.sent!.frames, PACKETS);
  assert.ok(tone.slipMs < 0.2, `the tone slipped by ${tone.slipMs} ms`);
  const missing = (PACKETS - heard.received.decoded) * FRAME_MS;
  const silent = tone.gaps.reduce((sum, { ms }) => sum + ms, 0);
  // Two ways to measure the same: frames that became sound, and sound that is not there.
  assert.ok(silent <= missing + 60, `${silent} ms without tone, ${missing} ms without frames`);
  const cut = TONE_SECONDS * 1_000 - tone.ms;
  assert.ok(Math.abs(cut) < 200 || cut <= missing, `the recording is ${tone.ms} ms long`);
  return missing;
}

function assertOnce({ client }: Person): void {
  const numbers = client.packets.map((packet) => seqOf(packet));
  assert.equal(new Set(numbers).size, numbers.length, "a packet came twice");
}

function assertNoEcho(report: RoomReport): void {
  assert.equal(report.received.packets, 0, "the talker heard itself");
}

meshTest(
  "the talker's relay is killed in the middle of a tone: less than three seconds are lost, nothing is heard twice",
  TRIANGLE,
  async (mesh) => {
    await using party = await scene(mesh, 0, 1);
    await party.heard(150);
    await mesh.node(0).kill();
    const said = await party.talker.ended();
    const heard = await party.listener.stop();
    assert.equal(said.problem, null);
    assert.deepEqual(said.moves.map(({ from }) => from), [mesh.node(0).url]);
    const lost = await lossOf(said, heard, party.listener);
    assert.ok(lost > 0 && lost < MOST_LOST_MS, `${lost} ms lost`);
    const { gaps } = await party.listener.tone();
    assert.equal(gaps.length, 1, `one hole and then the tone goes on: ${JSON.stringify(gaps)}`);
    assertOnce(party.third);
    assertNoEcho(said);
    assert.deepEqual(heard.moves, []);
  },
);

meshTest(
  "the listener's relay is killed in the middle of a tone: less than three seconds are lost",
  TRIANGLE,
  async (mesh) => {
    await using party = await scene(mesh, 0, 1);
    await party.heard(150);
    await mesh.node(1).kill();
    const said = await party.talker.ended();
    const heard = await party.listener.stop();
    assert.deepEqual(heard.moves.map(({ from }) => from), [mesh.node(1).url]);
    const lost = await lossOf(said, heard, party.listener);
    assert.ok(lost < MOST_LOST_MS, `${lost} ms lost`);
    assertOnce(party.third);
    assertNoEcho(said);
    assert.deepEqual(said.moves, []);
  },
);

for (const [whose, relay] of [["talker", 0], ["listener", 1]] as const) {
  meshTest(
    `the ${whose}'s relay is told to stop in the middle of a tone: nothing is lost, nothing is heard twice`,
    TRIANGLE,
    async (mesh) => {
      await using party = await scene(mesh, 0, 1);
      await party.heard(150);
      await mesh.node(relay).stop();
      const said = await party.talker.ended();
      const heard = await party.listener.stop();
      const { moves } = relay === 0 ? said : heard;
      assert.deepEqual(
        moves.map(({ from, reason, gap_ms }) => [from, reason, gap_ms]),
        [[mesh.node(relay).url, "draining", 0]],
      );
      assert.equal(await lossOf(said, heard, party.listener), 0);
      assert.deepEqual((await party.listener.tone()).gaps, []);
      assert.equal(heard.received.lost, 0);
      assert.equal(party.third.client.packets.length, PACKETS);
      assertOnce(party.third);
      assertNoEcho(said);
    },
  );
}
