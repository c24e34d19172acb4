import assert from "node:assert/strict";
import { ManualClock } from "../../quic/manual_clock.ts";
import { CallWays, MAX_UNANSWERED_PER_RELAY, type Way } from "./call_ways.ts";

function setUp() {
  const clock = new ManualClock();
  const expired: string[] = [];
  const ways = new CallWays(clock, ({ id }) => expired.push(id));
  const open = (id: string, back: string | null = "b", behind: string | null = null): Way =>
    ways.open({
      id,
      caller: "x",
      callee: "y",
      origin: "o",
      back,
      behind,
      asked: ["c"],
      state: "asked",
    });
  return { clock, expired, ways, open };
}

Deno.test("a way is found by its id and by its neighbours, and cannot be overwritten", () => {
  const { ways, open } = setUp();
  const way = open("c1");
  assert.equal(ways.get("c1"), way);
  assert.deepEqual(ways.over("b"), [way]);
  assert.deepEqual(ways.over("c"), [way]);
  assert.deepEqual(ways.over("d"), []);
  assert.throws(() => open("c1"), TypeError);
  assert.ok(ways.close(way));
  assert.equal(ways.close(way), false);
  assert.equal(ways.size, 0);
});

Deno.test("unanswered ways of one relay are bounded, those of others are not touched", () => {
  const { ways, open } = setUp();
  const first = open("c0");
  for (let i = 1; i < MAX_UNANSWERED_PER_RELAY; i++) open(`c${i}`);
  assert.equal(ways.hasRoom("b", null), false);
  assert.equal(ways.hasRoom("a", null), true);
  assert.equal(ways.hasRoom("b", "z"), true);
  // An answer makes room, and so does the end; ways keep counting where they were opened.
  first.back = "elsewhere";
  ways.answered(first);
  assert.equal(ways.hasRoom("b", null), true);
  open("c9999");
  assert.equal(ways.hasRoom("b", null), false);
  ways.close(first);
  assert.equal(ways.hasRoom("b", null), false);
  for (const way of [...ways.all()]) ways.close(way);
  assert.equal(ways.hasRoom("b", null), true);
});

Deno.test("all ways of one relay are bounded, answered or not", () => {
  const { ways, open } = setUp();
  for (let i = 0; i < 10_000; i++) ways.answered(open(`c${i}`));
  assert.equal(ways.hasRoom("b", null), false);
  assert.equal(ways.hasRoom("b", "z"), false);
});

Deno.test("a way that nobody ends ends in time, later once it was answered", () => {
  const { clock, expired, ways, open } = setUp();
  open("c1");
  ways.answered(open("c2"));
  clock.advance(3_660_000);
  assert.deepEqual(expired, ["c1"]);
  clock.advance(86_400_000);
  assert.deepEqual(expired, ["c1", "c2"]);
  assert.equal(clock.pending, 0);
});
