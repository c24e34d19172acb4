/** Rooms and calls go on across families of addresses: one relay is at an IPv4 address, the other one at an IPv6 one. */
import assert from "node:assert/strict";
import { Identity } from "../../proto/identity.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { formatSocketAddress, type SocketAddress } from "../../proto/socket_address.ts";
import type { VoiceReport } from "../../client/voice_report.ts";
import { meshTest } from "../federation/mesh_test_case.ts";
import { freeAddresses, type Mesh } from "../federation/mesh_rig.ts";
import { Party } from "./party.ts";

const TONE_SECONDS = 10;
const PACKETS = TONE_SECONDS * 50;
const FRAME_MS = 20;
/** Of sound, when a relay dies. */
const MOST_LOST_MS = 3_000;

const SEEDS = { talker: new Uint8Array(32).fill(11), listener: new Uint8Array(32).fill(12) };

/** The first has an IPv4 address and sockets for both families; the second is an IPv6 relay and nothing else. */
const [ipv4, ipv6] = [freeAddresses(1)[0]!, freeIpv6Address()];
const TWO_FAMILIES = {
  size: 2,
  edges: [[0, 1]] as const,
  addresses: [ipv4, ipv6],
  everywhere: (node: number) => node === 0,
  config: (node: number) => node === 0 ? `advertised_addr = "${formatSocketAddress(ipv4)}"` : "",
};

function freeIpv6Address(): SocketAddress {
  const ip = "::1";
  const socket = Deno.listenDatagram({ transport: "udp", hostname: ip, port: 0 });
  const { port } = socket.addr as Deno.NetAddr;
  socket.close();
  return { ip, port };
}

/** Somebody who listens at the IPv6 relay and somebody who sends a tone at the IPv4 one, once both are in the room. */
async function talk(mesh: Mesh) {
  const room = (relay: number, seed: Uint8Array) => [
    ...["--room", "general", "--seed", seed.toHex(), "--metrics-file", "metrics"],
    mesh.node(relay).url,
  ];
  const observer = await mesh.join(1);
  const listener = await Party.start(...room(1, SEEDS.listener));
  const { fingerprint } = new Identity(nodeCrypto, SEEDS.listener);
  await observer.client.until(() =>
    observer.client.room?.participants.some((one) => one.fingerprint === fingerprint) === true
  );
  const talker = await Party.start("--send-tone", `${TONE_SECONDS}`, ...room(0, SEEDS.talker));
  await talker.saidSeconds(3);
  return {
    talker,
    listener,
    async [Symbol.asyncDispose]() {
      await talker[Symbol.asyncDispose]();
      await listener[Symbol.asyncDispose]();
    },
  };
}

meshTest(
  "the talker's IPv4 relay is told to stop: it goes on at the IPv6 relay, and nothing is lost",
  TWO_FAMILIES,
  async (mesh) => {
    await using party = await talk(mesh);
    const [from, to] = mesh.nodes.map(({ url }) => url);
    await mesh.node(0).stop();
    const said = await party.talker.ended();
    const heard = await party.listener.stop();
    assert.equal(said.problem, null);
    assert.deepEqual(
      said.moves.map(({ from, to, reason }) => [from, to, reason]),
      [[from, to, "draining"]],
    );
    assert.equal(said.sent!.frames, PACKETS);
    assert.equal(heard.received.decoded, PACKETS);
    const tone = await party.listener.tone();
    assert.ok(tone.slipMs < 0.2, `the tone slipped by ${tone.slipMs} ms`);
    assert.deepEqual([tone.gaps, heard.moves], [[], []]);
  },
);

meshTest(
  "the listener's IPv6 relay is killed: it hears the tone on at the IPv4 relay",
  TWO_FAMILIES,
  async (mesh) => {
    await using party = await talk(mesh);
    const [to, from] = mesh.nodes.map(({ url }) => url);
    await mesh.node(1).kill();
    const said = await party.talker.ended();
    const heard = await party.listener.stop();
    assert.deepEqual(
      heard.moves.map(({ from, to, reason }) => [from, to, reason]),
      [[from, to, "silent"]],
    );
    assert.deepEqual([said.problem, said.moves], [null, []]);
    const tone = await party.listener.tone();
    assert.ok(tone.slipMs < 0.2, `the tone slipped by ${tone.slipMs} ms`);
    const lost = (PACKETS - heard.received.decoded) * FRAME_MS;
    assert.ok(lost > 0 && lost < MOST_LOST_MS, `${lost} ms lost`);
  },
);

const MEDIA = /^\{"event":"media".*\}$/m;
const ENDED = /^\{"event":"ended".*\}$/m;

/** Rings from the IPv6 relay at a phone at the IPv4 one; both say which way the sound goes. */
async function call(mesh: Mesh, ...more: string[]) {
  const callee = await Party.start("--signal", ...more, mesh.node(0).url);
  const { fingerprint } = await callee.line(/^\{"event":"registered".*\}$/m);
  const caller = await Party.start(
    ...["--call", String(fingerprint), "--seed", SEEDS.talker.toHex()],
    ...["--send-tone", `${TONE_SECONDS}`, "--metrics-file", "metrics"],
    ...more,
    mesh.node(1).url,
  );
  return {
    caller,
    callee,
    paths: [(await caller.line(MEDIA)).path, (await callee.line(MEDIA)).path],
    /** What the callee got of the tone, once the caller has hung up. */
    async received() {
      const { by, reason, problem, report } = await callee.line(ENDED);
      assert.deepEqual([by, reason, problem], ["them", "Normal", null]);
      return (report as VoiceReport).received;
    },
    async [Symbol.asyncDispose]() {
      await caller[Symbol.asyncDispose]();
      await callee[Symbol.asyncDispose]();
    },
  };
}

meshTest(
  "a caller whose IPv6 relay is killed talks on at the IPv4 relay of the other party",
  TWO_FAMILIES,
  async (mesh) => {
    await using talking = await call(mesh);
    assert.deepEqual(talking.paths, ["relay", "relay"]);
    const [to, from] = mesh.nodes.map(({ url }) => url);
    await talking.caller.saidSeconds(3);
    await mesh.node(1).kill();
    const moved = await talking.caller.line(/^\{"event":"moved".*\}$/m);
    assert.deepEqual([moved.from, moved.to, moved.reason], [from, to, "silent"]);
    const ended = await talking.caller.line(ENDED);
    assert.deepEqual([ended.by, ended.reason, ended.problem], ["us", "Normal", null]);
    const lost = (PACKETS - (await talking.received()).decoded) * FRAME_MS;
    assert.ok(lost > 0 && lost < MOST_LOST_MS, `${lost} ms lost`);
  },
);

meshTest("parties at relays of different families talk directly", TWO_FAMILIES, async (mesh) => {
  await using talking = await call(mesh, "--direct");
  assert.deepEqual(talking.paths, ["direct", "direct"]);
  const { decoded } = await talking.received();
  assert.ok(decoded >= 0.98 * PACKETS, `${decoded} packets`);
});
