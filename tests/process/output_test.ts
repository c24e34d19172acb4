/** Readers that go away, stall or are full: the relay goes on and ends as always. */
import assert from "node:assert/strict";
import { RelayProcess } from "../harness/relay_process.ts";
import { answerTo, type Callee, LIMIT_MS } from "./callers.ts";
import { fileShows, scratch } from "./disk.ts";

interface Odd {
  readonly relay: RelayProcess;
  readonly callee: Callee;
}

/**
 * A relay whose output goes where a shell command sends it, in an odd state for its whole life: `command` runs
 * the words "$@". Its service manager tells when it is up, and a certificate peek who it is.
 */
async function withOutput(
  command: string,
  args: string[],
  run: (odd: Odd) => Promise<void>,
): Promise<void> {
  await using home = await scratch();
  const path = `${home.path}/notify`;
  const socket = Deno.listenDatagram({ transport: "unixpacket", path });
  try {
    const port = freePort();
    await using relay = await RelayProcess.spawn({
      home: home.path,
      env: { NOTIFY_SOCKET: path },
      args: ["--listen", `127.0.0.1:${port}`, "-c", `${home.path}/relay.toml`, ...args],
      through: ["sh", "-c", command, "sh"],
    });
    const heard = async () => new TextDecoder().decode((await socket.receive())[0]);
    const ended = relay.exit().then(({ code }) => `it ended with ${code}: ${relay.stderr.text}`);
    assert.match(await Promise.race([heard(), ended]), /^READY=1/);
    // The example has the fingerprint where no output can be read.
    const example = await Deno.readTextFile(`${home.path}/relay.toml`);
    const tlsFingerprint = /fingerprint = "(.+)"/.exec(example)![1]!;
    await run({ relay, callee: { address: { ip: "127.0.0.1", port }, tlsFingerprint } });
  } finally {
    socket.close();
  }
}

/** A port that was free a moment ago; the tests of this folder run one after the other. */
function freePort(): number {
  const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  const { port } = socket.addr as Deno.NetAddr;
  socket.close();
  return port;
}

/** It serves clients through all its signals and ends as if all was well. */
async function goesOn({ relay, callee }: Odd): Promise<void> {
  for (const signal of ["SIGUSR1", "SIGHUP", "SIGUSR1"] as const) {
    relay.signal(signal);
    assert.deepEqual(await answerTo(callee, "ping"), { kind: "peer", code: 0, reason: "" });
  }
  assert.deepEqual(await relay.stop(), { code: 0, signal: null });
  assert.doesNotMatch(relay.stderr.text, /rror:|\n +at /);
}

const STATES: readonly (readonly [string, string, ...string[]])[] = [
  ["closed standard output", 'exec "$@" >&-'],
  ["closed standard error", 'exec "$@" 2>&-'],
  ["a full disk behind standard output", 'exec "$@" >/dev/full'],
  ["a full disk behind standard error", 'exec "$@" 2>/dev/full'],
  ["no output at all", 'exec "$@" >&- 2>&-'],
];

for (const [what, command] of STATES) {
  Deno.test(`the relay goes on with ${what}`, async () => {
    await withOutput(command, ["--log-level", "debug"], goesOn);
  });
}

Deno.test("the relay goes on when the reader of its log leaves after one line", async () => {
  // The pipe's other end is known to be gone before anything else happens.
  const command = 'mkfifo "$HOME/pipe"; head -n 1 <"$HOME/pipe" >"$HOME/head" & ' +
    'exec "$@" >"$HOME/pipe"';
  await withOutput(command, ["--log-level", "debug"], async (odd) => {
    await fileShows(`${odd.relay.home}/head`, /^.* wzp-relay version=.*\n$/);
    await goesOn(odd);
  });
});

Deno.test("a reader that stalls holds up neither clients nor the end", async () => {
  // Opened for both directions, the pipe has a reader that never reads.
  const command = 'mkfifo "$HOME/pipe"; exec 3<>"$HOME/pipe"; exec "$@" >"$HOME/pipe"';
  await withOutput(command, ["--log-level", "debug"], async (odd) => {
    // Each set of counters is some kilobytes, the pipe holds 64 KiB.
    for (let i = 0; i < 30; i++) {
      odd.relay.signal("SIGUSR1");
      assert.equal((await answerTo(odd.callee, "ping")).kind, "peer");
    }
    await goesOn(odd);
  });
});

Deno.test("a disk that is full for the log file costs log lines and nothing else", async () => {
  // A limit of the file size (32 or 64 KiB, shells differ) acts like a full disk; its signal is ignored.
  const command = 'trap "" XFSZ; ulimit -f 64; exec "$@"';
  await using folder = await scratch();
  const path = `${folder.path}/relay.log`;
  await withOutput(command, ["--log-level", "debug", "--log-file", path], async (odd) => {
    for (let i = 0; i < 240; i++) await answerTo(odd.callee, "ping");
    const from = odd.relay.stdout.text.length;
    odd.relay.signal("SIGUSR1");
    const [line] = await odd.relay.stdout.match(/^\{.*\}$/m, LIMIT_MS, from);
    assert.ok(JSON.parse(line)["wzp_relay_log_lines_lost_total"] > 0);
    await goesOn(odd);
  });
  assert.ok((await Deno.stat(path)).size <= 65_536);
});

Deno.test("a log file that cannot be opened refuses the start with a sentence", async () => {
  await using folder = await scratch();
  for (const path of [`${folder.path}/no/relay.log`, folder.path, "/dev/full"]) {
    const args = ["--listen", "127.0.0.1:0", "--log-file", path];
    await using relay = await RelayProcess.spawn({ args });
    assert.equal((await relay.exit()).code, 78);
    assert.equal(relay.stdout.text, "");
    assert.match(relay.stderr.text, /^wzp-relay: Cannot open the log file [^\n]*\n$/);
    assert.ok(relay.stderr.text.includes(path));
    assert.doesNotMatch(relay.stderr.text, /--allow|os error/);
  }
});

Deno.test("what was asked for and cannot be written is a sentence and exit code 74", async () => {
  for (const args of [["--help"], ["--version"], ["--print-config"], ["client", "--help"]]) {
    const through = ["sh", "-c", 'exec "$@" >/dev/full', "sh"];
    await using relay = await RelayProcess.spawn({ args, through });
    assert.equal((await relay.exit()).code, 74, `${args}`);
    assert.match(relay.stderr.text, /^wzp-relay: Cannot write to standard output[^\n]*\n$/);
  }
});

Deno.test("help and version end without a trace when nobody wants them", async () => {
  for (const args of [["--help"], ["--version"], ["--print-config"], ["client", "--help"]]) {
    // The pipe's reader is gone before anything is written.
    const gone = 'mkfifo "$HOME/pipe"; : <"$HOME/pipe" & exec 3>"$HOME/pipe"; wait; exec "$@" >&3';
    for (const script of ['exec "$@" >&-', gone]) {
      const through = ["sh", "-c", script, "sh"];
      await using relay = await RelayProcess.spawn({ args, through });
      assert.equal((await relay.exit()).code, 0, `${args} ${script}`);
      assert.equal(relay.stderr.text, "", `${args} ${script}`);
    }
  }
});
