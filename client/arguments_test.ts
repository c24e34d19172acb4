import assert from "node:assert/strict";
import fc from "fast-check";
import { parseClientArguments } from "./arguments.ts";
import { ClientError } from "./errors.ts";

const FINGERPRINT = "79:2a:11:fe:0b:d3:02:53:18:15:7b:4d:6c:16:49:2e:" +
  "b0:05:60:95:f8:53:8d:96:31:3d:40:50:90:d8:c1:1b";

Deno.test("flags take their value after a space or an equals sign", () => {
  const spaced = parseClientArguments(["--ping", "--count", "5", "--pin", FINGERPRINT, "r:1"]);
  const joined = parseClientArguments(["--ping", "--count=5", `--pin=${FINGERPRINT}`, "r:1"]);
  assert.deepEqual(spaced, joined);
  assert.equal(spaced.count, 5);
  assert.equal(spaced.relay, "r:1");
  assert.equal(spaced.pin?.length, 32);
});

Deno.test("without a relay the one on this machine is meant", () => {
  assert.equal(parseClientArguments(["--version-check"]).relay, "127.0.0.1:4433");
});

Deno.test("wrong usage is named", () => {
  const cases: [string[], RegExp][] = [
    [[], /exactly one/],
    [["--ping", "--version-check"], /exactly one/],
    [["--ping", "--pong"], /unknown option "--pong"/],
    [["--ping", "a:1", "b:1"], /one relay/],
    [["--ping", "--count"], /needs a value/],
    [["--ping", "--count", "0"], /1 to 1000/],
    [["--ping", "--pin", "xyz"], /fingerprint/],
    [["--ping=1"], /takes no value/],
  ];
  for (const [args, message] of cases) assert.throws(() => parseClientArguments(args), message);
});

Deno.test("help wins over everything that parses", () => {
  assert.equal(parseClientArguments(["--ping", "-h"]).action, "help");
});

Deno.test("no arguments make the parser throw anything but its own error", () => {
  const word = fc.oneof(fc.string(), fc.constantFrom("--ping", "--pin", "--count", "--json", "--"));
  fc.assert(fc.property(fc.array(word), (args) => {
    try {
      parseClientArguments(args);
    } catch (error) {
      assert.ok(error instanceof ClientError && error.code === "usage");
    }
  }));
});
