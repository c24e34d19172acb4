import assert from "node:assert/strict";
import { ManualClock } from "../../quic/manual_clock.ts";
import { memoryLogger } from "../log/testing_sink.ts";
import { MediaStatistics } from "./media_statistics.ts";
import { packet, participant } from "./testing_participant.ts";

const alice = participant(1);
const bob = participant(2);
const bytes = packet(1);

function statistics() {
  const clock = new ManualClock();
  const { log, sink } = memoryLogger(clock);
  const watch = new MediaStatistics(clock, log.area("media"));
  /** Lines without time, since the last call. */
  let read = 0;
  const lines = async () => {
    await log.flush();
    const all = sink.lines.map((line) => line.slice(28).trim());
    return all.slice(read, read = all.length);
  };
  return { clock, log, watch, lines };
}

Deno.test("while packets flow, each participant has one line every five seconds", async () => {
  const { clock, watch, lines } = statistics();
  for (let i = 0; i < 250; i++) {
    watch.packet(alice, bytes, 3);
    watch.forwarded();
    clock.advance(20);
  }
  assert.deepEqual(await lines(), [
    "INFO media: participant statistics room=general participant=1 forwarded=250 room_size=4 " +
    "fan_out=3 max_recv_gap_ms=20 max_forward_ms=0 send_errors=0",
  ]);
  for (let i = 0; i < 250; i++) {
    watch.packet(alice, bytes, 2);
    watch.packet(bob, bytes, 1);
    clock.advance(20);
  }
  const second = await lines();
  assert.match(second[0]!, / participant=1 forwarded=500 room_size=3 fan_out=2 /);
  assert.match(second[1]!, / participant=2 forwarded=250 room_size=2 fan_out=1 /);
});

Deno.test("a participant that sends nothing has no line", async () => {
  const { clock, watch, lines } = statistics();
  watch.packet(alice, bytes, 1);
  clock.advance(5_000);
  assert.equal((await lines()).length, 1);
  clock.advance(20_000);
  assert.deepEqual(await lines(), []);
  watch.packet(alice, bytes, 1);
  clock.advance(5_000);
  assert.match((await lines())[0]!, / forwarded=2 /);
});

Deno.test("packets for nobody are not counted as forwarded", async () => {
  const { clock, watch, lines } = statistics();
  watch.packet(alice, bytes, 0);
  clock.advance(5_000);
  assert.match((await lines())[0]!, / forwarded=0 room_size=1 fan_out=0 /);
});

Deno.test("gaps above 200 ms bring one warning per period, with their number and the longest", async () => {
  const { clock, watch, lines } = statistics();
  for (const wait of [0, 200, 201, 900]) {
    clock.advance(wait);
    watch.packet(alice, bytes, 1);
  }
  clock.advance(5_000);
  assert.deepEqual((await lines()).slice(1), [
    "WARN media: gaps between packets of a participant room=general participant=1 gaps=2 " +
    "max_recv_gap_ms=900",
  ]);
  watch.packet(alice, bytes, 1);
  for (let i = 0; i < 10; i++) {
    clock.advance(200);
    watch.packet(alice, bytes, 1);
  }
  clock.advance(3_000);
  const [line, warning] = await lines();
  assert.match(line!, / max_recv_gap_ms=5000 /);
  assert.match(warning!, / gaps=1 max_recv_gap_ms=5000$/);
});

Deno.test("forwarding that takes more than 50 ms brings a warning", async () => {
  const { clock, watch, lines } = statistics();
  for (const took of [50, 50.06, 1]) {
    watch.packet(alice, bytes, 1);
    clock.advance(took);
    watch.forwarded();
  }
  clock.advance(5_000);
  const [line, warning] = await lines();
  assert.match(line!, / max_forward_ms=50\.1 /);
  assert.equal(
    warning,
    "WARN media: forwarding was slow room=general participant=1 packets=1 max_forward_ms=50.1",
  );
  watch.packet(alice, bytes, 1);
  clock.advance(5_000);
  assert.match((await lines())[0]!, / max_forward_ms=0 /);
});

Deno.test("the first five failures are told one by one, then every hundredth", async () => {
  const { watch, lines } = statistics();
  watch.packet(alice, bytes, 1);
  for (let i = 0; i < 250; i++) watch.dropped(alice, bob, "slow_receiver");
  watch.dropped(alice, null, "rate_limited");
  watch.dropped(null, bob, "closed");
  const all = await lines();
  assert.deepEqual(all.map((line) => Number(/send_errors=(\d+)$/.exec(line)?.[1])), [
    ...[1, 2, 3, 4, 5],
    ...[100, 200],
  ]);
  assert.equal(
    all[0],
    "WARN media: a packet did not reach a receiver room=general participant=1 receiver=2 " +
      'reason="slow_receiver" send_errors=1',
  );
});

Deno.test("a participant that left has no lines and no timer, even when a send fails late", async () => {
  const { clock, watch, lines } = statistics();
  watch.packet(alice, bytes, 1);
  watch.left(alice);
  watch.dropped(alice, bob, "closed");
  assert.equal(clock.pending, 0);
  clock.advance(5_000);
  assert.deepEqual(await lines(), []);
});
