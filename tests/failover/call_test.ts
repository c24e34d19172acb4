/** A call over two relays goes on when the caller's relay dies or stops, and hangs up over the other one. */
import assert from "node:assert/strict";
import type { VoiceReport } from "../../client/voice_report.ts";
import { meshTest } from "../federation/mesh_test_case.ts";
import { mutual, ring } from "../federation/topology.ts";
import { Party } from "./party.ts";

const PAIR = { size: 2, edges: mutual(ring(2)) };
const TONE_SECONDS = 12;
const PACKETS = TONE_SECONDS * 50;
const FRAME_MS = 20;

const CALLER = new Uint8Array(32).fill(9);

for (const end of ["killed", "told to stop"] as const) {
  meshTest(
    `the caller's relay is ${end} in a call: both talk on, the registration moves along, and hanging up works`,
    PAIR,
    async (mesh) => {
      const [a, b] = [mesh.node(0), mesh.node(1)];
      await using callee = await Party.start("--signal", b.url);
      const { fingerprint } = await callee.line(/^\{"event":"registered".*\}$/m);
      await using caller = await Party.start(
        "--call",
        String(fingerprint),
        "--seed",
        CALLER.toHex(),
        "--send-tone",
        `${TONE_SECONDS}`,
        "--metrics-file",
        "metrics",
        a.url,
      );
      await callee.line(/^\{"event":"media".*\}$/m);
      await caller.saidSeconds(3);
      if (end === "killed") await a.kill();
      else await a.stop();
      const moved = await caller.line(/^\{"event":"moved".*\}$/m);
      assert.deepEqual(
        [moved.from, moved.to, moved.reason],
        [a.url, b.url, end === "killed" ? "silent" : "draining"],
      );
      const ended = await caller.line(/^\{"event":"ended".*\}$/m);
      assert.deepEqual([ended.by, ended.reason, ended.problem], ["us", "Normal", null]);
      await caller.process.exit();
      const told = await callee.line(/^\{"event":"ended".*\}$/m);
      assert.deepEqual([told.by, told.reason, told.problem], ["them", "Normal", null]);
      // Only a registration with a valid signature is taken for the party.
      assert.match(b.output, /a party of a call came over from another relay/);

      await callee.process.stop("SIGINT");
      const { received } = told.report as VoiceReport;
      const lost = (PACKETS - received.decoded) * FRAME_MS;
      const tone = await callee.tone();
      assert.ok(tone.slipMs < 0.2, `the tone slipped by ${tone.slipMs} ms`);
      if (end === "killed") assert.ok(lost > 0 && lost < 3_000, `${lost} ms lost`);
      else assert.deepEqual([lost, tone.gaps], [0, []]);
    },
  );
}
