import assert from "node:assert/strict";
import { WireError } from "../../proto/errors.ts";
import { runFuzz } from "./command.ts";
import { fuzz } from "./fuzzer.ts";
import { decoderTarget, ensure } from "./target.ts";

/** Fails for one way in which inputs that start with 7 can be wrong. */
const faulty = decoderTarget("faulty", () => [Uint8Array.of(7, 1, 2, 3)], (bytes) => {
  if (bytes.length < 3) throw new WireError("truncated", `Cannot parse ${bytes.length} bytes`);
  if (bytes[0] !== 7) throw new WireError("malformed", "Cannot parse: wrong mark");
  if (bytes[1] === 0xff) throw new TypeError("planted fault");
  return bytes[1];
});

const sound = decoderTarget("sound", () => [Uint8Array.of(7, 1)], (bytes) => {
  if (bytes.length === 0) throw new WireError("truncated", "Cannot parse: empty");
  return bytes[0];
});

const oneBatch = () => true;

Deno.test("a planted fault is found, with the input that shows it", () => {
  const { failure, inputs } = fuzz(faulty, { seed: 1, enough: (count) => count > 100_000 });
  assert.ok(failure !== null);
  assert.match(String(failure.error), /planted fault/);
  assert.equal(failure.number, inputs);
  assert.equal(failure.input[0], 7);
  assert.equal(failure.input[1], 0xff);
});

Deno.test("one seed finds a fault at the same input again", () => {
  const first = fuzz(faulty, { seed: 5, enough: (count) => count > 100_000 });
  const again = fuzz(faulty, { seed: 5, enough: (count) => count > 100_000 });
  assert.ok(first.failure !== null);
  assert.deepEqual(again.failure?.input, first.failure.input);
  assert.equal(again.failure?.number, first.failure.number);
});

Deno.test("every input is counted in one outcome, and details count as behaviours", () => {
  const details = decoderTarget(
    "details",
    () => [new Uint8Array(3)],
    (bytes) => bytes.length,
    (length) => length > 1 ? `long ${length % 2}` : "short",
  );
  const report = fuzz(details, { seed: 3, enough: oneBatch });
  const sum = [...report.outcomes.values()].reduce((total, count) => total + count, 0);
  assert.equal(sum, report.inputs);
  assert.deepEqual([...report.outcomes.keys()].sort(), ["long", "short"]);
  assert.equal(report.behaviours, 3);
  assert.equal(report.failure, null);
});

Deno.test("a broken promise about a decoded value is a failure", () => {
  const target = decoderTarget("promise", () => [new Uint8Array(3)], (bytes) => bytes, (bytes) => {
    ensure(bytes.length < 200, "inputs are short");
    return "ok";
  });
  const { failure } = fuzz(target, { seed: 1, enough: (count) => count > 10_000 });
  assert.match(String(failure?.error), /Broken promise: inputs are short/);
});

Deno.test("the command prints what each target did and ends with 0", () => {
  const lines: string[] = [];
  const args = ["--seconds", "0.01", "--seed", "9"];
  const code = runFuzz(args, [sound], (line) => lines.push(line));
  assert.equal(code, 0);
  assert.match(lines[0]!, /^seed 9, /);
  assert.match(lines[1]!, /^sound .* inputs .*\/s .* 2 behaviours: ok \d+, truncated \d+$/);
  assert.match(lines[2]!, /0 of 1 targets failed$/);
});

Deno.test("the command prints a failing input in hex with the seed and ends with 1", () => {
  const lines: string[] = [];
  const args = ["--seconds", "60", "--seed", "9", "--target", "faulty"];
  const code = runFuzz(args, [sound, faulty], (line) => lines.push(line));
  const text = lines.join("\n");
  assert.equal(code, 1);
  assert.match(text, /faulty FAILED on input \d+, \d+ bytes in hex:\n07ff/);
  assert.match(text, /planted fault/);
  assert.match(text, /--target faulty --seed 9/);
  assert.doesNotMatch(text, /^sound /m);
});

Deno.test("the command refuses options it does not understand with 64", () => {
  for (
    const args of [["--seconds", "0"], ["--seed", "x"], ["--target", "none"], ["--what"], ["more"]]
  ) {
    const lines: string[] = [];
    assert.equal(runFuzz(args, [sound], (line) => lines.push(line)), 64, args.join(" "));
    assert.match(lines[0]!, /Usage: deno task fuzz/);
  }
});
