import assert from "node:assert/strict";
import { nearest, nearestWithin } from "./nearest.ts";

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
  assert.ok(names.includes(nearest("l".repeat(1_000_000), names)));
});

Deno.test("a name of which more than half would have to change is near to nothing", () => {
  assert.equal(nearestWithin("log_lvel", names), "log_level");
  assert.equal(nearestWithin("identity", names), "identity_file");
  assert.equal(nearestWithin("bogus", names), null);
  assert.equal(nearestWithin("", names), null);
});
