import assert from "node:assert/strict";
import fc from "fast-check";
import { JitterBuffer, MAX_PACKETS } from "./jitter_buffer.ts";

/** Pushes numbers and notes what is played: the number, with `+n` before it for n lost ones. */
function play(buffer: JitterBuffer<number>, numbers: readonly number[], rest = true): string[] {
  const played: string[] = [];
  const pull = (all: boolean) => {
    for (let next = buffer.pull(all); next !== null; next = buffer.pull(all)) {
      if (next.lost > 0) played.push(`+${next.lost}`);
      played.push(String(next.packet));
    }
  };
  for (const seq of numbers) {
    buffer.push(seq, seq);
    pull(false);
  }
  if (rest) pull(true);
  return played;
}

const strings = (numbers: readonly number[]) => numbers.map(String);

Deno.test("playout begins with the third packet and the end gives the rest", () => {
  const buffer = new JitterBuffer<number>();
  assert.deepEqual(play(buffer, [0, 1], false), []);
  assert.deepEqual(play(buffer, [2], false), ["0"]);
  assert.equal(buffer.depth, 2);
  assert.deepEqual(play(buffer, []), ["1", "2"]);
});

Deno.test("a gap is told with the packet behind it and does not make the buffer deeper", () => {
  const buffer = new JitterBuffer<number>();
  assert.deepEqual(play(buffer, [0, 1, 2, 5, 6, 7], false), ["0", "1", "2", "+2", "5"]);
  assert.equal(buffer.depth, 2);
});

Deno.test("numbers go round", () => {
  const numbers = [65533, 65534, 65535, 0, 1, 2];
  assert.deepEqual(play(new JitterBuffer(), numbers), strings(numbers));
});

Deno.test("what comes after its turn is late, what comes twice a duplicate", () => {
  const buffer = new JitterBuffer<number>();
  assert.deepEqual(play(buffer, [10, 11, 13, 14, 15, 12, 15, 16]), [
    "10",
    "11",
    "+1",
    "13",
    "14",
    "15",
    "16",
  ]);
  assert.equal(buffer.drops.late, 1);
  assert.equal(buffer.drops.duplicate, 1);
});

Deno.test("a backward jump of more than 100 is a new sender, one of 100 is late", () => {
  const late = new JitterBuffer<number>();
  play(late, [200, 201, 202], false);
  late.push(101, 101);
  assert.equal(late.drops.late, 1);
  const fresh = new JitterBuffer<number>();
  play(fresh, [200, 201, 202], false);
  assert.deepEqual(play(fresh, [100, 101, 102]), ["100", "101", "102"]);
  assert.equal(fresh.drops.replaced, 2);
});

Deno.test("the first packet of each sender is marked", () => {
  const buffer = new JitterBuffer<number>();
  const firsts: number[] = [];
  for (const seq of [500, 501, 502, 503, 0, 1, 2, 3]) {
    buffer.push(seq, seq);
    const next = buffer.pull();
    if (next?.first) firsts.push(next.packet);
  }
  assert.deepEqual(firsts, [500, 0]);
});

Deno.test("of two speakers at once one is heard, and the other when the first falls silent", () => {
  const buffer = new JitterBuffer<number>();
  const both = Array.from({ length: 20 }, (_, i) => [5_000 + i, i]).flat();
  assert.deepEqual(play(buffer, both, false), strings(Array.from({ length: 18 }, (_, i) => i)));
  const alone = Array.from({ length: 10 }, (_, i) => 5_020 + i);
  assert.deepEqual(play(buffer, alone), strings(alone.slice(2)));
});

Deno.test("a jump ahead that can be loss is loss", () => {
  const buffer = new JitterBuffer<number>();
  const played = play(buffer, [0, 1, 2, 250, 251, 252]);
  assert.deepEqual(played, ["0", "1", "2", "+247", "250", "251", "252"]);
});

Deno.test("whatever is at most two places off its order comes out in order", () => {
  const shuffled = fc.tuple(fc.nat(65535), fc.array(fc.nat(2), { minLength: 3, maxLength: 400 }))
    .map(([start, delays]) =>
      delays.map((delay, i) => ({ at: i + delay, i }))
        .toSorted((a, b) => a.at - b.at || a.i - b.i)
        .map(({ i }) => (start + i) & 0xffff)
    );
  fc.assert(fc.property(shuffled, (numbers) => {
    // Playout begins with the lowest of the first three, so the first must be among them.
    const expected = numbers.toSorted((a, b) =>
      distance(numbers[0]!, a) - distance(numbers[0]!, b)
    );
    assert.deepEqual(play(new JitterBuffer(), numbers), strings(expected));
  }));
  function distance(from: number, to: number): number {
    return ((to - from) << 16) >> 16;
  }
});

Deno.test("every packet is played, dropped for one reason or still there, and memory is bounded", () => {
  const near = fc.integer({ min: -150, max: 400 });
  const steps = fc.array(
    fc.record({
      jump: fc.oneof({ weight: 8, arbitrary: near }, fc.nat(65535)),
      pull: fc.boolean(),
    }),
    { maxLength: 600 },
  );
  fc.assert(fc.property(steps, (all) => {
    const buffer = new JitterBuffer<number>();
    let seq = 0;
    let played = 0;
    for (const { jump, pull } of all) {
      seq = (seq + jump) & 0xffff;
      buffer.push(seq, seq);
      assert.ok(buffer.depth <= MAX_PACKETS);
      if (pull && buffer.pull() !== null) played++;
    }
    const { late, duplicate, stranger, overflow, replaced } = buffer.drops;
    const dropped = late + duplicate + stranger + overflow + replaced;
    assert.equal(played + dropped + buffer.depth, all.length);
  }));
});
