import assert from "node:assert/strict";
import { inspect } from "node:util";
import { parseTokens, Tokens } from "./tokens.ts";

const OPERATE = "0123456789abcdef".repeat(4);
const READ = "fedcba9876543210".repeat(4);

function parsed(text: string): Tokens {
  const tokens = parseTokens(text);
  if ("problem" in tokens) throw new Error(tokens.problem);
  return tokens;
}

Deno.test("a file holds a token for operating and others that may only read", () => {
  const tokens = parsed(`# mine\n ${OPERATE}\r\n\nread ${READ}\n`);
  assert.equal(tokens.scopeOf(OPERATE), "operate");
  assert.equal(tokens.scopeOf(READ), "read");
  for (const wrong of ["", OPERATE.slice(1), `${OPERATE}0`, OPERATE.toUpperCase(), "read"]) {
    assert.equal(tokens.scopeOf(wrong), null, wrong);
  }
  assert.equal(parsed(`operate ${OPERATE}\nread ${OPERATE}`).scopeOf(OPERATE), "operate");
});

Deno.test("short tokens, odd characters and empty files are refused without being quoted", () => {
  for (
    const text of ["", "#\n\n", "short", `${OPERATE} more`, `write ${OPERATE}`, "p w".repeat(20)]
  ) {
    const outcome = parseTokens(text);
    assert("problem" in outcome, text);
    assert(!outcome.problem.includes("short") && !outcome.problem.includes(OPERATE));
  }
});

Deno.test("nothing that prints the tokens shows one", () => {
  const tokens = parsed(OPERATE);
  const shown = inspect(tokens, { showHidden: true, depth: 9 }) + JSON.stringify(tokens) +
    Deno.inspect(tokens, { showHidden: true });
  assert(!shown.includes(OPERATE));
});
