import assert from "node:assert/strict";
import { TestRelay } from "./testing_rooms.ts";

Deno.test("a drain tells everybody where their own room is carried", async () => {
  const carriers = (room: string) => room === "general" ? ["B|192.0.2.1:4433"] : [];
  const relay = new TestRelay({ carriers });
  const [one, other] = [
    await relay.join("general", { caps: ["drain"] }),
    await relay.join("quiet", { caps: ["drain"] }),
  ];
  relay.rooms.drain({ deadline_ms: 5_000, relays: ["C|192.0.2.2:4433"], reason: "update" });
  for (const guest of [one, other]) {
    await guest.until(() => guest.received("RelayDraining").length === 1);
  }
  assert.deepEqual(one.received("RelayDraining")[0]!.relays, ["B|192.0.2.1:4433"]);
  assert.deepEqual(other.received("RelayDraining")[0]!.relays, []);
});
