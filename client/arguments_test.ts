import assert from "node:assert/strict";
import fc from "fast-check";
import { clientHelp, parseClientArguments } from "./arguments.ts";
import { ClientError } from "./errors.ts";
import { FLAGS } from "./flags.ts";

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
    [[], /say what to do/],
    [["--json"], /say what to do/],
    [["--ping", "--version-check"], /only one of --ping, --version-check, --echo-test/],
    [["--ping", "--pong"], /unknown option "--pong"/],
    [["--ping", "a:1", "b:1"], /one relay/],
    [["--ping", "--count"], /needs a value/],
    [["--ping", "--count", "0"], /1 to 1000/],
    [["--ping", "--pin", "xyz"], /fingerprint/],
    [["--ping=1"], /takes no value/],
    [["--ping", "--json", "--json"], /--json is given twice/],
    [["--ping", "--room", "r"], /--room does not go with --ping/],
    [["--room", "r", "--count", "3"], /--count does not go with --room/],
    [["--echo-test", "1", "--send-tone", "1"], /--send-tone does not go with --echo-test/],
    [["--send-tone", "1", "--send-file", "f"], /only one of --send-tone and --send-file/],
    [["--send-tone", "-1"], /wants seconds/],
    [["--send-tone", "0"], /wants seconds/],
    [["--send-tone", "1e3"], /wants seconds/],
    [["--echo-test", "86401"], /at most 86400/],
    [["--room", "no spaces"], /Cannot use room name/],
    [["--room", "10.0.0.1"], /IP address/],
    [["--room", "Ping"], /"ping", which is a service/],
    [["--room", "_signal"], /"_signal", which is a service/],
    [["--room", "r", "--seed", "42"], /Cannot parse the seed: it has 2 characters, not 64/],
    [["--room", "r", "--mnemonic", "abandon", "art"], /there are 2, not 24/],
    [["--room", "r", "--quic", "tcp"], /deno or matrixai/],
    [["--call", "abc"], /wants a fingerprint/],
    [["--signal", "--accept", "maybe"], /trusted or generic or reject/],
    [["--call", "0".repeat(32), "--accept", "reject"], /--accept does not go with --call/],
    [["--signal", "--room", "r"], /--room does not go with --signal/],
    [["--room", "r", "--direct"], /--direct does not go with --room/],
    [["--reflect", "a:1", "b:1"], /one relay/],
    [["--reflect", "--nat"], /only one of/],
  ];
  for (const [args, message] of cases) assert.throws(() => parseClientArguments(args), message);
});

Deno.test("what goes with a room means the room unless something else is said", () => {
  for (const args of [["--room", "r"], ["--send-tone", "2.5"], ["--record", "f"]]) {
    assert.equal(parseClientArguments(args).action, "room");
  }
  assert.equal(parseClientArguments(["--echo-test", "1", "--room", "r"]).action, "echo-test");
  assert.equal(parseClientArguments(["--send-tone", "2.5"]).sendTone, 2.5);
});

Deno.test("calling may be said in the original's way, and takes any spelling of a fingerprint", () => {
  const words = ["--call", "0123456789ABCDEF0123456789abcdef", "--send-tone", "1"];
  const args = parseClientArguments(words);
  assert.deepEqual([args.action, args.accept, args.direct], ["call", undefined, false]);
  assert.equal(args.call, "0123:4567:89ab:cdef:0123:4567:89ab:cdef");
  assert.deepEqual(parseClientArguments(["--signal", ...words]), args);
});

Deno.test("several relays can be asked about the NAT", () => {
  assert.deepEqual(parseClientArguments(["--nat", "a:1", "b:1"]).relays, ["a:1", "b:1"]);
  assert.deepEqual(parseClientArguments(["--nat"]).relays, ["127.0.0.1:4433"]);
});

Deno.test("a room is named as the relay will know it", () => {
  assert.equal(parseClientArguments(["--room", "Kitchen.Table."]).room, "kitchen.table");
});

Deno.test("a mnemonic takes all words up to the next flag, so the relay stands before it", () => {
  const words = [...Array(23).fill("abandon"), "art"];
  for (const given of [["--mnemonic", ...words], [`--mnemonic=${words.join(" ")}`]]) {
    const args = parseClientArguments(["r:1", ...given, "--room", "x"]);
    assert.deepEqual(args.seed, new Uint8Array(32));
    assert.equal(args.relay, "r:1");
    assert.equal(args.room, "x");
  }
});

Deno.test("a seed that is wrong is not repeated in the message", () => {
  const secret = "4".repeat(63);
  assert.throws(
    () => parseClientArguments(["--room", "r", "--seed", secret]),
    (error) => error instanceof ClientError && !error.message.includes(secret),
  );
});

Deno.test("the help names every flag", () => {
  for (const { name } of FLAGS) assert.ok(clientHelp().includes(`\n  ${name} `), name);
});

Deno.test("help wins over everything that parses", () => {
  assert.equal(parseClientArguments(["--ping", "-h"]).action, "help");
});

Deno.test("no arguments make the parser throw anything but its own error", () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom(...FLAGS.map(({ name }) => name), "--", "1", "r:1"),
  );
  fc.assert(fc.property(fc.array(word), (args) => {
    try {
      parseClientArguments(args);
    } catch (error) {
      assert.ok(error instanceof ClientError && error.code === "usage");
    }
  }));
});

const KEYS = ["A".repeat(43) + "=", "B".repeat(42) + "A="] as const;
const MEETING = [
  ...["--registry", "http://r:8080/", "--party", "p-1", "--party-token", "t"],
  ...["--key", KEYS[0], "--peer", KEYS[1]],
];

Deno.test("relays to choose from have names and pins, and leave the action open", () => {
  const args = parseClientArguments([
    ...["--room", "r", "--relays", `a=10.0.0.1:1#${FINGERPRINT},b.example`],
    ...[
      "--registry",
      "https://r.example/x/",
      "--region",
      "eu",
      "--prefer",
      "a",
      "--relay-map",
      "f",
    ],
  ]);
  assert.equal(args.action, "room");
  assert.deepEqual(args.choices!.map(({ name, where }) => [name, where]), [
    ["a", "10.0.0.1:1"],
    ["b.example", "b.example"],
  ]);
  assert.equal(args.registry, "https://r.example/x");
  assert.deepEqual([args.region, args.prefer, args.relayMap], ["eu", "a", "f"]);
  assert.deepEqual(args.named, []);
});

Deno.test("netcheck and wg-endpoint go without dashes, in the first place", () => {
  assert.equal(parseClientArguments(["netcheck"]).action, "netcheck");
  assert.deepEqual(parseClientArguments(["netcheck", "a:1", "b:1"]).named, ["a:1", "b:1"]);
  assert.equal(parseClientArguments(["--netcheck", "a:1"]).action, "netcheck");
  assert.equal(parseClientArguments(["wg-endpoint", ...MEETING]).action, "wg-endpoint");
  assert.deepEqual(parseClientArguments(["--ping", "host", "netcheck:1"].slice(0, 2)).named, [
    "host",
  ]);
});

Deno.test("wrong usage of choosing is named", () => {
  const wireguard = (...args: string[]) => ["wg-endpoint", ...MEETING, ...args];
  const cases: [string[], RegExp][] = [
    [["--relays", "a:1"], /say what to do/],
    [["--room", "r", "--relays", "a:1", "b:1"], /either the relay "b:1" or --relays/],
    [["--room", "r", "--registry", "ftp://x"], /--registry wants http/],
    [["--room", "r", "--registry", "http://u:p@x"], /takes no user or password/],
    [["--room", "r", "--registry", "http://x/?a"], /without \? and #/],
    [["--room", "r", "--relays", ","], /at least one relay/],
    [["--room", "r", "--region", "x".repeat(33)], /--region wants/],
    [["--room", "r", "--registry-token", "@/nowhere/x"], /cannot be read/],
    [["--room", "r", "--registry-token", "t"], /--registry-token needs --registry/],
    [["--ping", "--relays", "a:1"], /--relays does not go with --ping/],
    [["netcheck", "--netcheck"], /given twice/],
    [["netcheck", "--ping"], /only one of/],
    [["wg-endpoint"], /needs --registry, --party, --party-token, --key, --peer/],
    [["wg-endpoint", ...MEETING.slice(0, -2)], /needs --peer/],
    [["wg-endpoint", ...MEETING.slice(0, -1), KEYS[0]], /are the same key/],
    [["wg-endpoint", "--key", "short"], /--key wants a WireGuard public key/],
    [["wg-endpoint", "--key", "A".repeat(42) + "B="], /--key wants a WireGuard public key/],
    [wireguard("--wg-port", "70000"), /--wg-port wants a port/],
    [wireguard("--endpoints", "host:1"), /--endpoints wants ip:port/],
    [wireguard("--nat-type", "closed"), /open or cone or symmetric/],
    [["wg-endpoint", "--party", "a/b"], /--party wants an id/],
    [["--room", "r", "--watch"], /--watch does not go with --room/],
  ];
  for (const [args, message] of cases) assert.throws(() => parseClientArguments(args), message);
});

Deno.test("a token is read from a file where it should not stand on the command line", async () => {
  const file = await Deno.makeTempFile({ prefix: "wzp-token-" });
  try {
    await Deno.writeTextFile(file, "secret\nrest\n");
    const args = MEETING.map((word) => word === "t" ? `@${file}` : word);
    assert.equal(parseClientArguments(["wg-endpoint", ...args]).partyToken, "secret");
    await Deno.writeTextFile(file, "\n");
    assert.throws(() => parseClientArguments(["wg-endpoint", ...args]), /is empty/);
  } finally {
    await Deno.remove(file);
  }
});
