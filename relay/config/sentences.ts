/** Puts what was given by whom into sentences that are safe to print on a terminal. */
import type { Problem } from "./value_types.ts";

const UNPRINTABLE =
  // deno-lint-ignore no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Text without control characters and invisible ones, which become `\uXXXX`. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** A name somebody made up, printable and cut when long. */
export function printableName(name: string): string {
  return cut(printable(cut(name, MAX_NAME)), MAX_NAME);
}

/** A value as it stood in the file, cut when long. */
export function show(value: unknown): string {
  const text = typeof value === "number" || typeof value === "bigint"
    ? String(value)
    : JSON.stringify(value, (_, part) => typeof part === "bigint" ? String(part) : part) ??
      String(value);
  return printable(cut(text, MAX_VALUE));
}

/** `name must be this, not that`; of a secret the value is left out. */
export function problemSentence(name: string, problem: Problem, secret: boolean): string {
  const steps = problem.path.map((step) =>
    typeof step === "number" ? `[${step}]` : `.${cut(step, MAX_NAME)}`
  );
  const not = "got" in problem && !secret ? `, not ${show(problem.got)}` : "";
  return `${printable(name + steps.join(""))} ${problem.text}${not}`;
}

const MAX_NAME = 80;
const MAX_VALUE = 60;

/** At most `limit` characters, and no half of a character that needs two. */
function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${text.slice(0, limit - 3).replace(/[\ud800-\udbff]$/, "")}...`;
}
