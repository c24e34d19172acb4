import assert from "node:assert/strict";
import { meshTable } from "./mesh_table.ts";

const RULE = "\u2500".repeat(41);
const HEADER = "Target                  RTT   Loss  Jitter  Status";

Deno.test("without targets the table says so", () => {
  assert.equal(
    meshTable([]),
    `Relay Mesh Health\n${RULE}\n${HEADER}\n  (no probe targets configured)\n`,
  );
});

Deno.test("rows have the columns of the original and are sorted by target", () => {
  const down = { up: false, rttMs: 0, lossPct: 100, jitterMs: 0 };
  const rows = [
    { target: "relay.example.org:4433", ...down },
    { target: "10.0.0.2:4433", up: true, rttMs: 42, lossPct: 1.6666, jitterMs: 3.4 },
    { target: "10.0.0.10:4433", up: true, rttMs: 123456, lossPct: 0, jitterMs: 12.6 },
    { target: "[2001:db8::1]:4433", ...down },
  ];
  assert.equal(
    meshTable(rows),
    [
      "Relay Mesh Health",
      RULE,
      HEADER,
      "10.0.0.10:4433       123456ms   0.0%    13ms  UP",
      "10.0.0.2:4433           42ms   1.7%     3ms  UP",
      "[2001:db8::1]:4433       0ms 100.0%     0ms  DOWN",
      "relay.example.org:4433     0ms 100.0%     0ms  DOWN",
      "",
    ].join("\n"),
  );
  assert.equal(rows[0]!.target, "relay.example.org:4433", "the caller's list stays as it was");
});
