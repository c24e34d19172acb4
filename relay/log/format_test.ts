import assert from "node:assert/strict";
import fc from "fast-check";
import { Secret } from "../secret.ts";
import type { FieldValue } from "../ports/log.ts";
import { cut, cutList, MAX_VALUE_LENGTH } from "./escape.ts";
import { addressText, formatLine, type LineStyle, type LogRecord } from "./format.ts";

const PRETTY: LineStyle = { format: "pretty", addresses: "full", colour: false };
const LOGFMT: LineStyle = { ...PRETTY, format: "logfmt" };
const JSON_STYLE: LineStyle = { ...PRETTY, format: "json" };

function record(message: string, fields: Record<string, FieldValue> = {}): LogRecord {
  return { time: "2026-04-13T12:47:21.123456Z", level: "info", area: "relay", message, fields };
}

const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ maxLength: 40 }),
  fc.array(fc.nat(0xffff), { maxLength: 20 }).map((units) => String.fromCharCode(...units)),
  fc.constantFrom(
    "\n",
    "\r\n",
    "\x1b[2J",
    "a\u2028b",
    "\u202eabc",
    "\\",
    '"',
    '\\"',
    "",
    "=",
    "a b",
  ),
  fc.integer({ min: MAX_VALUE_LENGTH - 3, max: MAX_VALUE_LENGTH + 3 }).map((n) =>
    "\u{1f399}x".repeat(n)
  ),
);
const anyFields = fc.array(
  fc.tuple(
    fc.constantFrom("room", "addr", "alias", "msg", "level", "ts", "tls_fingerprint", "odd key\n="),
    fc.oneof(
      anyText,
      fc.array(anyText, { maxLength: 4 }),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
    ),
  ),
  { maxLength: 5 },
).map((entries) => Object.fromEntries(entries) as Record<string, Plain>);

type Plain = string | string[] | number | boolean | null;

/** What a reader must get back for a field. */
function expected(fields: Record<string, Plain>) {
  return Object.entries(fields).map(([key, value]) => {
    const name = key.replace(/[^A-Za-z0-9_.-]/g, "_");
    const finite = typeof value !== "number" || Number.isFinite(value);
    return [
      ["msg", "level", "ts"].includes(name) ? `${name}_` : name,
      Array.isArray(value)
        ? cutList(value)
        : typeof value === "string"
        ? cut(value)
        : finite
        ? value
        : String(value),
    ] as const;
  });
}

/** A reader of logfmt: bare words, or JSON strings. */
function parseLogfmt(line: string): Map<string, string> {
  const pairs = new Map<string, string>();
  const pair = /(?:^| )([A-Za-z0-9_.-]+)=("(?:[^"\\]|\\.)*"|[^ "=]+)/y;
  while (pair.lastIndex < line.length) {
    const match = pair.exec(line);
    assert(match !== null, `not logfmt: ${line}`);
    const [, key, value] = match as unknown as [string, string, string];
    assert(!pairs.has(key), `twice ${key}: ${line}`);
    pairs.set(key, value.startsWith('"') ? JSON.parse(value) : value);
  }
  return pairs;
}

Deno.test("a pretty line has the shape that scripts know from the original", () => {
  const line = formatLine(
    record("starting", {
      addr: "[::]:4433",
      fingerprint: "518e:b935:62fa:9e34:e59c:28b6:7fc2:d384",
      tls_fingerprint: "aa:bb",
      room: "general",
      version: "9377a90",
      count: 2,
      on: true,
      nothing: undefined,
    }),
    PRETTY,
  );
  assert.equal(
    line,
    "2026-04-13T12:47:21.123456Z  INFO relay: starting addr=[::]:4433 " +
      "fingerprint=518e:b935:62fa:9e34:e59c:28b6:7fc2:d384 tls_fingerprint=aa:bb room=general " +
      'version="9377a90" count=2 on=true',
  );
});

Deno.test("a bare value that would not be read back as one word is quoted", () => {
  assert.match(formatLine(record("x", { room: "a b" }), PRETTY), / room="a b"$/);
  assert.match(formatLine(record("x", { room: "" }), PRETTY), / room=""$/);
  assert.match(formatLine(record("x", { room: "a\nINFO x" }), PRETTY), / room="a\\nINFO x"$/);
});

Deno.test("a coloured line keeps a key beside its equals sign and its value", () => {
  const line = formatLine(record("x", { room: "general" }), { ...PRETTY, colour: true });
  assert(line.includes("\x1b[32m INFO\x1b[0m"));
  assert(line.includes(" room=general"));
});

Deno.test("logfmt and JSON name time, level, area and message, and other fields never replace them", () => {
  const event = record("hello there", { level: "x", n: 1n, bad: NaN, error: new Error("no\nway") });
  assert.equal(
    formatLine(event, LOGFMT),
    'ts=2026-04-13T12:47:21.123456Z level=info area=relay msg="hello there" level_=x n=1 bad=NaN error="no\\nway"',
  );
  assert.deepEqual(JSON.parse(formatLine(event, JSON_STYLE)), {
    ts: "2026-04-13T12:47:21.123456Z",
    level: "info",
    area: "relay",
    msg: "hello there",
    level_: "x",
    n: "1",
    bad: "NaN",
    error: "no\nway",
  });
});

Deno.test("secrets are masked in every format", () => {
  for (const style of [PRETTY, LOGFMT, JSON_STYLE]) {
    const line = formatLine(record("x", { token: new Secret("hunter2") }), style);
    assert(!line.includes("hunter2"));
    assert(line.includes("***"));
  }
  assert(!Deno.inspect({ token: new Secret("hunter2") }).includes("hunter2"));
  assert(!JSON.stringify({ token: new Secret("hunter2") }).includes("hunter2"));
});

Deno.test("addresses of others are whole or only their network, as the operator wants", () => {
  const masked: LineStyle = { ...PRETTY, addresses: "masked" };
  const v4 = { ip: "192.0.2.77", port: 5000 };
  const v6 = { ip: "2001:db8:1:2::77", port: 5000 };
  assert.match(formatLine(record("x", { addr: v4 }), PRETTY), / addr=192\.0\.2\.77:5000$/);
  assert.match(formatLine(record("x", { addr: v6 }), PRETTY), / addr=\[2001:db8:1:2::77\]:5000$/);
  assert.match(formatLine(record("x", { addr: v4 }), masked), / addr=192\.0\.2\.x$/);
  assert.match(formatLine(record("x", { peer: v6 }), masked), / peer="2001:db8:1:x"$/);
  assert.equal(addressText({ ip: "nonsense", port: 1 }, "masked"), "x");
});

Deno.test("whatever a record holds, its line is one line of printable characters in every format", () => {
  fc.assert(
    fc.property(anyText, anyFields, (message, fields) => {
      for (const style of [PRETTY, LOGFMT, JSON_STYLE]) {
        const line = formatLine(record(message, fields), style);
        assert(!/[\p{C}\p{Zl}\p{Zp}]/u.test(line), JSON.stringify(line));
      }
    }),
    { numRuns: 2000 },
  );
});

Deno.test("a JSON line parses back to the message and fields it was made of", () => {
  fc.assert(
    fc.property(anyText, anyFields, (message, fields) => {
      const parsed = JSON.parse(formatLine(record(message, fields), JSON_STYLE));
      assert.equal(parsed.msg, cut(message));
      for (const [key, value] of expected(fields)) {
        assert.deepEqual(parsed[key], Object.is(value, -0) ? 0 : value);
      }
    }),
    { numRuns: 2000 },
  );
});

Deno.test("a logfmt line parses back to the message and fields it was made of", () => {
  fc.assert(
    fc.property(anyText, anyFields, (message, fields) => {
      const parsed = parseLogfmt(formatLine(record(message, fields), LOGFMT));
      assert.equal(parsed.get("msg"), cut(message));
      assert.equal(parsed.get("level"), "info");
      for (const [key, value] of expected(fields)) {
        if (Array.isArray(value)) assert.deepEqual(JSON.parse(parsed.get(key)!), value);
        else assert.equal(parsed.get(key), String(value));
      }
      assert.equal(parsed.size, 4 + Object.keys(fields).length);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("long values are cut and say how much is missing, without splitting a character", () => {
  assert.equal(cut("x".repeat(MAX_VALUE_LENGTH)).length, MAX_VALUE_LENGTH);
  assert.equal(
    cut("x".repeat(MAX_VALUE_LENGTH + 5)),
    "x".repeat(MAX_VALUE_LENGTH) + "... (5 more)",
  );
  const split = cut("x".repeat(MAX_VALUE_LENGTH - 1) + "\u{1f399}yy");
  assert.equal(split, "x".repeat(MAX_VALUE_LENGTH - 1) + "... (4 more)");
});

Deno.test("a list is printed with each text in quotes, and as a list in JSON", () => {
  const fields = { participants: ["Alice", 'a", "b', "x\ny"] };
  assert.match(
    formatLine(record("x", fields), PRETTY),
    / participants=\["Alice", "a\\", \\"b", "x\\ny"\]$/,
  );
  assert.match(formatLine(record("x", { participants: [] }), PRETTY), / participants=\[\]$/);
  assert.match(formatLine(record("x", { participants: [] }), LOGFMT), / participants="\[\]"$/);
  assert.deepEqual(JSON.parse(formatLine(record("x", fields), JSON_STYLE)).participants, [
    "Alice",
    'a", "b',
    "x\ny",
  ]);
});

Deno.test("a long list is cut and says how many texts are missing", () => {
  const list = cutList(Array.from({ length: 1000 }, () => "x".repeat(96)));
  assert.equal(list.length, 11);
  assert.equal(list.at(-1), "... (990 more)");
  assert.deepEqual(cutList(["x".repeat(2000), "y"]), [cut("x".repeat(2000)), "... (1 more)"]);
  assert.deepEqual(cutList(["x".repeat(MAX_VALUE_LENGTH)]), ["x".repeat(MAX_VALUE_LENGTH)]);
});
