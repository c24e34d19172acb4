import assert from "node:assert/strict";
import { fingerprintOf } from "../proto/identity.ts";
import { nodeCrypto } from "../proto/node_crypto.ts";
import { QuicError } from "../quic/errors.ts";
import type { Transport } from "../quic/port.ts";
import { ManualClock } from "../quic/manual_clock.ts";
import { runClient } from "./run.ts";
import { TestingRelay, type TestingRelayOptions } from "./testing_relay.ts";

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

/** The tool with a relay and a clock of the test; `run` drives the clock until the tool ends. */
function setUp(relayOptions: Partial<TestingRelayOptions> = {}) {
  const clock = new ManualClock();
  const relay = new TestingRelay({ clock, crypto: nodeCrypto, ...relayOptions });
  const controller = new AbortController();
  const endpoint = relay.endpoint();
  const transport: Transport = { name: "memory", open: () => Promise.resolve(endpoint) };
  const run = async (args: string[], eachStep: () => void = () => {}) => {
    const lines: string[] = [];
    const errors: string[] = [];
    let code: number | null = null;
    const running = runClient(args, {
      transport,
      clock,
      print: (line) => lines.push(line),
      printError: (line) => errors.push(line),
      progress: () => {},
      stopSignal: () => controller.signal,
    }).then((status) => code = status);
    while (code === null) {
      await settle();
      if (code === null) clock.advance(20);
      eachStep();
    }
    await running;
    return { code, lines, errors };
  };
  const dials = () => endpoint.dialled.length;
  return { clock, relay, run, dials, stop: () => controller.abort() };
}

Deno.test("a tone is sent and summed up for scripts", async () => {
  const { relay, run } = setUp();
  const { code, lines, errors } = await run(["--room", "r", "--send-tone", "1", "--json"]);
  assert.deepEqual([code, errors, lines.length], [0, [], 1]);
  const report = JSON.parse(lines[0]!);
  assert.equal(report.room, "r");
  assert.equal(report.relay_fingerprint, relay.fingerprint);
  assert.equal(report.sent.frames, 50);
  assert.equal(report.sent.packets, 50);
  assert.equal(report.received.packets, 0);
  assert.equal(report.recorded, null);
  assert.equal(report.problem, null);
  assert.equal(relay.packets, 50);
  assert.equal(relay.guests.length, 0);
});

Deno.test("people are told who is there, and what strangers call themselves is made harmless", async () => {
  const { run } = setUp();
  const { code, lines } = await run(["--send-tone", "0.1", "--alias", "Ada\x1b[2J"]);
  assert.equal(code, 0);
  assert.match(lines[0]!, /^joined; relay [0-9a-f:]{39}$/);
  assert.match(lines[1]!, /^in the room: Ada\?\[2J [0-9a-f:]{39}$/);
  assert.match(
    lines[2]!,
    /^sent {6}5 frames as 5 packets, 0 dropped, 0 silent, RMS 113\d\d\.\d$/,
  );
  assert.match(lines[3]!, /^received {2}0 packets/);
});

Deno.test("who is in the room is said once, however often the relay repeats it", async () => {
  const { relay, run, stop } = setUp();
  let steps = 0;
  const { lines } = await run(["--room", "r"], () => {
    const [guest] = relay.guests;
    if (guest === undefined || steps > 20) return;
    const fingerprint = fingerprintOf(nodeCrypto, guest.offer.identity_pub);
    const participants = [{ fingerprint, alias: steps < 10 ? null : "Ada", relay_label: null }];
    guest.channel.send({ type: "RoomUpdate", count: 1, participants }, "room");
    if (steps++ === 20) stop();
  });
  const said = lines.filter((line) => line.startsWith("in the room: "));
  assert.equal(said.length, 2);
  assert.match(said[1]!, /: Ada /);
});

Deno.test("a listener stays until stopped, and what it recorded is saved", async () => {
  const { relay, run, stop } = setUp();
  const path = await Deno.makeTempFile({ prefix: "wzp-run-" });
  try {
    let steps = 0;
    const { code, lines } = await run(["--record", path, "--json"], () => {
      const media = Uint8Array.of(
        0x14,
        0,
        0,
        steps,
        0,
        0,
        (steps * 20) >> 8,
        steps * 20,
        0,
        0,
        0,
        0,
        50,
      );
      if (relay.guests.length > 0 && steps < 100) {
        relay.guests[0]!.connection.sendDatagram(media);
        steps++;
        if (steps === 100) stop();
      }
    });
    assert.equal(code, 0);
    assert.equal(JSON.parse(lines[0]!).recorded.seconds, 2);
    assert.equal((await Deno.stat(path)).size, 100 * 1920);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("stopped before it has joined, it ends in peace", async () => {
  const { run, stop } = setUp({ answer: "silence" });
  const { code, errors } = await run(["--room", "r"], stop);
  assert.deepEqual([code, errors], [0, []]);
});

Deno.test("a relay that ends the session is an error, told after the summary", async () => {
  const { relay, run } = setUp();
  const { code, lines, errors } = await run(["--room", "r", "--json"], () => {
    relay.guests[0]?.connection.close(0, "room full");
  });
  assert.equal(code, 1);
  assert.equal(lines.length, 1);
  assert.deepEqual(errors, ["wzp-relay client: The relay ended the session: room full."]);
  assert.equal(JSON.parse(lines[0]!).problem, "The relay ended the session: room full.");
});

const LOST = "The relay at 127.0.0.1:4433 was lost: nothing was heard of it any more.";

Deno.test("a relay that dies ends the tone long before its end, or is missed right after it", async () => {
  for (const seconds of [60, 2]) {
    const { clock, relay, run } = setUp();
    const args = ["--room", "r", "--send-tone", String(seconds), "--json"];
    const { code, lines, errors } = await run(args, () => relay.dead ||= relay.packets === 50);
    assert.deepEqual([code, errors], [1, [`wzp-relay client: ${LOST}`]]);
    assert.equal(JSON.parse(lines[0]!).problem, LOST);
    assert.equal(JSON.parse(lines[0]!).sent.frames, Math.min(seconds * 50, 351));
    assert.ok(clock.now() < 10_000, `${clock.now()} ms`);
  }
});

Deno.test("a listener misses a relay that died, unless it is one that never sent echoes", async () => {
  for (const original of [true, false]) {
    const { clock, relay, run, stop } = setUp({ original });
    const { code, errors } = await run(["--room", "r"], () => {
      relay.dead ||= clock.now() >= 1_000;
      if (clock.now() >= 20_000) stop();
    });
    assert.deepEqual([code, errors], original ? [0, []] : [1, [`wzp-relay client: ${LOST}`]]);
  }
});

Deno.test("an echo test tells of a relay that died during it", async () => {
  const { relay, run } = setUp();
  const { code, lines, errors } = await run(
    ["--echo-test", "1", "--json"],
    () => relay.dead ||= relay.packets === 25,
  );
  assert.deepEqual([code, errors], [1, [`wzp-relay client: ${LOST}`]]);
  assert.equal(JSON.parse(lines[0]!).problem, LOST);
  assert.equal(JSON.parse(lines[0]!).received, 25);
});

Deno.test("a refusal is one sentence and exit status 1", async () => {
  const { run } = setUp({ answer: "refuse" });
  const { code, lines, errors } = await run(["--send-tone", "1"]);
  assert.deepEqual([code, lines], [1, []]);
  assert.deepEqual(errors, ["wzp-relay client: The relay refused: not authorized."]);
});

Deno.test("files that cannot be read or written are told before anybody is bothered", async () => {
  const { dials, run } = setUp();
  const reading = await run(["--send-file", "/nowhere/at/all"]);
  assert.equal(reading.code, 1);
  assert.deepEqual(reading.errors, [
    "wzp-relay client: Cannot read /nowhere/at/all: it does not exist.",
  ]);
  const folder = await run(["--send-file", "/"]);
  assert.deepEqual(folder.errors, ["wzp-relay client: Cannot read /: Is a directory."]);
  const writing = await run(["--record", "/nowhere/at/all"]);
  assert.equal(writing.code, 1);
  assert.deepEqual(writing.errors, [
    "wzp-relay client: Cannot write /nowhere/at/all: its directory does not exist.",
  ]);
  for (const what of [["--send-tone", "1"], ["--echo-test", "1"], ["--signal"]]) {
    const measuring = await run([...what, "--metrics-file", "/nowhere/at/all"]);
    assert.deepEqual([measuring.code, measuring.lines], [1, []]);
    assert.deepEqual(measuring.errors, writing.errors);
  }
  assert.equal(dials(), 0);
});

Deno.test("a recording is not emptied for a run that cannot write its metrics", async () => {
  const path = await Deno.makeTempFile({ prefix: "wzp-run-" });
  try {
    await Deno.writeTextFile(path, "of last time");
    const { run } = setUp();
    await run(["--send-tone", "1", "--record", path, "--metrics-file", "/nowhere/at/all"]);
    assert.equal(await Deno.readTextFile(path), "of last time");
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("the echo test measures loss, delay and level of a tone that comes back", async () => {
  const { run } = setUp({ loses: (packet) => packet === 10 });
  const { code, lines } = await run(["--echo-test", "1", "--json"]);
  assert.equal(code, 0);
  const figures = JSON.parse(lines[0]!);
  assert.match(figures.room, /^echo-[0-9a-f]{16}$/);
  assert.deepEqual([figures.sent, figures.received, figures.lost, figures.lost_pct], [
    50,
    49,
    1,
    2,
  ]);
  assert.deepEqual(figures.delay_ms, { min: 0, median: 0, max: 0 });
  assert.ok(Math.abs(figures.rms_received / figures.rms_sent - 1) < 0.1);
});

Deno.test("an echo test through a relay that loses everything fails", async () => {
  const { run } = setUp({ loses: () => true });
  const { code, lines, errors } = await run(["--echo-test", "0.5"]);
  assert.equal(code, 1);
  assert.match(lines[0]!, /25 sent, 0 came back, 100\.0 % lost/);
  assert.match(errors[0]!, /Nothing of the tone came back/);
});

Deno.test("metrics have the fields of the original and where the session is, a line a second", async () => {
  const { run } = setUp();
  const path = await Deno.makeTempFile({ prefix: "wzp-run-" });
  try {
    await run(["--send-tone", "2.5", "--metrics-file", path, "--json"]);
    const lines = (await Deno.readTextFile(path)).trim().split("\n").map((line) =>
      JSON.parse(line)
    );
    assert.equal(lines.length, 2);
    assert.deepEqual(Object.keys(lines[0]), [
      "ts",
      "buffer_depth",
      "underruns",
      "overruns",
      "loss_pct",
      "rtt_ms",
      "jitter_ms",
      "frames_sent",
      "frames_received",
      "quality_profile",
      "relay",
      "moves",
      "score",
      "trend",
      "peer_score",
    ]);
    assert.ok(lines[1].frames_sent >= 99);
    assert.equal(lines[1].quality_profile, "Opus24k");
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("wrong usage is exit status 64, help is 0", async () => {
  const { run } = setUp();
  assert.equal((await run(["--nonsense"])).code, 64);
  assert.equal((await run(["--room", "1"])).code, 64);
  const help = await run(["--help"]);
  assert.equal(help.code, 0);
  assert.match(help.lines[0]!, /^Usage: wzp-relay client/);
});

Deno.test("an unreachable relay is a sentence, a mistake of ours is not hidden", async () => {
  const errors: string[] = [];
  const surroundings = { print: () => {}, printError: (line: string) => errors.push(line) };
  const failing = (error: Error): Transport => ({ name: "x", open: () => Promise.reject(error) });
  const lost = failing(new QuicError("timeout", "No answer."));
  assert.equal(await runClient(["--room", "r"], { ...surroundings, transport: lost }), 1);
  assert.deepEqual(errors, ["wzp-relay client: The relay at 127.0.0.1:4433 does not answer."]);
  const broken = failing(new TypeError("a mistake"));
  await assert.rejects(
    runClient(["--room", "r"], { ...surroundings, transport: broken }),
    TypeError,
  );
});
