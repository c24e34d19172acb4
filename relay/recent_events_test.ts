import assert from "node:assert/strict";
import { ManualClock } from "../quic/manual_clock.ts";
import { RecentEvents } from "./recent_events.ts";
import { participant } from "./tap/testing_participant.ts";

Deno.test("what happens is kept with who it happened to, and no address", () => {
  const clock = new ManualClock();
  const events = new RecentEvents({ clock, addresses: () => "masked" });
  const ann = participant(1, { alias: "<img src=x onerror=alert(1)>" });
  events.joined(ann);
  events.left(ann, 7, true);
  events.changed({
    id: "7f3a",
    caller: "a",
    callee: "b",
    state: "ended",
    outcome: "completed",
    offeredAt: 0,
    acceptedAt: 1,
  });
  const by = { ip: "203.0.113.7", port: 4_433 };
  events.operation("operation", { by, what: "POST /api/v1/kick", outcome: "ok" });
  events.state("draining", "update");
  const { items } = events.since(0, Infinity);
  assert.deepEqual(items.map(({ id, kind }) => `${id} ${kind}`), [
    "1 join",
    "2 leave",
    "3 call",
    "4 operation",
    "5 state",
  ]);
  assert.equal(items[0]!.fields["alias"], "<img src=x onerror=alert(1)>");
  assert.deepEqual([items[1]!.fields["forwarded"], items[1]!.fields["roomClosed"]], [7, true]);
  assert.equal(items[3]!.fields["by"], "203.0.113.x");
  assert(!JSON.stringify(items).includes("127.0.0.1"));
});
