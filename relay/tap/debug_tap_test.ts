import assert from "node:assert/strict";
import { ManualClock } from "../../quic/manual_clock.ts";
import type { LogAddresses } from "../log/format.ts";
import type { LoggerOptions } from "../log/logger.ts";
import { memoryLogger } from "../log/testing_sink.ts";
import type { RoomObserver } from "../ports/room_observer.ts";
import { DEBUG_TAP_AREA, DebugTap } from "./debug_tap.ts";
import { packet, participant } from "./testing_participant.ts";

const alice = participant(1, { alias: "Alice", address: "127.0.0.1:50000" });
const bob = participant(2, { alias: null, address: "[2001:db8::7]:4433" });
const stranger = participant(3, { room: "other" });

function tap(
  filter: string | null = "general",
  options: Partial<LoggerOptions> & { addresses?: LogAddresses } = {},
) {
  const clock = new ManualClock(Date.parse("2026-04-13T12:47:21.123Z"));
  const addresses = options.addresses ?? "full";
  const { log, sink } = memoryLogger(clock, {
    unlimitedAreas: [DEBUG_TAP_AREA],
    settings: { addresses },
    ...options,
  });
  const installed = new Set<RoomObserver>();
  const tap = new DebugTap({
    clock,
    log,
    addresses: () => addresses,
    observe: (observer) => {
      installed.add(observer);
      return () => installed.delete(observer);
    },
  });
  tap.watch(filter);
  const lines = async () => {
    await log.flush();
    return sink.lines.map((line) => line.slice(28).trim());
  };
  const watch = () => [...installed][0] as Required<RoomObserver>;
  return { clock, log, sink, tap, installed, watch, lines };
}

Deno.test("a packet is the line of the original", async () => {
  const { log, sink, watch } = tap();
  watch().packet(alice, packet(1), 1);
  await log.flush();
  assert.equal(
    sink.lines[0]!.replace("123000Z", "123456Z"),
    '2026-04-13T12:47:21.123456Z  INFO debug_tap: TAP room=general dir="in" addr=127.0.0.1:50000 ' +
      "seq=1 codec=Opus24k ts=20 fec_block=0 fec_sym=0 repair=false len=60 fan_out=1",
  );
});

Deno.test("the fields of a packet are those of its header, the trailer is not payload", async () => {
  const { watch, lines } = tap();
  const trailer = { loss_pct: 1, rtt_4ms: 2, jitter_ms: 3, bitrate_cap_kbps: 4 };
  watch().packet(
    alice,
    packet(65_535, "Codec2_1200", {
      timestamp: 0xffff_ffff,
      fecBlock: 255,
      fecSymbol: 254,
      repair: true,
      payload: new Uint8Array(6),
      quality: trailer,
    }),
    0,
  );
  assert.match(
    (await lines())[0]!,
    / seq=65535 codec=Codec2_1200 ts=4294967295 fec_block=255 fec_sym=254 repair=true len=6 fan_out=0$/,
  );
});

Deno.test("signals and events are the lines of the original", async () => {
  const { watch, lines } = tap();
  watch().joined(alice);
  watch().joined(bob);
  watch().roomUpdate("general", ["Alice", null]);
  watch().directive("general", "Opus6k", "weakest link: Degraded");
  watch().left(alice, 42, false);
  watch().left(bob, 7, true);
  assert.deepEqual(
    await lines(),
    [
      'INFO debug_tap: TAP EVENT room=general event="join" detail="participant=1 addr=127.0.0.1:50000 alias=Alice"',
      'INFO debug_tap: TAP EVENT room=general event="join" detail="participant=2 addr=[2001:db8::7]:4433 alias=?"',
      'INFO debug_tap: TAP SIGNAL room=general signal="RoomUpdate" count=2 participants=["Alice", "?"]',
      'INFO debug_tap: TAP SIGNAL room=general signal="QualityDirective" codec=Opus6k reason="weakest link: Degraded"',
      'INFO debug_tap: TAP EVENT room=general event="leave" detail="participant=1 addr=127.0.0.1:50000 forwarded=42"',
      'INFO debug_tap: TAP EVENT room=general event="leave" detail="participant=2 addr=[2001:db8::7]:4433 (room closed)"',
    ],
  );
});

Deno.test("every five seconds of packets end in statistics, of which codecs and last number go on", async () => {
  const { clock, watch, lines } = tap();
  for (const [seq, fanOut] of [[65_534, 2], [65_535, 2], [0, 1], [2, 2], [2, 2]] as const) {
    watch().packet(alice, packet(seq), fanOut);
  }
  clock.advance(5_000);
  watch().packet(alice, packet(3, "Opus6k"), 1);
  clock.advance(5_000);
  clock.advance(5_000);
  const statistics = (await lines()).filter((line) => line.includes("TAP STATS"));
  assert.deepEqual(statistics, [
    'INFO debug_tap: TAP STATS room=general period="5s" in_pkts=5 out_pkts=9 fan_out_avg="1.8" ' +
    'seq_gaps=2 codecs_seen=["Opus24k"]',
    'INFO debug_tap: TAP STATS room=general period="5s" in_pkts=1 out_pkts=1 fan_out_avg="1.0" ' +
    'seq_gaps=0 codecs_seen=["Opus24k", "Opus6k"]',
  ]);
});

function everything(watch: Required<RoomObserver>) {
  for (const person of [alice, stranger]) {
    watch.joined(person);
    watch.packet(person, packet(1), 1);
    watch.roomUpdate(person.room, []);
    watch.directive(person.room, "Opus6k", "");
    watch.left(person, 1, false);
  }
}

Deno.test("only the room that was named is watched, and a star names all", async () => {
  const one = tap("general");
  everything(one.watch());
  const lines = await one.lines();
  assert.equal(lines.length, 5);
  assert(lines.every((line) => line.includes("room=general")));
  const all = tap("*");
  everything(all.watch());
  assert.equal((await all.lines()).length, 10);
  assert.equal(all.clock.pending, 0);
});

Deno.test("rooms know of the tap only while something is watched", () => {
  const { clock, tap: debugTap, installed, watch } = tap(null);
  assert.equal(installed.size, 0);
  debugTap.watch("general");
  const first = watch();
  debugTap.watch("general");
  assert.equal(watch(), first);
  first.packet(alice, packet(1), 1);
  debugTap.watch("*");
  assert.equal(installed.size, 1);
  assert.equal(clock.pending, 0);
  debugTap.watch(null);
  assert.equal(installed.size, 0);
});

Deno.test("aliases cannot forge lines, fields or other aliases", async () => {
  const { sink, log, watch } = tap("*");
  const evil = 'x"\n2026-04-13T12:47:21Z  INFO debug_tap: TAP room=forged \u202e\x1b[2J", "root';
  watch().joined(participant(1, { alias: evil }));
  watch().roomUpdate("general", [evil, "Bob"]);
  await log.flush();
  assert.equal(sink.lines.length, 2);
  assert(!/[\p{Cc}\p{Cf}]/u.test(sink.text.replaceAll("\n", "")));
  const detail = / detail=("(?:[^"\\]|\\.)*")$/.exec(sink.lines[0]!)![1]!;
  assert.equal(JSON.parse(detail), `participant=1 addr=127.0.0.1:50001 alias=${evil}`);
  const list = / participants=(\[.*\])$/.exec(sink.lines[1]!)![1]!;
  assert.deepEqual(JSON.parse(list), [evil, "Bob"]);
});

Deno.test("a room name cannot forge a line either", async () => {
  const { sink, log, watch } = tap("*");
  const person = participant(1, { room: "a\nb room=c" });
  watch().joined(person);
  watch().packet(person, packet(1), 1);
  watch().directive("a\nb", "Opus6k\nx", "r\nx");
  await log.flush();
  assert.equal(sink.lines.length, 3);
  assert.match(sink.lines[0]!, / room="a\\nb room=c" event="join" /);
});

Deno.test("addresses are masked in packets and events when the operator asks for it", async () => {
  const { sink, log, watch } = tap("*", { addresses: "masked" });
  watch().joined(alice);
  watch().packet(alice, packet(1), 1);
  watch().left(bob, 1, false);
  await log.flush();
  assert(!/127\.0\.0\.1|db8::7|50000/.test(sink.text), sink.text);
  assert.match(sink.lines[0]!, /addr=127\.0\.0\.x alias=Alice"$/);
  assert.match(sink.lines[1]!, / addr=127\.0\.0\.x seq=1 /);
});

Deno.test("an address that is none is printed as it is", async () => {
  const { watch, lines } = tap("*");
  const person = participant(1, { address: "memory" });
  watch().joined(person);
  watch().packet(person, packet(1), 1);
  const [join, seen] = await lines();
  assert.match(join!, /addr=memory alias/);
  assert.match(seen!, / addr=memory seq/);
});
