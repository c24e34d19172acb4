import assert from "node:assert/strict";
import { ManualClock } from "../../quic/manual_clock.ts";
import { Secret } from "../secret.ts";
import { parseLevels } from "./levels.ts";
import { Logger } from "./logger.ts";
import { memoryLogger } from "./testing_sink.ts";

const ADDRESS = { ip: "203.0.113.7", port: 5_000 };

function messages(log: Logger): string[] {
  return log.tail.since(0, Infinity).items.map(({ message }) => message);
}

Deno.test("the newest lines are kept with their fields as text", () => {
  const clock = new ManualClock();
  const { log } = memoryLogger(clock);
  clock.advance(1_500);
  log.area("rooms").warn("left", { room: "general", count: 3, who: ["a", "b"], none: undefined });
  assert.deepEqual(log.tail.since(0, Infinity).items, [{
    id: 1,
    at: clock.wall(),
    level: "warn",
    area: "rooms",
    message: "left",
    fields: { room: "general", count: "3", who: "a, b" },
  }]);
});

Deno.test("a line that is not written is not kept", () => {
  const { log } = memoryLogger(new ManualClock(), { settings: { levels: parseLevels("warn") } });
  log.info("hidden");
  assert.deepEqual(messages(log), []);
  log.configure({ levels: parseLevels("info") });
  log.info("shown");
  log.configure({ levels: parseLevels("error") });
  log.announce("announced");
  assert.deepEqual(messages(log), ["shown", "announced"]);
});

Deno.test("a line that repeats too often is kept as often as it is written", () => {
  const { log } = memoryLogger(new ManualClock(), { repeats: { perInterval: 3 } });
  for (let i = 0; i < 50; i++) log.info("again");
  assert.equal(messages(log).length, 3);
});

Deno.test("lines of a tap do not push everything else out", () => {
  const { log } = memoryLogger(new ManualClock(), { unlimitedAreas: ["debug_tap"] });
  log.info("first");
  for (let i = 0; i < 5_000; i++) log.area("debug_tap").info("TAP");
  assert.deepEqual(messages(log), ["first"]);
});

Deno.test("secrets are never kept, and addresses only as the log has them", () => {
  const { log } = memoryLogger(new ManualClock());
  const secret = new Secret("hunter2");
  log.info("in full", { secret, addr: ADDRESS });
  log.configure({ addresses: "masked" });
  log.info("masked", { secret, addr: ADDRESS });
  const { items } = log.tail.since(0, Infinity);
  assert.deepEqual(items.map(({ fields }) => fields["addr"]), ["203.0.113.7:5000", "203.0.113.x"]);
  assert(!JSON.stringify(items).includes("hunter2"));
});

Deno.test("hostile text stays one line of bounded length", () => {
  const { log } = memoryLogger(new ManualClock());
  log.info("joined", { alias: "a\n\x1b[31m\u202e" + "x".repeat(100_000) });
  const alias = log.tail.since(0, 1).items[0]!.fields["alias"]!;
  assert(alias.length < 1_100);
  assert.match(alias, /^a\\n\\u001b\[31m\\u202ex+/);
});
