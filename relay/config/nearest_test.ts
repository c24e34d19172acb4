import assert from "node:assert/strict";
import { knownInstead, nearest } from "./nearest.ts";

const names = ["listen_addr", "log_level", "log_file", "max_handshakes", "identity_file"];

Deno.test("the nearest name is the one with the fewest slips", () => {
  assert.equal(nearest("listen_adr", names), "listen_addr");
  assert.equal(nearest("lgo_level", names), "log_level");
  assert.equal(nearest("log_fille", names), "log_file");
  assert.equal(nearest("max_handshake", names), "max_handshakes");
});

Deno.test("exchanged neighbours are one slip", () => {
  assert.equal(nearest("ab", ["bc", "ba"]), "ba");
});

Deno.test("case, separators and leading dashes do not count", () => {
  assert.equal(nearest("-Log-Level", names), "log_level");
  assert.equal(nearest("--listen", ["--lister", "--listen"]), "--listen");
});

Deno.test("half a name is nearer than a name of the same length", () => {
  assert.equal(nearest("identity", ["tidentiy", "identity_file"]), "identity_file");
});

Deno.test("a huge name is compared quickly", () => {
  assert.equal(nearest("l".repeat(1_000_000), names), null);
  assert.equal(
    nearest("listen_addr".padEnd(1_000_000, "r"), ["listen_addr".padEnd(64, "r")]),
    "listen_addr".padEnd(64, "r"),
  );
});

Deno.test("a name of which more than half would have to change is near to nothing", () => {
  assert.equal(nearest("log_lvel", names), "log_level");
  assert.equal(nearest("identity", names), "identity_file");
  assert.equal(nearest("bogus", names), null);
  assert.equal(nearest("", names), null);
});

Deno.test("what is near is named, else everything, unless that is too much", () => {
  const said = (name: string, known: readonly string[]) =>
    knownInstead(name, known, { kind: "key", prefix: "x.", otherwise: "see there" });
  const many = Array.from({ length: 16 }, (_, index) => `listen_${index}`);
  assert.equal(said("lable", ["url", "label"]), "the nearest known key is x.label");
  assert.equal(said("foo", ["url", "label"]), "the known keys are x.url, x.label");
  assert.equal(said("foo", many.slice(1)), `the known keys are x.${many.slice(1).join(", x.")}`);
  assert.equal(said("foo", many), "see there");
  assert.equal(said("listen", many), "the nearest known key is x.listen_0");
});
