import assert from "node:assert/strict";
import { encodeMedia } from "../../proto/media_packet.ts";
import { EventLog } from "../event_log/event_log.ts";
import { memoryLogger, MemorySink } from "../log/testing_sink.ts";
import { QualityDirector } from "../quality/quality_director.ts";
import { DEBUG_TAP_AREA, DebugTap } from "../tap/debug_tap.ts";
import { MediaStatistics } from "../tap/media_statistics.ts";
import { TapHub } from "../tap/tap_hub.ts";
import { settle, TestRelay } from "./testing_rooms.ts";

Deno.test("everything that watches rooms works on real ones", async () => {
  const relay = new TestRelay();
  const { clock, counters, rooms } = relay;
  const { log, sink } = memoryLogger(clock, { unlimitedAreas: [DEBUG_TAP_AREA] });
  const events = new MemorySink();
  const observe = rooms.observe.bind(rooms);
  rooms.observe(
    new QualityDirector({
      clock,
      gauges: counters,
      direct: (room, profile, reason) => rooms.direct(room, profile, reason),
    }),
  );
  rooms.observe(new MediaStatistics(clock, log.area("media")));
  const tap = new DebugTap({ clock, log, observe, addresses: () => "full" });
  tap.watch("general");
  const hub = new TapHub({ clock, observe, random: Math.random });
  const listener = hub.subscribe({ room: "general" });
  const eventLog = new EventLog({ clock, log, counters, open: () => events });
  rooms.observe(eventLog.rooms);

  const a = await relay.join("general", { alias: "a" });
  const b = await relay.join("general", { alias: "b" });
  const quality = { loss_pct: 255, rtt_4ms: 1, jitter_ms: 0, bitrate_cap_kbps: 200 };
  for (let seq = 0; seq < 3; seq++) {
    a.connection.sendDatagram(
      encodeMedia({
        codec: "Opus24k",
        seq,
        timestamp: 20 * seq,
        payload: new Uint8Array(60),
        quality,
      }),
    );
    clock.advance(20);
  }
  a.connection.sendDatagram(new Uint8Array(3));
  await settle();
  await settle();
  for (const guest of [a, b]) {
    const directives = guest.received("QualityDirective");
    assert.equal(directives.length, 1);
    assert.equal(directives[0]!.recommended_profile.codec, "Codec2_1200");
    assert.equal(directives[0]!.reason, "weakest link: Catastrophic");
  }
  assert.equal(counters.sessionLoss.size, 1);
  clock.advance(5_000);
  a.leave();
  await settle();
  await settle();
  assert.equal(b.received("QualityDirective").at(-1)!.reason, "weakest link: Good");
  assert.equal(counters.sessionLoss.size, 0);
  b.leave();
  await settle();
  await eventLog.close(1000);
  await log.flush();
  assert.equal(sink.text.match(/debug_tap: TAP room=general/g)?.length, 3);
  assert.match(sink.text, /TAP EVENT room=general event="leave"/);
  assert.match(events.text, /"event":"join".*"event":"leave"/s);
  const { events: seen } = listener.take();
  assert.equal(seen.filter(({ kind }) => kind === "packet").length, 3);
  tap.watch(null);
  listener.close();
  clock.advance(10_000);
  assert.equal(clock.pending, 0);
});
