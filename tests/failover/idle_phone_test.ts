/** A phone in no call moves when its relay dies or stops, and can be called where it is then. */
import assert from "node:assert/strict";
import { meshTest } from "../federation/mesh_test_case.ts";
import { mutual, ring } from "../federation/topology.ts";
import { Party } from "./party.ts";

const PAIR = { size: 2, edges: mutual(ring(2)) };

for (const end of ["killed", "told to stop"] as const) {
  meshTest(
    `the relay of an idle phone is ${end}: the phone moves to the other one, where somebody gets through to it`,
    PAIR,
    async (mesh) => {
      const [a, b] = [mesh.node(0), mesh.node(1)];
      await using phone = await Party.start(
        ...["--signal", "--relays", `a=${a.url},b=${b.url}`, "--prefer", "a"],
      );
      const chosen = await phone.line(/^\{"event":"relay".*\}$/m);
      assert.equal(chosen.addr, a.url);
      const { fingerprint } = await phone.line(/^\{"event":"registered".*\}$/m);
      if (end === "killed") await a.kill();
      else await a.stop();
      const moved = await phone.line(/^\{"event":"moved".*\}$/m);
      assert.deepEqual(
        [moved.call_id, moved.from, moved.to, moved.reason],
        [null, a.url, b.url, end === "killed" ? "silent" : "draining"],
      );
      // An idle connection lasts 30 s: it was not that which told.
      if (end === "killed") assert.ok(Number(moved.gap_ms) < 20_000, `${moved.gap_ms} ms`);

      await using caller = await Party.start(
        ...["--call", String(fingerprint), "--send-tone", "2", b.url],
      );
      await phone.line(/^\{"event":"media".*\}$/m);
      const ended = await caller.line(/^\{"event":"ended".*\}$/m);
      assert.deepEqual([ended.by, ended.reason, ended.problem], ["us", "Normal", null]);
      await caller.process.exit();
      await phone.line(/^\{"event":"ended".*\}$/m);
      await phone.process.stop("SIGINT");
      const sound = await phone.recording();
      assert.ok(sound.some((byte) => byte !== 0), "it was heard");
    },
  );
}
