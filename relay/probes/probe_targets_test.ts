import assert from "node:assert/strict";
import { probeTargets } from "./probe_targets.ts";

const A = "aa".repeat(32);
const B = "bb".repeat(32);
const C = "cc".repeat(32);
const peer = (host: string, fingerprint: string) => (
  { host, port: 4433, fingerprints: [fingerprint], label: host, allowLegacy: false }
);
const mesh = () => [
  { relay: A, address: "192.0.2.1:4433" },
  { relay: B, address: "192.0.2.2:4433" },
  { relay: C, address: "[2001:db8::3]:4433" },
  { relay: "dd".repeat(32), address: "nonsense" },
];

Deno.test("only the configured targets are probed, and those that are peers are held to their certificates", () => {
  const targets = probeTargets({
    probe_targets: [{ host: "b.example", port: 4433 }, { host: "x.example", port: 1 }],
    probe_mesh: false,
    peers: [peer("b.example", B)],
    mesh,
  });
  assert.deepEqual(targets, [
    { host: "b.example", port: 4433, pins: [Uint8Array.fromHex(B)] },
    { host: "x.example", port: 1 },
  ]);
});

Deno.test("the mesh is all peers and all relays the topology knows, each once, without this one", () => {
  const targets = probeTargets({
    probe_targets: [],
    probe_mesh: true,
    peers: [peer("b.example", B)],
    mesh,
  });
  assert.deepEqual(targets.map(({ host, pins }) => [host, pins!.map((pin) => pin.toHex())]), [
    ["b.example", [B]],
    ["2001:db8::3", [C]],
  ]);
});
