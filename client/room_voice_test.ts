import assert from "node:assert/strict";
import { PROFILES } from "../proto/codec.ts";
import { Identity } from "../proto/identity.ts";
import { codecOf } from "../proto/media_header.ts";
import { nodeCrypto } from "../proto/node_crypto.ts";
import { ManualClock } from "../quic/manual_clock.ts";
import { RoomVoice, type RoomVoiceOptions, type VoiceEvent } from "./room_voice.ts";
import { LevelMeter } from "./sound/level.ts";
import { toneSource } from "./sound/source.ts";
import { TestingRelay, type TestingRelayOptions } from "./testing_relay.ts";

/** Lets everything that waits for nothing but other promises happen. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

function setUp(relayOptions: Partial<TestingRelayOptions> = {}) {
  const clock = new ManualClock();
  const relay = new TestingRelay({ clock, crypto: nodeCrypto, ...relayOptions });
  const join = (more: Partial<RoomVoiceOptions> = {}) =>
    RoomVoice.join({
      endpoint: relay.endpoint(),
      address: { ip: "127.0.0.1", port: 4433 },
      room: "r",
      identity: new Identity(nodeCrypto, nodeCrypto.random(32)),
      clock,
      crypto: nodeCrypto,
      ...more,
    });
  const leave = async (...voices: RoomVoice[]) => {
    const left = Promise.all(voices.map((voice) => voice.leave()));
    for (let i = 0; i < 10; i++) {
      await settle();
      clock.advance(100);
    }
    await left;
  };
  return { clock, relay, join, leave };
}

Deno.test("a tone through the relay arrives whole and as loud", async () => {
  const { clock, join, leave } = setUp();
  const heard = new LevelMeter();
  const listener = await join({ sink: (pcm) => heard.add(pcm) });
  const speaker = await join({ source: toneSource(1) });
  speaker.sender!.start();
  clock.advance(1_000);
  await speaker.sender!.done;
  await leave(speaker, listener);
  assert.equal(listener.receiver.counts.packets, 50);
  assert.equal(heard.samples, 48_000);
  assert.ok(Math.abs(heard.rms / speaker.sender!.rms - 1) < 0.1);
  assert.equal(speaker.receiver.counts.packets, 0);
  assert.equal(clock.pending, 0);
});

Deno.test("one packet in ten lost shortens nothing and costs little level", async () => {
  const { clock, join, leave } = setUp({ loses: (packet) => packet % 10 === 5 });
  const heard = new LevelMeter();
  const listener = await join({ sink: (pcm) => heard.add(pcm) });
  const speaker = await join({ source: toneSource(2) });
  speaker.sender!.start();
  clock.advance(2_000);
  await leave(speaker, listener);
  assert.equal(listener.receiver.counts.lost, 10);
  assert.equal(heard.samples, 96_000);
  assert.ok(Math.abs(heard.rms / speaker.sender!.rms - 1) < 0.1, `RMS ${heard.rms}`);
});

Deno.test("directives are obeyed at once, Codec2 as Opus6k", async () => {
  const { clock, relay, join, leave } = setUp();
  const codecs: string[] = [];
  const events: VoiceEvent[] = [];
  const speaker = await join({
    source: toneSource(10),
    onSend: (packet) => codecs.push(codecOf(packet)),
    onEvent: (event) => events.push(event),
  });
  speaker.sender!.start();
  for (const profile of [PROFILES.STUDIO_64K, PROFILES.CATASTROPHIC, PROFILES.DEGRADED]) {
    relay.send({ type: "QualityDirective", recommended_profile: profile, reason: null });
    await settle();
    clock.advance(40);
  }
  assert.deepEqual(codecs, ["Opus24k", "Opus64k", "Opus64k", "Opus6k", "Opus6k"]);
  const tiers = events.flatMap((event) =>
    event.type === "tier" ? [[event.tier.codec, event.wanted]] : []
  );
  assert.deepEqual(tiers, [["Opus64k", "Opus64k"], ["Opus6k", "Codec2_1200"]]);
  await leave(speaker);
});

Deno.test("the profile of the answer is what is begun with", async () => {
  const { join, leave } = setUp({ chosenProfile: PROFILES.DEGRADED });
  const speaker = await join({ source: toneSource(1) });
  assert.equal(speaker.sender!.tier.codec, "Opus6k");
  await leave(speaker);
});

Deno.test("every five seconds the relay is told how much was concealed", async () => {
  const { clock, relay, join, leave } = setUp({ loses: (packet) => packet === 20 });
  const listener = await join();
  const speaker = await join({ source: toneSource(1) });
  speaker.sender!.start();
  clock.advance(5_000);
  const guest = relay.guests[0]!;
  await relay.until(() => guest.signals.length > 0);
  assert.deepEqual(guest.signals, [{
    type: "LossRecoveryUpdate",
    dred_reconstructions: 0,
    classical_plc_invocations: 1,
    // Two wait in the jitter buffer.
    frames_decoded: 47,
  }]);
  await leave(speaker, listener);
});

Deno.test("about once a second a packet says how the path is", async () => {
  const { clock, join, leave } = setUp();
  const trailers: boolean[] = [];
  const speaker = await join({
    source: toneSource(3),
    onSend: (packet) => trailers.push((packet[0]! & 2) !== 0),
  });
  speaker.sender!.start();
  clock.advance(3_000);
  assert.deepEqual(trailers.flatMap((trailer, i) => trailer ? [i + 1] : []), [50, 100, 150]);
  await leave(speaker);
});

Deno.test("a listener sends nothing", async () => {
  const { clock, relay, join, leave } = setUp();
  const listener = await join();
  clock.advance(3_000);
  assert.equal(listener.sender, null);
  assert.equal(relay.packets, 0);
  await leave(listener);
});
