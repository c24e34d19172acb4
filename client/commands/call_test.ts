import assert from "node:assert/strict";
import { ManualClock } from "../../quic/manual_clock.ts";
import { TestingSignalRelay } from "../calls/testing_signal_relay.ts";
import { runClient } from "../run.ts";

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

/** What the tool prints until it has registered and is stopped. */
async function printed(...args: string[]): Promise<string[]> {
  const clock = new ManualClock();
  const relay = new TestingSignalRelay(clock);
  const controller = new AbortController();
  const lines: string[] = [];
  let ended = false;
  const running = runClient([...args, "192.0.2.1:4433"], {
    transport: relay.transport,
    clock,
    print(line) {
      lines.push(line);
      controller.abort();
    },
    printError: (line) => lines.push(line),
    progress: () => {},
    stopSignal: () => controller.signal,
  }).finally(() => ended = true);
  while (!ended) {
    await settle();
    clock.advance(100);
  }
  assert.equal(await running, 0, lines.join("\n"));
  return lines;
}

Deno.test("who registers with a token is told that others may know it by another fingerprint", async () => {
  const seed = ["--seed", "00".repeat(32)];
  const [registered, ...others] = await printed("--signal", ...seed);
  assert.match(registered!, /^registered as [0-9a-f:]{39}$/);
  assert.deepEqual(others, []);
  const [same, hint, ...more] = await printed("--signal", ...seed, "--token", "secret");
  assert.equal(same, registered);
  assert.match(hint!, /^with a token, others reach us under the fingerprint /);
  assert.deepEqual(more, []);
});

Deno.test("scripts get no line that is no event", async () => {
  const lines = await printed("--signal", "--json", "--token", "secret");
  assert.deepEqual(lines.map((line) => JSON.parse(line).event), ["registered"]);
});
