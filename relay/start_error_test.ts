import assert from "node:assert/strict";
import { reasonOf, shellWord } from "./start_error.ts";

Deno.test("reasons are words for people, without codes of the operating system", () => {
  assert.equal(reasonOf(new Deno.errors.PermissionDenied("x")), "permission denied");
  assert.equal(
    reasonOf(new Deno.errors.NotCapable("run again with the --allow-all flag")),
    "this program keeps away from such paths",
  );
  assert.equal(
    reasonOf(Object.assign(new Error("x"), { code: "EROFS" })),
    "the file system is read-only",
  );
  assert.equal(reasonOf(Object.assign(new Error("x"), { code: "ENOSPC" })), "the disk is full");
  assert.equal(reasonOf(new Error("Too many links (os error 31): rename 'a'")), "Too many links");
  assert.equal(reasonOf("plain"), "plain");
});

Deno.test("a path in a command is one word to the shell", () => {
  for (const path of ["/a/b-c_d.e", "/a b", "/it's", "$(x)", "a\nb", ""]) {
    const { stdout } = new Deno.Command("sh", { args: ["-c", `printf %s ${shellWord(path)}`] })
      .outputSync();
    assert.equal(new TextDecoder().decode(stdout), path);
  }
});
