/** Counting what Deno reports. */
import assert from "node:assert/strict";
import { readJunit, sum, summary } from "./outcome.ts";

const REPORT = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="5" failures="1" errors="1" time="0.1">
    <testsuite name="./a_test.ts" tests="5" disabled="1" errors="1" failures="1">
        <testcase name="good &lt;a&gt; &amp; &quot;b&quot;" classname="./a_test.ts" time="0.000" line="1" col="6">
        </testcase>
        <testcase name="short" classname="./a_test.ts" time="0.000"/>
        <testcase name="bad &amp;lt;" classname="./a_test.ts" time="0.001" line="2" col="6">
            <failure message="Uncaught Error: x &lt; y">Error: x &lt; y</failure>
        </testcase>
        <testcase name="cut off" classname="./a_test.ts" time="0.000">
            <error message="Cancelled"/>
        </testcase>
        <testcase name="no root (skipped: needs root)" classname="./a_test.ts" time="0.000">
            <skipped/>
        </testcase>
    </testsuite>
</testsuites>`;

Deno.test("a report is counted by what is in each test case", () => {
  assert.deepEqual(readJunit(REPORT), {
    passed: 2,
    failed: ["./a_test.ts: bad &lt;", "./a_test.ts: cut off"],
    skipped: ["./a_test.ts: no root (skipped: needs root)"],
  });
});

Deno.test("the summary names skipped tests only where there are some", () => {
  const good = { passed: 2, failed: [], skipped: [] };
  const other = { passed: 1, failed: ["a"], skipped: ["b", "c"] };
  assert.equal(summary(good), "2 passed, 0 failed");
  assert.equal(summary(sum([good, other])), "3 passed, 1 failed, 2 skipped");
});
