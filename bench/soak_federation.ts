/** Links of a relay that are lost and made again for ten minutes: whether its memory grows. */
import { Flapping, growth, MAX_GROWTH_KB } from "../tests/federation/flapping.ts";
import { numberFlag, onlyFlags } from "./rig/figures.ts";

/*
 * Method: VmRSS of the relay in the middle of a star, which stays up, after each round of a link that is forgotten by
 * a reload, a peer that is killed and one that is stopped. The first quarter of the time is not looked at.
 */
onlyFlags("seconds", "every");
const seconds = numberFlag("seconds", 600);
const every = numberFlag("every", 10);

await using flapping = await Flapping.start();
let shown = 0;
for (let passed = 0; passed < seconds || flapping.samples.length < 4;) {
  await flapping.round();
  const last = flapping.samples.at(-1)!;
  passed = last.seconds;
  if (passed - shown < every && passed < seconds) continue;
  shown = passed;
  const resident = (last.residentKb / 1024).toFixed(1);
  console.log(`${passed.toFixed(0).padStart(5)} s  ${last.flaps} links lost  ${resident} MB`);
}
const more = growth(flapping.samples);
console.log(`growth after the first quarter  ${(more / 1024).toFixed(1)} MB`);
console.log(`must: under ${MAX_GROWTH_KB / 1024} MB in 600 s`);
if (more >= MAX_GROWTH_KB) Deno.exitCode = 1;
