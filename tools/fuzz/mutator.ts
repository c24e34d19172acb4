/** Breeds inputs: valid ones with faults in them, mixtures of two, pure noise, and lengths nobody expects. */
import type { Random } from "./random.ts";

/** Byte values at which layouts and parsers change their mind. */
const EDGES = [0x00, 0x01, 0x02, 0x3c, 0x7f, 0x80, 0xfe, 0xff];

/** Text on which parsers of addresses, names and JSON stumble. */
const TOKENS = [
  ...'"\\{}[]:,.%-_0159af \n\0',
  "::",
  "null",
  "true",
  "{}",
  "[]",
  "-1",
  "1.0",
  "1e999",
  "256",
  "65536",
  "4294967296",
  "18446744073709551616",
  "\\u0000",
  "\\ud800",
  "__proto__",
  "constructor",
  "\u00e9",
  "\u202e",
  "[".repeat(300),
].map((token) => new TextEncoder().encode(token));

const DELIMITERS: ReadonlySet<number> = new Set(new TextEncoder().encode('"{}[]:,. '));

const LENGTHS = [0, 1, 2, 4, 7, 8, 11, 12, 13, 14, 15, 16, 20, 21, 22, 34, 63, 64, 253, 255, 256];
const LONG_LENGTHS = [1162, 1200, 1414, 16_384, 65_535, 65_536, 70_000];
/** Beyond every limit of the wire; rare, because each costs milliseconds. */
const HUGE_LENGTH = 1_048_576 + 8;

/** One new input. `corpus` is not empty and not changed. */
export function breed(random: Random, corpus: readonly Uint8Array[]): Uint8Array {
  const kind = random.below(100);
  if (kind < 10) return random.bytes(random.pick(LENGTHS));
  let input = random.pick(corpus);
  if (kind < 25) input = splice(random, input, random.pick(corpus));
  for (let faults = 1 + random.below(4); faults > 0; faults--) input = mutate(random, input);
  return input;
}

function mutate(random: Random, input: Uint8Array): Uint8Array {
  switch (random.below(12)) {
    case 0:
    case 1:
      return changeByte(random, input, (byte) => byte ^ (1 << random.below(8)));
    case 2:
      return changeByte(random, input, () => random.pick(EDGES));
    case 3:
      return changeByte(random, input, (byte) => byte + random.pick([1, -1, 16, -16]));
    case 4:
      return input.slice(0, random.below(input.length + 1));
    case 5:
      return input.slice(random.below(input.length + 1));
    case 6:
      return insert(random, input, random.pick(TOKENS));
    case 7:
      return insert(random, input, random.bytes(1 + random.below(8)));
    case 8:
      return remove(random, input);
    case 9:
    case 10:
      return replaceWord(random, input);
    default:
      return resize(random, input);
  }
}

function changeByte(
  random: Random,
  input: Uint8Array,
  change: (byte: number) => number,
): Uint8Array {
  if (input.length === 0) return input;
  const output = input.slice();
  // Headers are in front: half of the faults go there.
  const reach = random.below(2) === 0 ? Math.min(16, input.length) : input.length;
  const at = random.below(reach);
  output[at] = change(output[at]!);
  return output;
}

function insert(random: Random, input: Uint8Array, part: Uint8Array): Uint8Array {
  const at = random.below(input.length + 1);
  return concat(input.subarray(0, at), part, input.subarray(at));
}

function remove(random: Random, input: Uint8Array): Uint8Array {
  const at = random.below(input.length + 1);
  return concat(input.subarray(0, at), input.subarray(at + 1 + random.below(8)));
}

/** Exchanges what stands between two delimiters: in text, that mostly leaves the structure around it intact. */
function replaceWord(random: Random, input: Uint8Array): Uint8Array {
  let start = random.below(input.length + 1);
  let end = start;
  while (start > 0 && !DELIMITERS.has(input[start - 1]!)) start--;
  while (end < input.length && !DELIMITERS.has(input[end]!)) end++;
  return concat(input.subarray(0, start), random.pick(TOKENS), input.subarray(end));
}

/** Repeats or cuts the input to a length of interest. */
function resize(random: Random, input: Uint8Array): Uint8Array {
  const chance = random.below(20_000);
  const length = chance === 0 ? HUGE_LENGTH : random.pick(chance < 400 ? LONG_LENGTHS : LENGTHS);
  const output = new Uint8Array(length);
  if (input.length === 0) return output;
  for (let at = 0; at < length; at += input.length) {
    output.set(input.subarray(0, Math.min(input.length, length - at)), at);
  }
  return output;
}

function splice(random: Random, a: Uint8Array, b: Uint8Array): Uint8Array {
  return concat(a.subarray(0, random.below(a.length + 1)), b.subarray(random.below(b.length + 1)));
}

function concat(...parts: Uint8Array[]): Uint8Array {
  const output = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    output.set(part, at);
    at += part.length;
  }
  return output;
}
