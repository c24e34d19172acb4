import assert from "node:assert/strict";
import { Problem } from "./problem.ts";
import { checkTarget } from "./target.ts";

function codeOf(target: string): string {
  try {
    checkTarget(target);
    return "ok";
  } catch (error) {
    if (error instanceof Problem) return error.code;
    throw error;
  }
}

Deno.test("plain paths with encoded names and any query go through", () => {
  for (
    const target of [
      "/",
      "/presence/518e:b935",
      "/api/v1/rooms/caf%C3%A9%20b",
      "/a.b/c..d/...",
      "/presence?q=%2e%2e/../x&y",
      "/assets/",
    ]
  ) {
    assert.equal(codeOf(target), "ok", target);
  }
});

Deno.test("paths that others may read differently are turned away", () => {
  for (
    const target of [
      "",
      "*",
      "presence",
      "http://localhost/presence",
      "//localhost/presence",
      "/a//b",
      "/../etc/passwd",
      "/a/./b",
      "/a/..",
      "/%2e%2e/etc",
      "/%2E./a",
      "/a%2fb",
      "/a%5Cb",
      "/a\\b",
      "/a%00",
      "/a%0d%0ab",
      "/a%7f",
      "/%zz",
      "/%c3",
      "/a?x=%",
      "/a#b",
      "/a b",
      "/<script>",
      "/a{b}",
    ]
  ) {
    assert.equal(codeOf(target), "bad_target", target);
  }
  assert.equal(codeOf("/" + "a".repeat(3_000)), "target_too_long");
});
