import assert from "node:assert/strict";
import { boolean, list, number, oneOf, optional, path, table, text } from "./value_types.ts";

const count = number({ shape: "count", min: 1, max: 10, whole: true });
const seconds = number({ shape: "seconds", min: 0, max: 60 });

/** The problems as `path: text`. */
function problems(
  reading: ReturnType<typeof text.read> | { problems: unknown } | { value: unknown },
) {
  assert.ok("problems" in reading);
  return (reading as { problems: { path: unknown[]; text: string }[] }).problems.map(
    ({ path, text }) => `${path.join(".")}: ${text}`,
  );
}

Deno.test("a number has a range, and may have to be whole", () => {
  assert.deepEqual(count.read(1), { value: 1 });
  assert.deepEqual(count.read(10), { value: 10 });
  assert.deepEqual(seconds.read(0.5), { value: 0.5 });
  for (const raw of [0, 11, 1.5, NaN, Infinity, "5", null, true, [], 5n]) {
    assert.deepEqual(problems(count.read(raw)), [": must be a whole number from 1 to 10"]);
  }
  assert.deepEqual(problems(seconds.read(-1)), [": must be a number from 0 to 60"]);
});

Deno.test("negative zero is zero", () => {
  assert.deepEqual(seconds.read(-0), { value: 0 });
});

Deno.test("only decimal digits are a number in text", () => {
  assert.equal(count.fromText("7"), 7);
  assert.equal(count.fromText("-7"), -7);
  assert.equal(seconds.fromText("0.5"), 0.5);
  for (const word of ["", "1e3", "0x10", "1_000", " 1", "ten", "Infinity"]) {
    assert.equal(count.fromText(word), word);
  }
});

Deno.test("a boolean is true or false and nothing like it", () => {
  assert.deepEqual(boolean.read(true), { value: true });
  assert.equal(boolean.fromText("false"), false);
  assert.deepEqual(problems(boolean.read(boolean.fromText("yes"))), [": must be true or false"]);
  assert.deepEqual(problems(boolean.read(1)), [": must be true or false"]);
});

Deno.test("one of a few words takes exactly these", () => {
  const type = oneOf("full", "masked");
  assert.deepEqual(type.read("masked"), { value: "masked" });
  for (const raw of ["Full", "", "constructor", 1, null]) {
    assert.deepEqual(problems(type.read(raw)), [": must be one of full, masked"]);
  }
});

Deno.test("text and paths are never empty, and a path has no NUL", () => {
  assert.ok("problems" in text.read(""));
  for (const raw of ["", "a\0b", "\ud800", 5, null]) {
    assert.deepEqual(problems(path("file").read(raw)), [": must be the path of a file"]);
  }
  assert.deepEqual(path("file").read("a b/"), { value: "a b/" });
});

Deno.test("a directory loses the slashes at its end, but for the root", () => {
  assert.deepEqual(path("directory").read("/x/y//"), { value: "/x/y" });
  assert.deepEqual(path("directory").read("/"), { value: "/" });
});

Deno.test("a leading ~/ becomes the home directory, where that is known", () => {
  const expand = path("file").expand!;
  assert.equal(expand("~/a", "/home/me"), "/home/me/a");
  assert.equal(expand("~/a", "/"), "/a");
  assert.equal(expand("~", "/home/me"), "/home/me");
  assert.equal(expand("~me/a", "/home/me"), "~me/a");
  assert.equal(expand("/x/~/a", undefined), "/x/~/a");
  assert.equal(expand("~/a", undefined), null);
  assert.equal(expand("~/a", ""), null);
});

Deno.test("an optional value may be missing, and is checked when it is there", () => {
  const type = optional(path("file"));
  assert.deepEqual(type.read(null), { value: null });
  assert.equal(type.raw(null), null);
  assert.equal(type.expand!(null, undefined), null);
  assert.equal(type.expand!("~/a", "/h"), "/h/a");
  assert.ok("problems" in type.read(""));
});

Deno.test("a list reports every wrong element with its place", () => {
  assert.deepEqual(list(count).read([1, 2]), { value: [1, 2] });
  assert.deepEqual(problems(list(count).read([0, 1, "x"])), [
    "0: must be a whole number from 1 to 10",
    "2: must be a whole number from 1 to 10",
  ]);
  assert.deepEqual(problems(list(count).read(5)), [": must be a list"]);
});

Deno.test("a list is JSON in text, and other text is reported as it was", () => {
  assert.deepEqual(list(count).fromText("[1, 2]"), [1, 2]);
  assert.equal(list(count).fromText("1,2"), "1,2");
});

Deno.test("a table reports missing, wrong and unknown fields all at once", () => {
  const type = table({ url: text, label: optional(text) });
  assert.deepEqual(type.read({ url: "u" }), { value: { url: "u", label: null } });
  assert.deepEqual(problems(type.read({ lable: "x", label: 5 })), [
    "url: is missing",
    "label: must be text, not empty",
    "lable: is not known here; the nearest known name is label",
  ]);
  assert.deepEqual(problems(type.read(new Date())), [": must be a table with url, label"]);
  assert.deepEqual(type.raw({ url: "u", label: null }), { url: "u" });
});

Deno.test("names every object inherits are unknown fields, not values", () => {
  const type = table({ url: text });
  assert.equal(
    problems(type.read(JSON.parse('{"url":"u","__proto__":1,"constructor":2}'))).length,
    2,
  );
  assert.deepEqual(problems(table({ constructor: text }).read({})), ["constructor: is missing"]);
});
