/** Who knows every fingerprint and sends from a peer's address gets a refusal and nothing else. */
import assert from "node:assert/strict";
import { encodeLegacyLink } from "../../proto/legacy_link_datagram.ts";
import { encodeLinkMedia } from "../../proto/link_datagram.ts";
import { encodeMedia } from "../../proto/media_packet.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { roomHash } from "../../proto/room_hash.ts";
import type { KnownSignal } from "../../proto/signal/mod.ts";
import { offer } from "../../relay/calls/testing_rig.ts";
import { meshTest } from "./mesh_test_case.ts";
import { Impostor, type Spoils } from "./impostor.ts";
import { everybodySees, freeAddresses, introduce, type Mesh } from "./mesh_rig.ts";
import { conversation } from "./talk.ts";
import { mutual } from "./topology.ts";

/** Somebody who does not exist, whom the impostor pretends to have. */
const GHOST = "dead:beef:dead:beef:dead:beef:dead:beef";

/** All that a relay says to another one, said in its name. */
function lies(mesh: Mesh, callee: string): { signals: KnownSignal[]; datagrams: Uint8Array[] } {
  const { fingerprint } = mesh.node(1);
  const packet = encodeMedia({
    codec: "Opus24k",
    seq: 60_000,
    timestamp: 0,
    payload: new Uint8Array(60),
  });
  const general = roomHash(nodeCrypto, "general");
  const origin = mesh.node(1).certificate.fingerprintBytes.subarray(0, 8);
  const signals: KnownSignal[] = [
    {
      type: "GlobalRoomActive",
      room: "general",
      participants: [{ fingerprint: GHOST, alias: "Ghost", relay_label: null }],
    },
    {
      type: "RoomState",
      relay: fingerprint,
      label: "B",
      seq: Date.now() + 1_000_000,
      room: "general",
      members: [{ fingerprint: GHOST, alias: "Ghost", relay_label: null, via: null }],
    },
    { type: "PresenceUpdate", fingerprints: [GHOST], relay_addr: mesh.node(1).url },
    {
      type: "DirectoryUpdate",
      relay: fingerprint,
      seq: Date.now() + 1_000_000,
      full: true,
      add: [GHOST],
      remove: [],
    },
    { type: "RouteQuery", fingerprint: callee, ttl: 4 },
    {
      type: "FederatedSignalForward",
      inner: offer(GHOST, callee, { call_id: "c0ffee" }),
      origin_relay_fp: fingerprint,
      ext: null,
    },
    { type: "SessionForward", session_id: "s", target_fingerprint: callee, source_relay: "x" },
    { type: "RelayDraining", deadline_ms: Date.now(), relays: [], reason: null },
  ];
  const datagrams = [
    encodeLinkMedia({ hopsLeft: 8, roomHash: general, origin, sender: 1, packet }),
    encodeLegacyLink({ roomHash: general, packet }),
  ];
  return { signals, datagrams };
}

meshTest(
  "a relay that cannot prove who it is gets nothing but a refusal, whatever it knows and wherever it sends from",
  { size: 2, edges: mutual([[0, 1]]) },
  async (mesh) => {
    const [victim, peer] = [mesh.node(0), mesh.node(1)];
    const people = [await mesh.join(0), await mesh.join(1)];
    await everybodySees(people);
    const callee = await mesh.register(0);
    const { signals, datagrams } = lies(mesh, callee.fingerprint);

    const refused = (service: string, { signals, datagrams, reason }: Spoils, expected: string) => {
      assert.deepEqual(signals.filter(({ type }) => type !== "FederationChallenge"), []);
      assert.equal(datagrams, 0);
      // Nobody has a call with that relay, so that its sessions are refused whoever it is.
      if (!(service === "_relay" && reason === "unknown_relay")) assert.equal(reason, expected);
    };
    const tryAll = async (impostor: Impostor) => {
      const real = peer.certificate;
      for (const service of ["_federation", "_relay"]) {
        const claim = (...[claimed, how]: [typeof real, Parameters<Impostor["claim"]>[2]]) =>
          impostor.claim(service, claimed, how, signals, datagrams);
        const original: KnownSignal = {
          type: "FederationHello",
          tls_fingerprint: real.fingerprint,
          ext: null,
        };
        refused(
          service,
          await impostor.say(service, [original, ...signals], datagrams),
          "legacy_not_allowed",
        );
        refused(service, await impostor.say(service, signals, datagrams), "bad_hello");
        refused(service, await claim(real, { signsWith: impostor.own }), "bad_proof");
        refused(service, await claim(real, { signsWith: null }), "unexpected_message");
        refused(
          service,
          await claim(real, { shows: impostor.own, signsWith: impostor.own }),
          "fingerprint_mismatch",
        );
        refused(
          service,
          await claim(victim.certificate, { signsWith: impostor.own }),
          "own_certificate",
        );
        refused(service, await claim(impostor.own, { signsWith: impostor.own }), "unknown_relay");
      }
    };
    // Beside the real one, which is linked.
    {
      await using impostor = await Impostor.at({ ip: peer.address.ip, port: 0 }, victim);
      await tryAll(impostor);
      await probe(impostor);
    }
    for (const { client } of people) assert.deepEqual(client.packets, []);
    await conversation(people.map(({ client }) => client), 20);

    // In its place, where it is dialled too.
    await peer.kill();
    const [left] = people as [typeof people[0]];
    await everybodySees([left!]);
    {
      await using impostor = await Impostor.at(peer.address, victim);
      const { heard } = impostor.lure();
      await tryAll(impostor);
      await probe(impostor);
      await victim.relay.stdout.match(mismatchLine(mesh, impostor), 60_000);
      assert.deepEqual(heard, []);
    }
    assert.deepEqual(left!.client.room!.participants.map(({ fingerprint }) => fingerprint), [
      left!.client.identity.fingerprint,
    ]);
    assert.ok(left!.client.packets.every((packet) => packet[2] !== 60_000 >> 8));
    // It brought no call and is the way to nobody.
    await callee.nothingMore();
    const caller = await mesh.register(0);
    caller.call(GHOST, "c1");
    await caller.take("Hangup");

    // The impostor's socket stays with this process, so the real one comes back elsewhere.
    await peer.moveTo(freeAddresses(1)[0]!);
    await peer.start();
    introduce(victim, peer);
    await victim.reload();
    const back = await mesh.join(1);
    await everybodySees([left!, back]);
    await conversation([left!.client, back.client], 20);

    /** Relays that measure the way are answered, and told nothing of who is here. */
    async function probe(impostor: Impostor): Promise<void> {
      const ping: KnownSignal = { type: "Ping", timestamp_ms: 7 };
      const { signals: told } = await impostor.sayAndLeave("_probe", [
        signals.find(({ type }) => type === "PresenceUpdate")!,
        signals.find(({ type }) => type === "RouteQuery")!,
        ping,
      ], "Pong");
      assert.deepEqual(told, [{ type: "Pong", timestamp_ms: 7 }]);
    }
  },
);

/** Both fingerprints in one line: the one that was expected and the one that is there. */
function mismatchLine(mesh: Mesh, impostor: Impostor): RegExp {
  const [due, shown] = [mesh.node(1).fingerprint, impostor.own.fingerprint]
    .map((fingerprint) => fingerprint.replaceAll(":", ":?"));
  return new RegExp(`^.*(?:${due}.*${shown}|${shown}.*${due}).*$`, "m");
}
