import assert from "node:assert/strict";
import fc from "fast-check";
import { readBody, readStatus } from "./auth_answer.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const read = (answer: unknown) => readBody(bytes(JSON.stringify(answer))).outcome;
const FP = "518e:b935:62fa:9e34:e59c:28b6:7fc2:d384";

Deno.test("a clear yes gives fingerprint and alias", () => {
  assert.deepEqual(read({ valid: true, fingerprint: FP, alias: "Alice", more: [1] }), {
    ok: true,
    fingerprint: FP,
    alias: "Alice",
  });
  for (const rest of [{}, { alias: null }, { alias: "" }, { alias: " \n" }]) {
    assert.deepEqual(read({ valid: true, fingerprint: FP, ...rest }), {
      ok: true,
      fingerprint: FP,
      alias: null,
    });
  }
});

Deno.test("a no is a no, whatever else the answer says", () => {
  for (const answer of [{ valid: false }, { valid: false, fingerprint: FP, alias: 1 }]) {
    assert.deepEqual(read(answer), { ok: false, reason: "token_rejected" });
  }
});

Deno.test("an answer that is not exactly as agreed lets nobody in", () => {
  const yes = { valid: true, fingerprint: FP };
  const answers: unknown[] = [
    {},
    [],
    [yes],
    null,
    true,
    "yes",
    { ...yes, valid: "true" },
    { ...yes, valid: 1 },
    { valid: true },
    { valid: true, fingerprint: null },
    { valid: true, fingerprint: 5 },
    { valid: true, fingerprint: [FP] },
    { valid: true, fingerprint: "" },
    { valid: true, fingerprint: `${FP}\n` },
    { valid: true, fingerprint: "\u001b[2J" },
    { valid: true, fingerprint: "x".repeat(129) },
    { ...yes, alias: 7 },
    { ...yes, alias: {} },
  ];
  for (const answer of answers) {
    assert.deepEqual(read(answer), { ok: false, reason: "service_bad_answer" });
  }
  const texts = ["", "yes", '{"valid":true', `{"valid":true,"fingerprint":"${FP}"}}`, "\ufeff"];
  for (const text of texts) {
    assert.deepEqual(readBody(bytes(text)), {
      outcome: { ok: false, reason: "service_bad_answer" },
      detail: "not JSON",
    });
  }
  assert.equal(readBody(Uint8Array.of(0x22, 0xff, 0x22)).detail, "not JSON");
  const inherited = `{"__proto__":{"valid":true,"fingerprint":"${FP}"}}`;
  assert.equal(readBody(bytes(inherited)).outcome.ok, false);
});

Deno.test("only success lets the body count; some statuses refuse, the others are faults", () => {
  for (const status of [200, 201, 299]) assert.equal(readStatus(status), null);
  for (const status of [400, 401, 403, 422]) {
    assert.deepEqual(readStatus(status)?.outcome, { ok: false, reason: "token_rejected" });
  }
  for (const status of [0, 100, 199, 300, 301, 302, 307, 404, 429, 500, 503, 999]) {
    assert.deepEqual(readStatus(status)?.outcome, { ok: false, reason: "service_bad_answer" });
  }
});

Deno.test("an alias comes without control characters, reordering and half characters, and is cut", () => {
  const alias = (text: string) => {
    const outcome = read({ valid: true, fingerprint: FP, alias: text });
    assert(outcome.ok);
    return outcome.alias;
  };
  assert.equal(alias("\u001b[2JEve\u202e\u2066\n\u2028x\u0000"), "[2JEvex");
  assert.equal(alias("a\ud800b"), "ab");
  assert.equal(alias("\ud83d\ude00".repeat(100)), "\ud83d\ude00".repeat(64));
  assert.equal(alias("Zo\u00eb \u5f20"), "Zo\u00eb \u5f20");
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
    const result = alias(text);
    if (result === null) return;
    assert([...result].length <= 64 && result.isWellFormed());
    assert.doesNotMatch(result, /\p{Cc}|\p{Bidi_Control}/u);
  }));
});

Deno.test("no bytes make the reader throw, and nothing but a good object opens the door", () => {
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map(bytes),
    fc.record({ valid: fc.anything(), fingerprint: fc.anything(), alias: fc.anything() })
      .map((answer) => bytes(JSON.stringify(answer, (_, v) => typeof v === "bigint" ? 1 : v))),
  );
  fc.assert(fc.property(body, (content) => {
    const { outcome, detail } = readBody(content);
    if (outcome.ok) assert.match(outcome.fingerprint, /^[\x21-\x7e]{1,128}$/);
    else assert.equal(detail !== undefined, outcome.reason === "service_bad_answer");
  }));
});
