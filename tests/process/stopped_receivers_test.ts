/** Receivers whose process stands still: what becomes of them, and that nobody else notices. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { formatSocketAddress } from "../../proto/socket_address.ts";
import { SENT } from "../../quic/port.ts";
import { root } from "../../tools/house/root.ts";
import { RelayProcess } from "../harness/relay_process.ts";
import type { TestClient } from "../harness/test_client.ts";
import { LIMIT_MS } from "./callers.ts";
import { countersShow, type RelayRig, relayTest } from "./relay_rig.ts";

/** A client without `echo`, in a process of its own; it is killed at the end of its block. */
function original({ relay }: RelayRig, room: string) {
  const args = [String(relay.address.port), relay.tlsFingerprint, room];
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "-A", join(root, "tests/harness/room_listener.ts"), ...args],
    cwd: root,
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  return {
    stop: () => child.kill("SIGSTOP"),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
    },
  };
}

/** Speaks until a third one in the room is gone, and has the other hear every packet. */
async function talkUntilGone(a: TestClient, b: TestClient, bytes: number, pauseMs: number) {
  await b.inRoomOf(3);
  let seq = 0;
  while (b.room!.count === 3) {
    for (let i = 0; i < 32; i++) assert.equal(a.speak(seq++ & 0xffff, new Uint8Array(bytes)), SENT);
    await b.until(() => b.packets.length === seq);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  assert.deepEqual(b.heard, Array.from({ length: seq }, (_, i) => i & 0xffff));
}

relayTest(
  "receivers that stand still are closed, whatever shows it, and disturb nobody meanwhile",
  async (rig) => {
    const { clients, relay } = rig;
    await using quiet = await original(rig, "quiet");
    await using loud = await original(rig, "loud");
    await using ours = await RelayProcess.spawn({
      args: [
        ...["client", "--room", "ours", "--record", "/dev/null", "--pin", relay.tlsFingerprint],
        formatSocketAddress(relay.address),
      ],
    });
    await countersShow(relay, "wzp_relay_active_sessions", (count) => count === 3);
    const talk = async (room: string, bytes: number, pauseMs: number) => {
      const [a, b] = [await clients.join(room), await clients.join(room)];
      await talkUntilGone(a, b, bytes, pauseMs);
    };
    // Echoes must have come back before their absence means anything.
    const began = performance.now();
    const talking = [talk("ours", 60, 500)];
    while (performance.now() - began < 1_500) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    for (const { stop } of [quiet, loud]) stop();
    ours.signal("SIGSTOP");
    // Ten times as loud as voice, so that a megabyte fills up in seconds; and as voice is.
    talking.push(talk("loud", 1_000, 10), talk("quiet", 60, 1_000));
    await Promise.all(talking);
    await relay.stdout.match(/left .*room=ours .*by="local" reason="slow consumer"/, LIMIT_MS);
    await relay.stdout.match(/left .*room=loud .*by="local" reason="slow consumer"/, LIMIT_MS);
    // Its queue has room for minutes of sound, so that only the transport misses it.
    await relay.stdout.match(/left .*room=quiet .*by="idle"/, LIMIT_MS);
    const counters = await relay.counters();
    assert.equal(counters["wzp_relay_slow_consumers_total"], 2);
    const dropped = counters["wzp_relay_packets_dropped_total"] as Record<string, number>;
    assert.ok(dropped["stale_receiver"]! > 0 && dropped["slow_receiver"]! > 0);
    const drops = Object.values(dropped).reduce((sum, count) => sum + count, 0);
    const delivered = counters["wzp_relay_packets_delivered_total"] as number;
    assert.equal(delivered + drops, counters["wzp_relay_packets_forwarded_total"]);
  },
  {
    config: "slow_receiver_timeout = 2\n" +
      "max_packets_per_second = 100000\nmax_kbit_per_second = 1000000\n",
  },
);
