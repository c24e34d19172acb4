import assert from "node:assert/strict";
import { moduleGraph } from "../house/module_graph.ts";
import { root } from "../house/root.ts";
import { runUnitTests } from "./unit_tests.ts";

Deno.test("a skipped test is a failure unless it names its reason", async () => {
  const skip = "ignore";
  const test = (name: string) => `Deno.test.${skip}(${JSON.stringify(name)}, () => {});\n`;
  const text = test("quiet") + test("open (skipped: needs root)") +
    'Deno.test("runs", () => {});\n';
  const dir = await Deno.makeTempDir({ prefix: "wzp-skips-" });
  try {
    await Deno.writeTextFile(`${dir}/a_test.ts`, text);
    const outcome = await runUnitTests(dir, moduleGraph(new Map([["a_test.ts", text]])));
    assert.equal(outcome.passed, 1);
    assert.deepEqual(outcome.failed, ["./a_test.ts: quiet: skipped without a reason"]);
    assert.deepEqual(outcome.skipped, ["./a_test.ts: open (skipped: needs root)"]);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("what does not go to a terminal has no colours", async () => {
  const { success, stdout, stderr } = await new Deno.Command(`${root}/tools/deno`, {
    args: ["task", "test", "tools/house/quote_rules"],
    cwd: root,
    env: { NO_COLOR: "", TERM: "xterm" },
  }).output();
  const decoder = new TextDecoder();
  const text = decoder.decode(stdout) + decoder.decode(stderr);
  assert.ok(success, text);
  assert.ok(text.includes("2 passed") && !text.includes("\x1b["), JSON.stringify(text));
});
