import assert from "node:assert/strict";
import { systemClock } from "../relay/ports/testing_clock.ts";
import { silentLog } from "../relay/ports/log.ts";
import type { OpenedRegistry, RegistryHost } from "../relay/ports/registry.ts";
import { createCounters } from "../relay/ports/testing_counters.ts";
import type { UdpGroup } from "../relay/ports/udp_relay.ts";
import { openRegistry } from "./open_registry.ts";
import { testPeer, TestRelay } from "./testing_relays.ts";

const SOURCE = "203.0.113.9";

async function withRegistry(
  run: (registry: OpenedRegistry, host: RegistryHost) => Promise<void>,
): Promise<void> {
  const stateDir = await Deno.makeTempDir();
  const host: RegistryHost = {
    clock: systemClock,
    log: silentLog,
    counters: createCounters(),
    stateDir,
    settings: () => ({ maxRelays: 1_000, maxParties: 10, members: [] }),
  };
  const registry = await openRegistry(host);
  try {
    await run(registry, host);
  } finally {
    await registry.close();
    await Deno.remove(stateDir, { recursive: true });
  }
}

async function listed(registry: OpenedRegistry, region: string | null = null): Promise<string[]> {
  const { json } = await registry.relays(region);
  const { relays } = JSON.parse(new TextDecoder().decode(json));
  return relays.map(({ name }: { name: string }) => name);
}

Deno.test("a relay that registers is in the list, by the worker and its file", async () => {
  await withRegistry(async (registry, host) => {
    const relay = new TestRelay(1);
    const body = relay.registration(Date.now());
    const answer = await registry.register(body, SOURCE);
    assert.deepEqual(answer, { ok: true, body: { status: "registered", heartbeat_s: 30 } });
    const { json, tag } = await registry.relays(null);
    const { cert: _, ...record } = body;
    assert.deepEqual(JSON.parse(new TextDecoder().decode(json)), { relays: [record] });
    assert.equal((await registry.relays(null)).tag, tag);
    assert.deepEqual(await listed(registry, "eu"), ["relay-1"]);
    assert.deepEqual(await listed(registry, "us"), []);
    assert.equal((await registry.register(body, SOURCE)).ok, false);
    assert.notEqual(await Deno.stat(`${host.stateDir}/registry.sqlite`), null);
    const removed = await registry.remove(
      relay.fingerprint,
      relay.farewell(Date.now() + 9),
      SOURCE,
    );
    assert.deepEqual(removed, { ok: true, body: { status: "removed" } });
    assert.deepEqual(await listed(registry), []);
    assert.equal(host.counters.registryRegistrations.get("accepted"), 1);
    assert.equal(host.counters.registryRegistrations.get("stale"), 1);
  });
});

Deno.test("the keys of a party are told to who forwards for it, and go with it", async () => {
  await withRegistry(async (registry) => {
    const heard: (readonly UdpGroup[])[] = [];
    let told = () => {};
    const stop = registry.onGroups((groups) => {
      heard.push(groups);
      told();
    });
    const until = async (length: number) => {
      while ((heard.at(-1)?.[0]?.keys.length ?? 0) !== length) {
        await new Promise<void>((resolve) => told = resolve);
      }
    };
    const made = await registry.createParty({ name: "us" }, SOURCE);
    assert(made.ok);
    const { party, token } = made.body as { party: string; token: string };
    for (const number of [1, 2]) {
      assert((await registry.join(party, token, testPeer(number), SOURCE)).ok);
    }
    await until(2);
    assert.deepEqual(heard.at(-1), [{
      name: party,
      keys: [testPeer(1).public_key, testPeer(2).public_key],
    }]);
    assert((await registry.removeParty(party, token)).ok);
    await until(0);
    assert.deepEqual(heard.at(-1), []);
    stop();
  });
});

Deno.test("requests that come together are all answered, and lists are made while they are", async () => {
  await withRegistry(async (registry) => {
    const relays = Array.from({ length: 300 }, (_, number) => new TestRelay(number));
    const answers = relays.map((relay) =>
      registry.register(relay.registration(Date.now()), SOURCE)
    );
    const lists = [registry.relays(null), registry.relays(null), registry.relays(null)];
    assert((await Promise.all(answers)).every(({ ok }) => ok));
    await Promise.all(lists);
    assert.equal((await listed(registry)).length, 300);
    const { items, total } = await registry.page({ after: "", limit: 10, q: "Y-29", region: null });
    assert.deepEqual([items.length, total], [10, 11]);
  });
});
