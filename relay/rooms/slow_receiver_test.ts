import assert from "node:assert/strict";
import { SlowReceiver } from "./slow_receiver.ts";

Deno.test("a receiver is too slow once its queue was full all the time", () => {
  const slow = new SlowReceiver();
  for (let now = 0; now < 10_000; now += 20) slow.full(now);
  assert(!slow.tooSlow(10_000, 10_000));
  slow.full(10_000);
  assert(slow.tooSlow(10_000, 10_000));
});

Deno.test("one packet that is taken begins the count anew", () => {
  const slow = new SlowReceiver();
  slow.full(0);
  slow.full(9_990);
  slow.taken();
  slow.full(10_010);
  assert(!slow.tooSlow(10_000, 15_000));
  slow.full(20_010);
  assert(slow.tooSlow(10_000, 20_010));
});

Deno.test("silence after a full queue is no proof", () => {
  const slow = new SlowReceiver();
  slow.full(0);
  assert(!slow.tooSlow(10_000, 60_000));
});

Deno.test("signals that wait while none leaves make a receiver too slow", () => {
  const slow = new SlowReceiver();
  slow.signals(1, 102, 0);
  slow.signals(1, 102, 500);
  slow.signals(3, 102, 10_000);
  assert(!slow.tooSlow(10_000, 10_000));
  assert(slow.tooSlow(10_000, 10_500));
});

Deno.test("who never took more signals than its first credit allows is no slow receiver for that", () => {
  const slow = new SlowReceiver();
  for (let now = 0; now < 60_000; now += 500) {
    slow.signals(3, 101, now);
    assert(!slow.tooSlow(10_000, now));
  }
});

Deno.test("signals that leave, slowly or all, are no reason", () => {
  const slow = new SlowReceiver();
  for (let now = 0; now < 60_000; now += 500) {
    slow.signals(4, 200 + Math.floor(now / 8_000), now);
    assert(!slow.tooSlow(10_000, now));
  }
  slow.signals(0, 207, 60_000);
  slow.signals(0, 207, 90_000);
  assert(!slow.tooSlow(10_000, 90_000));
});

Deno.test("a receiver whose sound stays late all the time is too slow, one that catches up is not", () => {
  const slow = new SlowReceiver();
  slow.late(true, 0);
  slow.late(true, 9_500);
  assert(!slow.tooSlow(10_000, 9_999));
  assert(slow.tooSlow(10_000, 10_000));
  slow.late(false, 10_000);
  assert(!slow.tooSlow(10_000, 10_000));
  slow.late(true, 10_500);
  assert(!slow.tooSlow(10_000, 20_000));
});
