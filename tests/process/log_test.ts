/** Log lines, in every format: what scripts and operators rely on. */
import assert from "node:assert/strict";
import { RelayProcess, startRelay } from "../harness/relay_process.ts";
import { answerTo, HalfOpen, LIMIT_MS } from "./callers.ts";
import { fileShows, scratch } from "./disk.ts";

const QUOTED = '"(?:[^"\\\\]|\\\\.)*"';
const SHAPES = {
  pretty: new RegExp(
    "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z (?:DEBUG| INFO| WARN|ERROR) [a-z_.]+: .+$",
  ),
  logfmt: new RegExp(
    `^ts=\\S+ level=[a-z]+ area=[a-z_.]+ msg=${QUOTED}` +
      `(?: [\\w.-]+=(?:${QUOTED}|[^\\s"=]+))*$`,
  ),
  json: /^\{"ts":".*\}$/,
} as const;
type Format = keyof typeof SHAPES;
const FORMATS = Object.keys(SHAPES) as Format[];

/** A relay that had clients of several kinds and ended; its log lines, without the counters. */
async function linesOf(format: Format, args: string[] = []): Promise<string[]> {
  await using relay = await startRelay({ args: ["--log-format", format, ...args] });
  await visit(relay);
  await relay.stop();
  assert.equal(relay.stderr.text, "");
  return relay.stdout.text.trim().split("\n").slice(0, -1);
}

async function visit(relay: RelayProcess, from?: string): Promise<void> {
  await answerTo(relay, "ping", from);
  await answerTo(relay, "_federation", from);
  using hostile = await HalfOpen.begin(relay, from);
  await hostile.giveUp('"\\ \x1b[31m\r\n= \x00');
  await relay.counters();
}

for (const format of FORMATS) {
  Deno.test(`every line of the ${format} format can be read, whatever clients say`, async () => {
    const lines = await linesOf(format, ["--log-level", "debug"]);
    const text = lines.filter((line) => !line.startsWith('{"wzp_'));
    for (const line of text) assert.match(line, SHAPES[format]);
    assert.ok(text.length > 15);
    if (format !== "json") return;
    const records = text.map((line) => JSON.parse(line));
    assert.ok(records.every(({ ts, level, area, msg }) => ts && level && area && msg));
    const failed = records.find(({ msg }) => msg === "handshake failed");
    assert.ok(failed.reason.includes('"\\ \x1b[31m\r\n= \x00'));
  });

  Deno.test(`fingerprints, address and the ready marker are in the ${format} format at every level`, async () => {
    for (const level of ["error", "debug"]) {
      const args = ["--log-format", format, "--log-level", level];
      await using relay = await startRelay({ args });
      assert.match(relay.stdout.text, /\btls_fingerprint=(?:[0-9a-f]{2}:){31}[0-9a-f]{2}\b/);
      assert.match(relay.stdout.text, /\sfingerprint=(?:[0-9a-f]{4}:){7}[0-9a-f]{4}\b/);
      assert.match(relay.stdout.text, /\baddr=127\.0\.0\.1:\d+/);
      assert.match(relay.stdout.text, /Listening for connections\.\.\./);
      assert.equal((await answerTo(relay, "ping")).kind, "peer");
    }
  });
}

Deno.test("an error level keeps the rest out of the log", async () => {
  const lines = await linesOf("pretty", ["--log-level", "error"]);
  const rest = lines.filter((line) => !line.startsWith("{"));
  assert.equal(rest.length, 3, rest.join("\n"));
});

Deno.test("an area has a level of its own", async () => {
  const text = (await linesOf("logfmt", ["--log-level", "error,accept=debug"])).join("\n");
  assert.match(text, /level=debug area=accept/);
  assert.doesNotMatch(text, /level=warn area=relay/);
});

Deno.test("incoming, complete and failed handshakes are visible by default", async () => {
  const text = (await linesOf("pretty")).join("\n");
  assert.match(text, / INFO accept: incoming connection conn="\w+-1" addr=127\.0\.0\.1:\d+$/m);
  assert.match(text, / INFO accept: handshake complete conn="\w+-1" addr=\S+ sni="ping"$/m);
  assert.match(text, / INFO accept: handshake failed conn="\w+-3" addr=\S+ reason=".*"$/m);
});

Deno.test("masked addresses of clients never show their last part", async () => {
  for (const format of FORMATS) {
    const args = ["--log-format", format, "--log-level", "debug", "--log-addresses", "masked"];
    await using relay = await startRelay({ args });
    await visit(relay, "127.0.0.77");
    await relay.stop();
    const lines = relay.stdout.text.split("\n").filter((line) => /\baccept\b/.test(line));
    assert.ok(lines.some((line) => line.includes("127.0.0.x")), format);
    assert.doesNotMatch(relay.stdout.text, /127\.0\.0\.77/, format);
  }
  await using full = await startRelay();
  await answerTo(full, "ping", "127.0.0.77");
  await full.stdout.match(/handshake complete .*addr=127\.0\.0\.77:\d+/, LIMIT_MS);
});

Deno.test("a pipe gets no escape sequences, whatever NO_COLOR says", async () => {
  for (const NO_COLOR of ["", "1"]) {
    await using relay = await startRelay({ env: { NO_COLOR } });
    await visit(relay);
    await relay.stop();
    assert.ok(!relay.stdout.text.includes("\x1b"));
  }
});

Deno.test("the facts of the start come in the order scripts for the original know", async () => {
  await using relay = await startRelay();
  const facts = [
    'version="',
    "identity generated path=",
    " fingerprint=",
    " tls_fingerprint=",
    "[[peers]]",
    "advertised_addr_str=",
    "Listening for connections...",
  ];
  const places = facts.map((fact) => relay.stdout.text.indexOf(fact));
  assert.ok(places.every((place) => place >= 0), places.join());
  assert.deepEqual(places, places.toSorted((a, b) => a - b));
});

Deno.test("a terminal gets colours, and a file that takes over on SIGHUP gets none", async () => {
  await using home = await scratch();
  const config = `${home.path}/relay.toml`;
  const path = `${home.path}/relay.log`;
  await Deno.writeTextFile(config, "");
  await using relay = await RelayProcess.spawn({
    home: home.path,
    env: { NO_COLOR: "", TERM: "xterm" },
    args: ["--listen", "127.0.0.1:0", "-c", config],
    // Runs the words after it on a terminal of its own.
    through: ["sh", "-c", 'exec script -qefc "$*" /dev/null', "sh"],
  });
  const shown = await relay.stdout.match(
    /\p{Cc}\[32m INFO\p{Cc}.* Listening for connections/u,
    LIMIT_MS,
  );
  assert.ok(shown);
  await Deno.writeTextFile(config, `log_file = "${path}"\n`);
  const lock = await Deno.readTextFile(`${home.path}/.wzp/relay-identity.d/lock`);
  Deno.kill(Number(lock), "SIGHUP");
  const text = await fileShows(path, /configuration reloaded/);
  assert.ok(!text.includes("\x1b"), text);
  Deno.kill(Number(lock), "SIGTERM");
  assert.equal((await relay.exit()).code, 0);
});
