import assert from "node:assert/strict";
import {
  bitRate,
  bytes,
  compact,
  count,
  duration,
  ms,
  number,
  percent,
  sharePct,
  short,
  text,
} from "./format.ts";

const spaced = (text: string) => text.replaceAll("\u202f", " ");

Deno.test("durations have their two largest units", () => {
  assert.deepEqual([0, 8, 60, 725, 3_600, 97_201].map((s) => spaced(duration(s))), [
    "0 s",
    "8 s",
    "1 min",
    "12 min 5 s",
    "1 h",
    "1 d 3 h",
  ]);
});

Deno.test("numbers keep what can be read at a glance", () => {
  assert.equal(number(1_234_567), "1,234,567");
  assert.equal(number(null), "\u2013");
  assert.equal(number(NaN), "\u2013");
  assert.equal(spaced(text(compact(9_999))), "9,999");
  assert.equal(spaced(text(compact(12_345))), "12.3 k");
  assert.equal(spaced(text(bytes(81_000_000))), "81 MB");
  assert.equal(spaced(text(bitRate(1_250))), "10 kbit/s");
  assert.equal(spaced(ms(3.14)), "3.1 ms");
  assert.equal(spaced(ms(31.4)), "31 ms");
  assert.equal(spaced(percent(0)), "0 %");
  assert.equal(spaced(percent(0.24)), "0.2 %");
  assert.equal(count(1, "room"), "1 room");
  assert.equal(count(2_000, "room"), "2,000 rooms");
});

Deno.test("of a fingerprint the beginning is shown, whatever form it has", () => {
  assert.equal(short("518e:b935:62fa:9e34:e59c:28b6:7fc2:d384"), "518e:b935\u2026");
  assert.equal(short("a5d71d5f494c60c4"), "a5d7:1d5f\u2026");
  assert.equal(short("ann"), "ann");
});

Deno.test("a share is in whole percents, and a little of it is more than none", () => {
  assert.deepEqual([0, 0.2, 1, 44.4, 100, null].map(sharePct), [
    "0\u202f%",
    "<1\u202f%",
    "1\u202f%",
    "44\u202f%",
    "100\u202f%",
    "\u2013",
  ]);
});
