/** Calls with --direct between machines that reach each other, and between machines that only reach the relay. */
import assert from "node:assert/strict";
import { namespaceObstacle, type Network, withNamespaces } from "../harness/namespaces.ts";
import { RelayProcess, runRelay, startRelay } from "../harness/relay_process.ts";
import { testUnless } from "../harness/skips.ts";
import { deafen, deafenIpv4 } from "./deafness.ts";

/** Far above what anything takes on a busy machine: only a hang reaches it. */
const LIMIT_MS = 60_000;
const SECONDS = 2;

/** A call from ann to bob: which way its sound went, what each side sent and heard, and how long it took to connect. */
async function callOver(network: Network) {
  const through = (name: string) => network.command(name);
  const address = `${network.address("relay")}:4433`;
  await using _relay = await startRelay({
    args: ["--listen", address],
    through: through("relay"),
  });
  await using bob = await RelayProcess.spawn({
    args: ["client", "--signal", "--direct", "--json", address],
    through: through("bob"),
  });
  const [, fingerprint = ""] = await bob.stdout.match(/"fingerprint":"([^"]+)"/, LIMIT_MS);
  const args = ["--call", fingerprint, "--direct", "--json", "--send-tone", String(SECONDS)];
  const ann = await runRelay({ args: ["client", ...args, address], through: through("ann") });
  assert.equal(ann.code, 0, ann.stderr);
  await bob.stdout.match(/"event":"ended"/, LIMIT_MS);
  assert.equal((await bob.stop()).code, 0);
  const event = (stdout: string, name: string) =>
    stdout.trim().split("\n").map((line) => JSON.parse(line)).find(({ event }) => event === name);
  assert.equal(event(ann.stdout, "media").path, event(bob.stdout.text, "media").path);
  const { report, problem } = event(bob.stdout.text, "ended");
  assert.equal(problem, null);
  return { path: event(ann.stdout, "media").path, received: report.received };
}

function testCall(name: string, prepare: (network: Network) => Promise<void>, path: string): void {
  testUnless(obstacle, name, () =>
    withNamespaces(["relay", "ann", "bob"], async (network) => {
      await prepare(network);
      const call = await callOver(network);
      assert.equal(call.path, path);
      const { packets, rms } = call.received;
      assert.ok(packets >= 0.98 * SECONDS * 50, `${packets} packets`);
      assert.ok(Math.abs(rms / (16_000 / Math.SQRT2) - 1) < 0.2, `RMS ${rms}`);
    }));
}

const obstacle = await namespaceObstacle();

testCall("machines that reach each other talk directly", () => Promise.resolve(), "direct");

testCall("machines that do not reach each other talk through the relay", async (network) => {
  await deafen(network, "ann", "bob");
  await deafen(network, "bob", "ann");
}, "relay");

testCall(
  "machines that reach each other by IPv6 only talk directly, though their relay is at an IPv4 address",
  async (network) => {
    await deafenIpv4(network, "ann", "bob");
    await deafenIpv4(network, "bob", "ann");
  },
  "direct",
);

testCall(
  "when only one direction works, both use the relay",
  (network) => deafen(network, "bob", "ann"),
  "relay",
);
