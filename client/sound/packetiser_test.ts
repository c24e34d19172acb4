import assert from "node:assert/strict";
import { decodeMedia } from "../../proto/media_packet.ts";
import { Packetiser } from "./packetiser.ts";

const payload = Uint8Array.of(1, 2, 3);

Deno.test("numbers count packets, timestamps count time", () => {
  const packetiser = new Packetiser();
  const first = decodeMedia(packetiser.frame("Opus24k", payload, 20));
  const long = decodeMedia(packetiser.frame("Opus6k", payload, 40));
  packetiser.skip(20);
  const noise = decodeMedia(packetiser.comfortNoise(20));
  assert.deepEqual([first.seq, long.seq, noise.seq], [0, 1, 2]);
  assert.deepEqual([first.timestamp, long.timestamp, noise.timestamp], [0, 20, 80]);
  assert.deepEqual([first.codec, long.codec, noise.codec], ["Opus24k", "Opus6k", "ComfortNoise"]);
  assert.deepEqual(first.payload, payload);
  assert.deepEqual([...noise.payload], [50]);
  for (const { repair, fecRatio, fecBlock, fecSymbol } of [first, long, noise]) {
    assert.deepEqual([repair, fecRatio, fecBlock, fecSymbol], [false, 0, 0, 0]);
  }
});

Deno.test("numbers go round", () => {
  const packetiser = new Packetiser();
  for (let i = 0; i < 65_536; i++) packetiser.comfortNoise(20);
  assert.equal(decodeMedia(packetiser.comfortNoise(20)).seq, 0);
});

Deno.test("every fiftieth frame carries what is known of the path", () => {
  const packetiser = new Packetiser(() => ({ lossPercent: 10, rttMs: 100, jitterMs: 20 }));
  const trailers: number[] = [];
  for (let i = 1; i <= 100; i++) {
    // Comfort noise is no encoded frame.
    if (i % 7 === 0) packetiser.comfortNoise(20);
    const { quality } = decodeMedia(packetiser.frame("Opus24k", payload, 20));
    if (quality === null) continue;
    trailers.push(i);
    assert.deepEqual(quality, {
      loss_pct: 25,
      rtt_4ms: 25,
      jitter_ms: 20,
      bitrate_cap_kbps: 200,
    });
  }
  assert.deepEqual(trailers, [50, 100]);
});

Deno.test("nothing known is nothing said", () => {
  const packetiser = new Packetiser(() => null);
  for (let i = 0; i < 100; i++) {
    assert.equal(decodeMedia(packetiser.frame("Opus24k", payload, 20)).quality, null);
  }
});
