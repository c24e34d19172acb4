import assert from "node:assert/strict";
import { ManualClock } from "../../quic/manual_clock.ts";
import { Reprobe } from "./reprobe.ts";

const times = { calmMs: 20_000, hurryMs: 2_000, hurryForMs: 30_000 };
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

function setUp(random = () => 0.5) {
  const clock = new ManualClock();
  const probes: [at: number, maxAgeMs: number][] = [];
  let ended = Promise.resolve();
  const reprobe = new Reprobe({
    clock,
    random,
    times,
    probe(maxAgeMs) {
      probes.push([clock.now(), maxAgeMs]);
      return ended;
    },
  });
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 100) {
      clock.advance(Math.min(100, left));
      await settle();
    }
  };
  const holdUp = (until: Promise<void>) => ended = until;
  return { clock, reprobe, probes, pass, holdUp };
}

Deno.test("in quiet times probes come now and then, for what has grown old", async () => {
  const { reprobe, probes, pass } = setUp();
  await pass(30_000);
  assert.equal(probes.length, 0, "not before the start");
  reprobe.start();
  reprobe.start();
  await pass(45_000);
  assert.deepEqual(probes.map(([, age]) => age), [10_000, 10_000]);
  reprobe.stop();
  await pass(60_000);
  assert.equal(probes.length, 2);
});

Deno.test("when something got worse they come often for a while, beginning at once", async () => {
  const { reprobe, probes, pass } = setUp();
  reprobe.start();
  await pass(1_000);
  reprobe.hurry();
  await pass(30_000);
  assert.ok(probes.length >= 12 && probes.length <= 16, `${probes.length}`);
  assert.ok(probes[0]![0] <= 3_100);
  const before = probes.length;
  await pass(42_000);
  assert.ok(probes.length - before <= 4, "calm again");
});

Deno.test("hurrying again and again does not put the next probe off", async () => {
  const { reprobe, probes, pass } = setUp();
  reprobe.start();
  for (let i = 0; i < 100; i++) {
    reprobe.hurry();
    await pass(100);
  }
  assert.ok(probes.length >= 4);
});

Deno.test("waits differ by up to a fifth to either side", async () => {
  const first = async (random: number) => {
    const { reprobe, probes, pass } = setUp(() => random);
    reprobe.start();
    await pass(30_000);
    return probes[0]![0];
  };
  assert.equal(await first(0), 16_000);
  assert.equal(await first(0.5), 20_000);
  assert.ok(await first(0.999) > 23_900);
});

Deno.test("the next round waits for the one before", async () => {
  const { reprobe, probes, pass, holdUp } = setUp();
  const slow = Promise.withResolvers<void>();
  holdUp(slow.promise);
  reprobe.start();
  await pass(100_000);
  assert.equal(probes.length, 1);
  reprobe.hurry();
  await pass(10_000);
  assert.equal(probes.length, 1);
  slow.resolve();
  await pass(5_000);
  assert.ok(probes.length >= 2);
});
