import assert from "node:assert/strict";
import { ManualClock } from "../../quic/manual_clock.ts";
import { FirstProbes } from "./first_probes.ts";

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

/** When it is settled, with these things happening at these times. */
async function settledAt(happens: (probes: FirstProbes, now: number) => void): Promise<number> {
  const clock = new ManualClock();
  const probes = new FirstProbes(clock);
  let done = false;
  probes.settled(1_500, 2_000).then(() => done = true);
  while (!done) {
    happens(probes, clock.now());
    await settle();
    if (!done) clock.advance(20);
    await settle();
  }
  assert.equal(clock.pending, 0);
  return clock.now();
}

Deno.test("when all have finished nobody waits any longer", async () => {
  assert.equal(await settledAt((probes, now) => now === 100 && probes.end()), 100);
});

Deno.test("who takes twice as long as the slowest that finished, and a quarter of a second, is not waited for", async () => {
  const at = await settledAt((probes, now) => {
    if (now === 60 || now === 200) probes.finished(true);
  });
  assert.ok(at > 650 && at <= 680, `${at}`);
});

Deno.test("a failure says nothing about how long others need", async () => {
  assert.equal(await settledAt((probes, now) => now === 60 && probes.finished(false)), 2_000);
});

Deno.test("with anything measured the wait is shorter than with nothing", async () => {
  assert.equal(await settledAt((probes, now) => now === 60 && probes.measured()), 1_500);
  assert.equal(await settledAt(() => {}), 2_000);
});
