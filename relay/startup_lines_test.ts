import assert from "node:assert/strict";
import { ManualClock } from "../quic/manual_clock.ts";
import { parseLevels } from "./log/levels.ts";
import type { LogSettings } from "./log/logger.ts";
import { memoryLogger } from "./log/testing_sink.ts";
import { logStartup, type StartupFacts } from "./startup_lines.ts";

const FACTS: StartupFacts = {
  build: "9377a90",
  identityFile: "/home/a b/.wzp/relay-identity",
  identityCreated: false,
  fingerprint: "29f0:93ca:0cf4:6d5d:c261:2b1b:9bea:a7b3",
  tlsFingerprint: "55:6f:7e",
  listening: ["[::]:4433", "0.0.0.0:4433"],
  advertised: "192.0.2.1:4433",
  alternatives: [],
  warnings: [],
};

async function lines(facts: Partial<StartupFacts>, settings: Partial<LogSettings> = {}) {
  const { log, sink } = memoryLogger(new ManualClock(), { settings });
  logStartup(log, { ...FACTS, ...facts });
  await log.flush();
  return sink.lines;
}

Deno.test("the facts come in their order, with the values scripts pick up bare", async () => {
  const expected = [
    /wzp-relay version="9377a90"$/,
    /identity loaded path="\/home\/a b\/.wzp\/relay-identity"$/,
    /starting addr=\[::\]:4433 fingerprint=29f0:93ca:0cf4:6d5d:c261:2b1b:9bea:a7b3$/,
    /starting addr=0.0.0.0:4433 fingerprint=29f0:/,
    /certificate tls_fingerprint=55:6f:7e$/,
    /for the configuration of another relay/,
    /\[\[peers\]\]$/,
    /url = "192.0.2.1:4433"$/,
    /fingerprint = "55:6f:7e"$/,
    /advertised address advertised_addr_str="192.0.2.1:4433"$/,
  ];
  const written = await lines({});
  assert.equal(written.length, expected.length);
  written.forEach((line, index) => assert.match(line, expected[index]!));
});

Deno.test("a new identity, other likely addresses and warnings are said", async () => {
  const text = (await lines({
    identityCreated: true,
    alternatives: ["192.0.2.7", "192.0.2.8"],
    warnings: ["First thing.", "Second thing."],
  })).join("\n");
  assert.match(text, /identity generated/);
  assert.match(text, /WARN .*others="192.0.2.7 192.0.2.8"/);
  assert.match(text, /WARN relay: First thing\.\n.*WARN relay: Second thing\./);
});

Deno.test("both fingerprints and the address are seen at every level and in every format", async () => {
  for (const format of ["pretty", "logfmt", "json"] as const) {
    const text = (await lines({}, { format, levels: parseLevels("error") })).join("\n");
    assert.match(text, /\btls_fingerprint=55:6f:7e/, format);
    assert.match(text, /\sfingerprint=29f0:93ca/, format);
    assert.match(text, /\baddr=\[::\]:4433/, format);
    assert.doesNotMatch(text, /\[\[peers\]\]/, format);
  }
});

Deno.test("in JSON the fingerprints are fields as well", async () => {
  const records = (await lines({}, { format: "json" })).map((line) => JSON.parse(line));
  assert.ok(records.some((record) => record.tls_fingerprint === "55:6f:7e"));
  assert.ok(records.some(({ fingerprint }) => fingerprint === FACTS.fingerprint));
});
