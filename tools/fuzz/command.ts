/** The command line of the fuzzer: options in, a table and an exit code out. */
import { Buffer } from "node:buffer";
import { parseArgs } from "node:util";
import { fuzz, type FuzzFailure, type FuzzReport } from "./fuzzer.ts";
import type { FuzzTarget } from "./target.ts";

interface Options {
  readonly seconds: number;
  readonly seed: number;
  readonly targets: readonly FuzzTarget[];
}

/** Fuzzes as `args` say and answers the exit code: 0, 1 after a failure, 64 for options it does not understand. */
export function runFuzz(
  args: string[],
  targets: readonly FuzzTarget[],
  print: (line: string) => void,
): number {
  const options = optionsFrom(args, targets);
  if (typeof options === "string") {
    print(`${options}\n${usage(targets)}`);
    return 64;
  }
  print(`seed ${options.seed}, ${options.seconds} s, ${options.targets.length} targets`);
  let inputs = 0;
  let failures = 0;
  const start = performance.now();
  for (const target of options.targets) {
    const began = performance.now();
    const until = began + options.seconds * 1000 / options.targets.length;
    const enough = () => performance.now() >= until;
    const report = fuzz(target, { seed: options.seed, enough });
    print(reportLine(target.name, report, performance.now() - began));
    inputs += report.inputs;
    if (report.failure === null) continue;
    failures++;
    print(failureText(target.name, report.failure, options.seed));
  }
  const rate = perSecond(inputs, performance.now() - start);
  print(`${inputs} inputs, ${rate}, ${failures} of ${options.targets.length} targets failed`);
  return failures === 0 ? 0 : 1;
}

/** The options, or what is wrong with them. */
function optionsFrom(args: string[], all: readonly FuzzTarget[]): Options | string {
  let values: { seconds?: string; seed?: string; target?: string };
  try {
    const string = { type: "string" } as const;
    values = parseArgs({ args, options: { seconds: string, seed: string, target: string } }).values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const seconds = Number(values.seconds ?? 10);
  const seed = Number(values.seed ?? crypto.getRandomValues(new Uint32Array(1))[0]);
  const targets = all.filter(({ name }) => name === (values.target ?? name));
  if (!(seconds > 0 && seconds < Infinity)) return "--seconds wants a number above 0";
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffff_ffff) {
    return "--seed wants an integer from 0 to 4294967295";
  }
  if (targets.length === 0) return `There is no target ${values.target}`;
  return { seconds, seed, targets };
}

function usage(targets: readonly FuzzTarget[]): string {
  return `
Usage: deno task fuzz [--seconds N] [--seed N] [--target NAME]

  --seconds N    time for all targets together, default 10
  --seed N       repeats the inputs of an earlier run, default: a new one
  --target NAME  only this one of
                 ${targets.map((target) => target.name).join(", ")}`;
}

function reportLine(name: string, report: FuzzReport, ms: number): string {
  const outcomes = [...report.outcomes].sort(([a], [b]) => a < b ? -1 : 1);
  return [
    name.padEnd(16),
    `${report.inputs} inputs`.padStart(16),
    perSecond(report.inputs, ms).padStart(11),
    `slowest ${report.slowestMs.toFixed(1)} ms`.padStart(18),
    `${report.behaviours} behaviours`.padStart(16),
    ": ",
    outcomes.map(([outcome, count]) => `${outcome} ${count}`).join(", "),
  ].join("");
}

function failureText(name: string, failure: FuzzFailure, seed: number): string {
  const { number, input, error } = failure;
  return [
    `${name} FAILED on input ${number}, ${input.length} bytes in hex:`,
    Buffer.from(input).toString("hex"),
    error instanceof Error && error.stack !== undefined ? error.stack : String(error),
    `Repeat with: deno task fuzz --target ${name} --seed ${seed}`,
  ].join("\n");
}

function perSecond(inputs: number, ms: number): string {
  return `${Math.round(inputs / (ms / 1000))}/s`;
}
