/** Sound through the built relay: the client tool speaks, listens and records. */
import assert from "node:assert/strict";
import { rmsOf } from "../../client/sound/level.ts";
import { formatSocketAddress } from "../../proto/socket_address.ts";
import { RelayProcess, runRelay } from "../harness/relay_process.ts";
import { LIMIT_MS } from "./callers.ts";
import { scratch } from "./disk.ts";
import { countersShow, relayTest } from "./relay_rig.ts";

const TONE_RMS = 16_000 / Math.SQRT2;

relayTest(
  "five seconds of tone arrive whole and as loud at one who was there and one who came late",
  async ({ clients, relay }) => {
    await using folder = await scratch();
    const path = `${folder.path}/heard.raw`;
    const to = formatSocketAddress(relay.address);
    const tool = ["client", "--room", "tone", "--json", "--pin", relay.tlsFingerprint];
    await using listener = await RelayProcess.spawn({ args: [...tool, "--record", path, to] });
    await countersShow(relay, "wzp_relay_active_sessions", (count) => count === 1);
    const speaking = runRelay({ args: [...tool, "--send-tone", "5", to] });
    await relay.stdout.match(/joined .* participants=2/, LIMIT_MS);
    const late = await clients.join("tone");
    await late.until(() => late.packets.length >= 100);
    const spoken = await speaking;
    assert.equal(spoken.code, 0, spoken.stderr);
    await late.inRoomOf(2);
    assert.equal((await listener.stop("SIGINT")).code, 0);

    const { sent } = JSON.parse(spoken.stdout);
    const { received, recorded } = JSON.parse(listener.stdout.text);
    assert.equal(sent.frames, 250);
    assert.ok(received.packets >= 0.98 * 250, JSON.stringify(received));
    const bytes = await Deno.readFile(path);
    const rms = rmsOf(new Int16Array(bytes.buffer, 0, bytes.length >> 1));
    assert.ok(Math.abs(rms / TONE_RMS - 1) < 0.2, `RMS ${rms}`);
    assert.ok(recorded.seconds > 4.9 && recorded.seconds <= 5, JSON.stringify(recorded));
    // What a late one hears has no holes.
    const heard = late.heard;
    assert.deepEqual(heard, heard.map((_, i) => heard[0]! + i));
  },
);

relayTest(
  "a receiver that stands still costs the others nothing, and hears again when it goes on",
  async ({ clients, relay }) => {
    const to = formatSocketAddress(relay.address);
    await using stopped = await RelayProcess.spawn({
      args: ["client", "--room", "hall", "--json", "--record", "/dev/null", to],
    });
    await countersShow(relay, "wzp_relay_active_sessions", (count) => count === 1);
    const [a, b] = [await clients.join("hall"), await clients.join("hall")];
    await b.inRoomOf(3);
    let seq = 0;
    const talkUntil = async (done: () => Promise<boolean>) => {
      do {
        for (let i = 0; i < 10; i++) {
          a.speak(seq++);
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
        await b.until(() => b.packets.length === seq);
      } while (!await done());
    };
    const dropped = async () =>
      (await relay.counters())["wzp_relay_packets_dropped_total"] as Record<string, number>;
    // Echoes must have come back before their absence means anything.
    const began = performance.now();
    await talkUntil(() => Promise.resolve(performance.now() - began > 1_500));
    assert.equal((await dropped())["stale_receiver"], 0);
    stopped.signal("SIGSTOP");
    await talkUntil(async () => (await dropped())["stale_receiver"]! > 50);
    stopped.signal("SIGCONT");
    await relayIsFresh();
    assert.deepEqual(b.heard, Array.from({ length: seq }, (_, i) => i));

    const counters = await relay.counters();
    const drops = Object.values(await dropped()).reduce((sum, n) => sum + n, 0);
    const delivered = counters["wzp_relay_packets_delivered_total"] as number;
    // Two receivers for every packet.
    assert.equal(counters["wzp_relay_packets_received_total"], seq);
    assert.equal(delivered + drops, 2 * seq);
    assert.equal((await stopped.stop("SIGINT")).code, 0);
    const { received } = JSON.parse(stopped.stdout.text);
    assert.ok(received.packets <= delivered - seq, JSON.stringify(received));

    /** Until a packet is not dropped any more. */
    async function relayIsFresh(): Promise<void> {
      let before = -1;
      await talkUntil(async () => {
        const now = (await dropped())["stale_receiver"]!;
        const fresh = now === before;
        before = now;
        return fresh;
      });
    }
  },
  // However long this machine takes for it, the one that stands still stays in the room.
  { config: "slow_receiver_timeout = 300\n" },
);
