/** Puts what was given by whom into sentences that are safe to print on a terminal. */
import type { Problem } from "./value_types.ts";

const UNPRINTABLE =
  // deno-lint-ignore no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Text without control characters and invisible ones, which become `\uXXXX`. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** A value as it stood in the file, cut when long. */
export function show(value: unknown): string {
  let text = typeof value === "number" ? String(value) : JSON.stringify(value) ?? String(value);
  if (text.length > 60) text = `${text.slice(0, 57)}...`;
  return printable(text);
}

/** `name must be this, not that`; of a secret the value is left out. */
export function problemSentence(name: string, problem: Problem, secret: boolean): string {
  const steps = problem.path.map((step) => typeof step === "number" ? `[${step}]` : `.${step}`);
  const not = "got" in problem && !secret ? `, not ${show(problem.got)}` : "";
  return `${printable(name + steps.join(""))} ${problem.text}${not}`;
}
