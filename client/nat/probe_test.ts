import assert from "node:assert/strict";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import type { SocketAddress } from "../../proto/socket_address.ts";
import { ManualClock } from "../../quic/manual_clock.ts";
import { testingAck, TestingSignalRelay } from "../calls/testing_signal_relay.ts";
import { ClientError } from "../errors.ts";
import { natJson, natLines, probe, probeNat } from "./probe.ts";

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));
const RELAYS: Record<string, SocketAddress> = {
  one: { ip: "192.0.2.1", port: 4433 },
  two: { ip: "192.0.2.2", port: 4433 },
};

async function setUp() {
  const clock = new ManualClock();
  const relay = new TestingSignalRelay(clock);
  const endpoint = await relay.endpoint();
  const run = (...names: string[]) =>
    probeNat({ endpoint, clock, crypto: nodeCrypto }, names, (name) => {
      const address = RELAYS[name];
      return address
        ? Promise.resolve(address)
        : Promise.reject(new ClientError("unresolved", "No such name."));
    });
  const probeOne = (...times: [number, number]) =>
    probe({ endpoint, clock, crypto: nodeCrypto }, RELAYS.one!, ...times);
  return { clock, relay, run, probeOne };
}

Deno.test("relays are asked at the same time as nobody through one socket, and left again", async () => {
  const { relay, run } = await setUp();
  relay.seen = [{ ip: "198.51.100.1", port: 7 }, { ip: "198.51.100.1", port: 8 }];
  const report = await run("one", "two", "three");
  assert.equal(report.verdict.type, "SymmetricPort");
  assert.deepEqual(relay.transport.dials.map(({ address, serverName }) => [address, serverName]), [
    [RELAYS.one, "_signal"],
    [RELAYS.two, "_signal"],
  ]);
  await settle();
  for (const { heard, connection } of relay.guests) {
    assert.deepEqual(heard.map(({ type }) => type), ["RegisterPresence", "Reflect"]);
    assert.equal(connection.closeInfo?.kind, "peer");
  }
  assert.deepEqual(natLines(report), [
    "one    198.51.100.1:7  0.0 ms",
    "two    198.51.100.1:8  0.0 ms",
    "three  failed: No such name.",
    "NAT: SymmetricPort, each relay sees another port, so direct calls will rarely work",
  ]);
  assert.deepEqual(JSON.parse(natJson(report)).relays[2], {
    relay: "three",
    addr: null,
    observed_addr: null,
    latency_ms: null,
    error: "No such name.",
  });
});

Deno.test("relays that agree are a cone; one public address is not enough", async () => {
  const { relay, run } = await setUp();
  relay.seen = [{ ip: "198.51.100.1", port: 7 }];
  const report = await run("one", "two");
  assert.deepEqual(report.verdict.address, { ip: "198.51.100.1", port: 7 });
  assert.equal(natLines(report).at(-1), "NAT: Cone, all see 198.51.100.1:7");
  assert.match(natLines(await run("one")).at(-1)!, /^NAT: Unknown, because 1 relay saw/);
});

Deno.test("with a time of its own for the question, a relay that never answers it costs no more", async () => {
  const { clock, relay, probeOne } = await setUp();
  relay.reflects = false;
  const asking = probeOne(10_000, 1_000);
  asking.catch(() => {});
  await settle();
  clock.advance(999);
  await settle();
  assert.equal(relay.guests[0]?.connection.closeInfo, null);
  clock.advance(1);
  await assert.rejects(
    asking,
    /^ClientError: The relay at 192\.0\.2\.1:4433 did not answer within 1000 ms\.$/,
  );
  assert.equal(clock.pending, 0);
});

Deno.test("a relay that stays silent costs 1.5 s, at whatever point it falls silent", async () => {
  for (const mute of ["ack", "late ack", "reflect", "dial"]) {
    const { clock, relay, run } = await setUp();
    relay.reflects = false;
    if (mute.endsWith("ack")) relay.ack = null;
    if (mute === "dial") relay.transport.onDial = () => new Promise(() => {});
    const running = run("one");
    await settle();
    clock.advance(1_000);
    if (mute === "late ack") relay.say(testingAck());
    await settle();
    clock.advance(499);
    await settle();
    let ended = false;
    running.then(() => ended = true);
    await settle();
    assert.equal(ended, false, mute);
    clock.advance(1);
    const { relays: [first] } = await running;
    assert.equal(
      first?.problem,
      "The relay at 192.0.2.1:4433 did not answer within 1500 ms.",
      mute,
    );
    await settle();
    assert.ok(relay.guests.every(({ connection }) => connection.closeInfo !== null), mute);
    assert.equal(clock.pending, 0, mute);
  }
});
