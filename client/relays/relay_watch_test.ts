import assert from "node:assert/strict";
import fc from "fast-check";
import { ManualClock } from "../../quic/manual_clock.ts";
import { ClientError } from "../errors.ts";
import type { KnownRelay } from "./known_relay.ts";
import type { ProbeProblem } from "./prober.ts";
import type { ProbeReports, ProbeTarget } from "./prober.ts";
import { RelayMap } from "./relay_map.ts";
import { RelayWatch, type RelayWatchOptions } from "./relay_watch.ts";

const A = "10.0.0.1:1";
const B = "10.0.0.2:1";
const C = "10.0.0.3:1";
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));
const GOOD = { rttMs: 20, jitterMs: 1, lossPercent: 0 };

function known(addr: string, more: Partial<KnownRelay> = {}): KnownRelay {
  const facts = { region: null, pin: null, udpPort: null, takesClients: true, draining: false };
  return { addr, name: `r${addr}`, source: "configured", ...facts, ...more };
}

/** How far each relay is: milliseconds, why it fails, drains, or has not answered yet. */
type World = Record<string, number | ProbeProblem | "draining" | "pending">;

function setUp(world: World, options: Partial<RelayWatchOptions> & { relays?: KnownRelay[] } = {}) {
  const clock = new ManualClock();
  const probed: string[] = [];
  let relays = options.relays ?? Object.keys(world).map((addr) => known(addr));
  let looked = 0;
  const never = new Promise<void>(() => {});
  const probe = async (targets: readonly ProbeTarget[], reports: ProbeReports) => {
    await Promise.all(targets.map(async ({ addr }) => {
      probed.push(addr);
      const state = world[addr] ?? "silent";
      if (state === "pending") return await never;
      if (typeof state !== "number" && state !== "draining") {
        reports.failed(addr, state);
        return reports.finished?.(addr, false);
      }
      const rtt = state === "draining" ? 1 : state;
      for (let i = 0; i < 3; i++) reports.measured(addr, rtt, state === "draining");
      reports.finished?.(addr, true);
    }));
  };
  const watch = new RelayWatch({
    clock,
    random: () => 0.5,
    map: new RelayMap(clock),
    choice: { preferred: null, region: null },
    prober: { probe },
    discover() {
      looked += 1;
      return Promise.resolve({
        relays,
        tiers: [{ tier: "configured", state: "ok", relays: relays.length, text: "Some." }],
      });
    },
    ...options,
  });
  /** Time with the event loop turning. */
  const pass = async (ms: number) => {
    const step = ms > 100_000 ? 10_000 : 500;
    for (let left = ms; left > 0; left -= step) {
      clock.advance(Math.min(step, left));
      await settle();
    }
  };
  const first = async () => {
    const picking = watch.first();
    picking.catch(() => {});
    for (let i = 0; i < 10; i++) await pass(250);
    return picking;
  };
  const discovers = (next: KnownRelay[]) => relays = next;
  return { clock, watch, world, probed, pass, first, discovers, looked: () => looked };
}

Deno.test("it begins with the nearest relay", async () => {
  const { watch, first } = setUp({ [A]: 50, [B]: 20, [C]: "silent" });
  await watch.start();
  assert.equal((await first()).relay.addr, B);
  assert.deepEqual(
    watch.map.entries.map(({ addr, rtt_ms, reachable }) => [addr, rtt_ms, reachable]),
    [
      [B, 20, true],
      [A, 50, true],
      [C, null, false],
    ],
  );
  watch.stop();
});

Deno.test("a relay that does not answer is not waited for longer than the others need", async () => {
  const { clock, watch, pass } = setUp({ [A]: "pending", [B]: 20 });
  await watch.start();
  let picked: string | null = null;
  watch.first().then(({ relay }) => picked = relay.addr);
  for (let i = 0; i < 40 && picked === null; i++) await pass(20);
  assert.equal(picked, B);
  assert.ok(clock.now() <= 400, `${clock.now()} ms`);
  watch.stop();
});

Deno.test("with no answer yet the first in the order of discovery is taken, but none that has failed", async () => {
  const { clock, watch, first } = setUp({ [A]: "silent", [B]: "pending", [C]: "pending" });
  await watch.start();
  assert.equal((await first()).relay.addr, B);
  assert.ok(clock.now() <= 3_000);
  watch.stop();
});

Deno.test("when all fail a sentence says why", async () => {
  const dead = setUp({ [A]: "silent", [B]: "certificate", [C]: "refused" });
  await dead.watch.start();
  await assert.rejects(dead.first(), {
    message: "None of the 3 relays can be used: 1 does not answer, " +
      "1 has another certificate than expected, 1 refuses.",
  });
  dead.watch.stop();
  const nowhere = setUp({ [A]: 5 }, { choice: { preferred: null, region: "moon" } });
  await nowhere.watch.start();
  await assert.rejects(nowhere.first(), /The only relay is not in region "moon"\./);
  nowhere.watch.stop();
  const nobody = setUp({});
  await nobody.watch.start();
  await assert.rejects(
    nobody.first(),
    (error) => error instanceof ClientError && /No relay is known\. Some\./.test(error.message),
  );
  nobody.watch.stop();
  const full = setUp({ [A]: 5 }, { relays: [known(A, { takesClients: false })] });
  await full.watch.start();
  await assert.rejects(full.first(), /The only relay takes nobody now\./);
  full.watch.stop();
});

Deno.test("a relay that says that it drains, or has a wrong certificate, is not chosen", async () => {
  const { watch, first } = setUp({ [A]: "draining", [B]: "certificate", [C]: 90 });
  await watch.start();
  assert.equal((await first()).relay.addr, C);
  watch.stop();
});

Deno.test("when distances change it says so once, and only after a minute again", async () => {
  const { watch, world, first, pass } = setUp({ [A]: 20, [B]: 80 });
  await watch.start();
  watch.hold((await first()).relay.addr);
  let changes = 0;
  watch.onChange(() => changes++);
  assert.equal(watch.better(A), null);
  Object.assign(world, { [A]: 80, [B]: 20 });
  await pass(50_000);
  assert.deepEqual(watch.better(A), { addr: B, reason: "nearer: 20 ms instead of 80 ms" });
  assert.ok(changes >= 2);
  watch.hold(B);
  Object.assign(world, { [A]: 20, [B]: 80 });
  await pass(55_000);
  assert.equal(watch.better(B), null);
  await pass(20_000);
  assert.equal(watch.better(B)!.addr, A);
  watch.stop();
});

Deno.test("it looks around at once when a session measures worse than probes did", async () => {
  const { watch, world, first, pass } = setUp({ [A]: 20, [B]: 40 });
  await watch.start();
  watch.hold((await first()).relay.addr);
  watch.report(A, GOOD);
  world[A] = 200;
  for (let i = 0; i < 14; i++) {
    watch.report(A, { ...GOOD, rttMs: 200 });
    await pass(500);
  }
  assert.equal(watch.better(A)!.addr, B);
  watch.stop();
});

Deno.test("a relay that serves badly is left although probes find it near, but not for one that promises no better", async () => {
  const bad = { rttMs: 60, jitterMs: 30, lossPercent: 30 };
  const run = async (other: number) => {
    const { watch, first, pass } = setUp({ [A]: 20, [B]: other });
    await watch.start();
    watch.hold((await first()).relay.addr);
    for (let i = 0; i < 30; i++) {
      watch.report(A, bad);
      await pass(500);
    }
    const better = watch.better(A)?.addr ?? null;
    watch.stop();
    return better;
  };
  assert.equal(await run(90), B);
  assert.equal(await run(2_500), null);
});

Deno.test("a relay that is heard lives without probes, and one that failed is the last to be tried", async () => {
  const { watch, world, first, pass } = setUp({ [A]: 20, [B]: 40, [C]: 30 });
  await watch.start();
  watch.hold((await first()).relay.addr);
  world[A] = "silent";
  for (let i = 0; i < 60; i++) {
    watch.heard(A);
    await pass(500);
  }
  assert.equal(watch.better(A), null);
  const all = () => watch.alternatives(() => true).map(({ addr }) => addr);
  assert.deepEqual(all(), [C, B, A]);
  watch.failed(C);
  assert.deepEqual(all(), [B, A, C]);
  assert.deepEqual(watch.alternatives((addr) => addr !== B).map(({ addr }) => addr), [A, C]);
  await pass(9_000);
  assert.equal(watch.better(A)!.addr, B);
  watch.heard(A);
  assert.equal(watch.better(A), null);
  watch.failed(A);
  assert.equal(watch.better(A)!.addr, B, "found dead by the session, whatever was heard before");
  watch.stop();
});

Deno.test("a relay that drains is left at once, and is no alternative", async () => {
  const { watch, first } = setUp({ [A]: 20, [B]: 40 });
  await watch.start();
  watch.hold((await first()).relay.addr);
  let changed = 0;
  const end = watch.onChange(() => changed++);
  watch.draining(A);
  assert.equal(changed, 1);
  assert.equal(watch.better(A)!.addr, B);
  assert.deepEqual(watch.alternatives(() => true).map(({ addr }) => addr), [B]);
  end();
  watch.draining(B);
  assert.equal(changed, 1);
  watch.stop();
});

Deno.test("the name of a relay that the user gave is not for others to call themselves", async () => {
  const impostor = known(B, { name: "home", source: "registry" });
  const { watch, first } = setUp({ [A]: 40, [B]: 5 }, {
    relays: [impostor, known(A, { name: "home" })],
    choice: { preferred: "home", region: null },
  });
  await watch.start();
  assert.equal((await first()).relay.addr, A);
  watch.stop();
});

Deno.test("a present relay that has become full is stayed with", async () => {
  const { watch, discovers, first, pass } = setUp({ [A]: 20, [B]: 40 });
  await watch.start();
  watch.hold((await first()).relay.addr);
  discovers([known(A, { takesClients: false }), known(B)]);
  await pass(700_000);
  assert.equal(watch.better(A), null);
  assert.deepEqual(watch.alternatives(() => true).map(({ addr }) => addr), [B]);
  watch.stop();
});

Deno.test("relays that a relay names are measured, with their certificate where it is told, which binds none that the user named", async () => {
  const pin = "ab".repeat(32);
  const { watch, probed, first, pass } = setUp({ [A]: 20, [B]: 40 }, { relays: [known(A)] });
  await watch.start();
  await first();
  watch.told([`b|${B}|${pin}`, "nonsense", "x|host:1", `a|${A}|${pin}`], "eu");
  await pass(500);
  assert.ok(probed.includes(B));
  assert.deepEqual(
    watch.alternatives(() => true).map(({ addr, pin }) => [addr, pin?.toHex() ?? null]),
    [[A, null], [B, pin]],
  );
  assert.deepEqual(watch.relays.map(({ relay }) => relay.source), ["configured", "told"]);
  watch.told(Array.from({ length: 1_000 }, (_, i) => `x|10.9.${i >> 8}.${i & 255}:1`), null);
  assert.ok(watch.relays.length <= 66);
  watch.stop();
});

Deno.test("relays are looked for again, soon where a tier failed, and told ones stay", async () => {
  const { watch, discovers, looked, pass } = setUp({ [A]: 20, [B]: 30 }, { relays: [known(A)] });
  await watch.start();
  watch.told([`b|${B}`], null);
  discovers([known(C)]);
  await pass(301_000);
  assert.equal(looked(), 2);
  assert.deepEqual(watch.relays.map(({ relay }) => relay.addr), [C, B]);
  watch.want([A, "10.7.7.7:1"]);
  await pass(500);
  assert.equal(looked(), 3);
  watch.want([A]);
  assert.deepEqual([...watch.wanted], [A, "10.7.7.7:1"]);
  await pass(500);
  assert.equal(looked(), 3, "what is wanted already is not looked for again");
  watch.stop();
  await pass(700_000);
  assert.equal(looked(), 3);
});

Deno.test("with random jitter of 30 % and lost probes it never says to move twice within a minute", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 1_000_000 }), async (seed) => {
      let state = seed;
      const random = () => (state = state * 48_271 % 2_147_483_647) / 2_147_483_647;
      const base: Record<string, number> = { [A]: 30, [B]: 40, [C]: 55 };
      const world: World = {};
      const { clock, watch, first } = setUp(world, {
        relays: [known(A), known(B), known(C)],
        random,
      });
      const shake = () => {
        for (const [addr, rtt] of Object.entries(base)) {
          world[addr] = random() < 0.05 ? "silent" : rtt * (0.7 + 0.6 * random());
        }
      };
      shake();
      await watch.start();
      let current = (await first().catch(() => ({ relay: known(A) }))).relay.addr;
      const moves: number[] = [];
      for (let i = 0; i < 300; i++) {
        shake();
        watch.heard(current);
        clock.advance(2_000);
        await settle();
        const better = watch.better(current);
        if (better === null) continue;
        current = better.addr;
        moves.push(clock.now());
      }
      watch.stop();
      for (let i = 1; i < moves.length; i++) assert.ok(moves[i]! - moves[i - 1]! >= 60_000);
      assert.ok(moves.length <= 3, `${moves.length} moves in 10 minutes`);
    }),
    { seed: 30, numRuns: 1 },
  );
});
