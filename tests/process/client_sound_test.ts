/** The client with real sockets, real time and real sound, against a stand-in relay. */
import assert from "node:assert/strict";
import { Recording } from "../../client/recording.ts";
import { RoomVoice } from "../../client/room_voice.ts";
import { rmsOf } from "../../client/sound/level.ts";
import { toneSource } from "../../client/sound/source.ts";
import { Identity } from "../../proto/identity.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { formatSocketAddress } from "../../proto/socket_address.ts";
import { systemClock } from "../../quic/clock.ts";
import { systemTransport } from "../../quic/system_transport.ts";
import { RelayProcess, runRelay, startRelay } from "../harness/relay_process.ts";
import { StandInRelay } from "../harness/stand_in_relay.ts";

/** Far above what anything takes on a busy machine: only a hang reaches it. */
const LIMIT_MS = 60_000;
const TONE_RMS = 16_000 / Math.SQRT2;

function near(rms: number, expected = TONE_RMS): boolean {
  return Math.abs(rms / expected - 1) < 0.2;
}

async function samplesOf(path: string): Promise<Int16Array> {
  const bytes = await Deno.readFile(path);
  return new Int16Array(bytes.buffer, 0, bytes.length >> 1);
}

async function withTempDir(run: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "wzp-client-test-" });
  try {
    await run(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("five seconds of tone from one client to another arrive whole and as loud", () =>
  withTempDir(async (dir) => {
    await using relay = await StandInRelay.start();
    const endpoint = await systemTransport.open({ ip: "127.0.0.1", port: 0 });
    const recording = Recording.create(`${dir}/heard.raw`);
    const join = (more: Partial<Parameters<typeof RoomVoice.join>[0]>) =>
      RoomVoice.join({
        endpoint,
        address: relay.address,
        pin: relay.pin,
        room: "tone",
        identity: new Identity(nodeCrypto, nodeCrypto.random(32)),
        clock: systemClock,
        crypto: nodeCrypto,
        ...more,
      });
    const listener = await join({ sink: recording.sink });
    const speaker = await join({ source: toneSource(5) });
    speaker.sender!.start();
    await speaker.sender!.done;
    await speaker.leave();
    await relay.relay.until(() => relay.relay.guests.length === 1);
    await listener.leave();
    recording.close();
    await endpoint.close();

    const { packets, lost } = listener.receiver.counts;
    assert.equal(speaker.sender!.counts.frames, 250);
    assert.ok(packets >= 0.98 * 250, `${packets} packets`);
    assert.ok(near(listener.receiver.rms, speaker.sender!.rms), `RMS ${listener.receiver.rms}`);
    const heard = await samplesOf(`${dir}/heard.raw`);
    assert.ok(near(rmsOf(heard)), `RMS ${rmsOf(heard)}`);
    // From the first to the last packet: only what was lost at either end may be missing.
    assert.equal(heard.length % 960, 0);
    assert.equal(heard.length / 960, packets + lost);
    assert.ok(heard.length <= 250 * 960);
  }));

Deno.test("Opus works inside the executable: a second of tone comes back through a relay", async () => {
  await using relay = await StandInRelay.start();
  const { code, stdout, stderr } = await runRelay({
    args: ["client", "--echo-test", "1", "--json", relay.name],
  });
  assert.equal(code, 0, stderr);
  const figures = JSON.parse(stdout);
  assert.equal(figures.sent, 50);
  assert.ok(figures.received >= 49);
  assert.ok(near(figures.rms_sent) && near(figures.rms_received), stdout);
  assert.ok(figures.rtt_ms > 0);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`${signal} ends a listener with its recording saved and a Hangup said`, () =>
    withTempDir(async (dir) => {
      await using relay = await StandInRelay.start();
      const { guests } = relay.relay;
      const path = `${dir}/heard.raw`;
      await using listener = await RelayProcess.spawn({
        args: ["client", "--room", "r", "--record", path, "--alias", "ear", relay.name],
      });
      await listener.stdout.match(/in the room: ear /, LIMIT_MS);
      const [guest] = guests;
      const speaker = await runRelay({
        args: ["client", "--room", "r", "--send-tone", "1", "--json", relay.name],
      });
      assert.equal(speaker.code, 0, speaker.stderr);
      await relay.relay.until(() => guests.length === 1);
      assert.deepEqual(await listener.stop(signal), { code: 0, signal: null });
      await relay.relay.until(() => guests.length === 0);
      assert.equal(guest!.signals.at(-1)?.type, "Hangup");
      assert.deepEqual(guest!.connection.closeInfo, {
        kind: "peer",
        code: 0,
        reason: "normal close",
      });
      assert.match(listener.stdout.text, /recorded {2}(?:1\.00|0\.98) s to /);
      const heard = await samplesOf(path);
      assert.ok(near(rmsOf(heard)), `RMS ${rmsOf(heard)}`);
    }));
}

Deno.test("with a relay of the original kind sound passes as well", async () => {
  await using relay = await StandInRelay.start({ original: true });
  const { guests } = relay.relay;
  const { code, stdout, stderr } = await runRelay({
    args: ["client", "--echo-test", "1", "--json", relay.name],
  });
  assert.equal(code, 0, stderr);
  assert.ok(JSON.parse(stdout).received >= 49);
  assert.equal(JSON.parse(stdout).rtt_ms, null);
  assert.equal(guests.length, 0);
});

Deno.test("a relay that is killed ends a sender long before its tone, with a sentence", () =>
  withTempDir(async (dir) => {
    await using relay = await startRelay();
    const path = `${dir}/metrics`;
    await using sender = await RelayProcess.spawn({
      args: [
        ...["client", "--room", "r", "--send-tone", "600", "--json"],
        ...["--metrics-file", path, formatSocketAddress(relay.address)],
      ],
    });
    // With a round trip there was an echo.
    while (!/"rtt_ms":\d/.test(await Deno.readTextFile(path).catch(() => ""))) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    relay.signal("SIGKILL");
    assert.deepEqual(await sender.exit(), { code: 1, signal: null });
    const sentence = `The relay at ${formatSocketAddress(relay.address)} was lost: ` +
      "nothing was heard of it any more.";
    assert.equal(sender.stderr.text, `wzp-relay client: ${sentence}\n`);
    assert.equal(JSON.parse(sender.stdout.text).problem, sentence);
  }));

Deno.test("a file is sent as it is and recorded by its sender's friend", () =>
  withTempDir(async (dir) => {
    await using relay = await StandInRelay.start();
    const { guests } = relay.relay;
    const tone = toneSource(1).next(48_000)!;
    // A second and half a frame.
    await Deno.writeFile(`${dir}/said.raw`, new Uint8Array(tone.buffer));
    await Deno.writeFile(`${dir}/said.raw`, new Uint8Array(960), { append: true });
    await using listener = await RelayProcess.spawn({
      args: ["client", "--record", `${dir}/heard.raw`, "--json", relay.name],
    });
    await relay.relay.until(() => guests.length === 1);
    const speaker = await runRelay({
      args: ["client", "--send-file", `${dir}/said.raw`, "--json", relay.name],
    });
    assert.equal(speaker.code, 0, speaker.stderr);
    assert.equal(JSON.parse(speaker.stdout).sent.frames, 50);
    await relay.relay.until(() => guests.length === 1);
    assert.equal((await listener.stop()).code, 0);
    const { recorded, received } = JSON.parse(listener.stdout.text);
    assert.ok(received.packets >= 49);
    assert.equal(recorded.seconds * 50, received.packets + received.lost);
    assert.ok(near(rmsOf(await samplesOf(`${dir}/heard.raw`))));
  }));

Deno.test("the second QUIC library is wrong usage of the executable, told in one sentence", async () => {
  const { code, stdout, stderr } = await runRelay({
    args: ["client", "--ping", "--quic", "matrixai", "127.0.0.1:9"],
  });
  assert.equal(code, 64);
  assert.equal(stdout, "");
  assert.match(stderr, /^wzp-relay client: --quic matrixai works from source only, [^\n]*\n$/);
});
