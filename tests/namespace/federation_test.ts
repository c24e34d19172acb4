/** Relays and people on machines of their own: a network that falls apart and heals, and calls with and without a direct way. */
import assert from "node:assert/strict";
import { namespaceObstacle, type Network, withNamespaces } from "../harness/namespaces.ts";
import { RelayProcess, runRelay } from "../harness/relay_process.ts";
import { testUnless } from "../harness/skips.ts";
import { deafen } from "./deafness.ts";
import { meshOn, RoomWatcher } from "./machines.ts";
import type { Mesh } from "../federation/mesh_rig.ts";
import { watched } from "../federation/mesh_test_case.ts";
import { mutual, ring } from "../federation/topology.ts";
import { limitOf } from "../federation/within.ts";

const LIMIT_MS = 60_000;
const SECONDS = 2;
const TONE_RMS = 16_000 / Math.SQRT2;

const obstacle = await namespaceObstacle();

testUnless(
  obstacle,
  "a mesh that falls apart shows each part its own people, and all of them and nobody else once it has healed",
  () =>
    withNamespaces(["a", "b", "c"], async (network) => {
      await using mesh = await meshOn(network, ["a", "b", "c"], { edges: mutual(ring(3)) });
      await watched(mesh, async () => {
        const join = (machine: number, alias: string) =>
          RoomWatcher.join(network, "abc"[machine]!, mesh.node(machine), alias);
        await using ann = await join(0, "Ann");
        const ben = await join(1, "Ben");
        await using _ben = ben;
        await using cem = await join(2, "Cem");
        for (const one of [ann, ben, cem]) await one.sees(["Ann", "Ben", "Cem"], LIMIT_MS);

        await network.setLink("c", false);
        await Promise.all([
          ann.sees(["Ann", "Ben"], limitOf("ghosts")),
          ben.sees(["Ann", "Ben"], limitOf("ghosts")),
          cem.sees(["Cem"], limitOf("ghosts")),
        ]);
        // What happens meanwhile the other part does not hear of.
        await ben.process.stop("SIGINT");
        await ann.sees(["Ann"], LIMIT_MS);
        await using dan = await join(1, "Dan");
        await using eva = await join(2, "Eva");
        await ann.sees(["Ann", "Dan"], LIMIT_MS);
        await cem.sees(["Cem", "Eva"], LIMIT_MS);

        await network.setLink("c", true);
        const all = [ann, dan, cem, eva];
        const names = all.map(({ alias }) => alias);
        await Promise.all(all.map((one) => one.sees(names, LIMIT_MS)));
        await mesh.linked();
        const heard = await toneFrom(network, ["a", "c"], [mesh.node(0).url, mesh.node(2).url]);
        assert.ok(heard.packets >= 0.98 * SECONDS * 50, `${heard.packets} packets`);
        assert.ok(Math.abs(heard.rms / TONE_RMS - 1) < 0.2, `RMS ${heard.rms}`);
        await Promise.all(all.map((one) => one.sees(names, LIMIT_MS)));
      });
    }),
);

/** What somebody new at the second relay hears of somebody new at the first. */
async function toneFrom(
  network: Network,
  machines: readonly [string, string],
  urls: readonly [string, string],
): Promise<{ packets: number; rms: number }> {
  const tool = ["client", "--room", "general"];
  await using listener = await RelayProcess.spawn({
    args: [...tool, "--record", "/dev/null", urls[1]],
    through: network.command(machines[1]),
  });
  await listener.stdout.match(/^joined;/m, LIMIT_MS);
  const spoken = await runRelay({
    args: [...tool, "--send-tone", String(SECONDS), urls[0]],
    through: network.command(machines[0]),
  });
  assert.equal(spoken.code, 0, spoken.stderr);
  await listener.stop("SIGINT");
  const [, packets, rms] = /^received +(\d+) packets.* RMS ([\d.]+)$/m.exec(listener.stdout.text)!;
  return { packets: Number(packets), rms: Number(rms) };
}

/** A call from ann at one relay to ben at the other: which way its sound went, and what of it came. */
async function callAcross(network: Network, mesh: Mesh) {
  const through = (name: string) => network.command(name);
  await using ben = await RelayProcess.spawn({
    args: ["client", "--signal", "--direct", "--json", mesh.node(1).url],
    through: through("ben"),
  });
  const [, fingerprint = ""] = await ben.stdout.match(/"fingerprint":"([^"]+)"/, LIMIT_MS);
  const words = ["--call", fingerprint, "--direct", "--json", "--send-tone", String(SECONDS)];
  const ann = await runRelay({
    args: ["client", ...words, mesh.node(0).url],
    through: through("ann"),
  });
  assert.equal(ann.code, 0, `${ann.stderr}\n${ann.stdout}`);
  await ben.stdout.match(/"event":"ended"/, LIMIT_MS);
  await ben.stop();
  const event = (stdout: string, name: string) =>
    stdout.trim().split("\n").map((line) => JSON.parse(line)).find(({ event }) => event === name);
  assert.equal(event(ann.stdout, "media").path, event(ben.stdout.text, "media").path);
  const { report, problem } = event(ben.stdout.text, "ended");
  assert.equal(problem, null);
  return { path: event(ann.stdout, "media").path, received: report.received };
}

for (
  const [name, lost, path] of [
    ["who can reach each other exchange addresses that work, and talk directly", [], "direct"],
    [
      "who reach nothing but their own relay talk through both relays",
      [["ann", "ben"], ["ben", "ann"], ["ann", "two"], ["ben", "one"]],
      "relay",
    ],
  ] as const
) {
  testUnless(
    obstacle,
    `two people at two relays ${name}`,
    () =>
      withNamespaces(["one", "two", "ann", "ben"], async (network) => {
        await using mesh = await meshOn(network, ["one", "two"], { edges: [[0, 1]] });
        await watched(mesh, async () => {
          for (const [from, to] of lost) await deafen(network, from, to);
          const call = await callAcross(network, mesh);
          assert.equal(call.path, path);
          const { packets, rms } = call.received;
          assert.ok(packets >= 0.98 * SECONDS * 50, `${packets} packets`);
          assert.ok(Math.abs(rms / TONE_RMS - 1) < 0.2, `RMS ${rms}`);
        });
      }),
  );
}
