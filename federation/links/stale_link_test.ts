import assert from "node:assert/strict";
import { linkProbe } from "../../proto/link_probe.ts";
import { SENT } from "../../quic/port.ts";
import { Network, type TestRelay } from "./testing_network.ts";

/** Lets replies to probes of this relay take so long, or get lost where `delayMs` says null. */
function delayReplies(network: Network, relay: TestRelay, delayMs: () => number | null): void {
  const [connection] = relay.open;
  const send = connection!.sendDatagram.bind(connection);
  connection!.sendDatagram = (bytes) => {
    if (!linkProbe.matches(bytes) || linkProbe.isRequest(bytes)) return send(bytes);
    const delay = delayMs();
    if (delay !== null) network.clock.after(delay, () => send(bytes));
    return SENT;
  };
}

async function delayed() {
  const network = new Network();
  const [a, b] = [network.relay(1), network.relay(2)];
  b.apply({ trusted: [a.trusted] });
  a.apply({ peers: [b.peer] });
  await network.pass(3_000, 50);
  let delay: number | null = 20;
  delayReplies(network, b, () => delay);
  await network.pass(3_000, 50);
  return { network, link: a.link, answer: (ms: number | null) => delay = ms };
}

Deno.test("a link whose probes come back late is stale until they are quick again", async () => {
  const { network, link, answer } = await delayed();
  await using _ = network;
  assert.equal(link.stale, false);
  answer(290);
  await network.pass(2_000, 50);
  assert.equal(link.stale, false);
  answer(400);
  await network.pass(2_000, 50);
  assert.equal(link.stale, true);
  answer(150);
  await network.pass(1_000, 50);
  assert.equal(link.stale, true);
  answer(20);
  await network.pass(2_000, 50);
  assert.equal(link.stale, false);
});

Deno.test("a relay that stood still for a moment is asked again at once, and its link is at no time stale", async () => {
  const { network, link, answer } = await delayed();
  await using _ = network;
  for (let i = 0; i < 5; i++) {
    answer(450);
    // Until the probe that will be late is out.
    await network.pass(1_000, 10);
    answer(20);
    for (let ms = 0; ms < 2_000; ms += 10) {
      await network.pass(10, 10);
      assert.equal(link.stale, false);
    }
  }
});

Deno.test("a lost probe or two make no link stale, one that nothing answers any more is", async () => {
  const { network, link, answer } = await delayed();
  await using _ = network;
  for (let i = 0; i < 5; i++) {
    answer(null);
    await network.pass(2_000, 50);
    assert.equal(link.stale, false);
    answer(20);
    await network.pass(2_000, 50);
    assert.equal(link.stale, false);
  }
  answer(null);
  await network.pass(4_100, 50);
  assert.equal(link.stale, true);
});

Deno.test("a path that has become longer is no queue", async () => {
  const { network, link, answer } = await delayed();
  await using _ = network;
  answer(700);
  await network.pass(2_000, 50);
  assert.equal(link.stale, true);
  await network.pass(6_000, 50);
  assert.equal(link.stale, false);
});
