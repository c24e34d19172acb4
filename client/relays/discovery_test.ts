import assert from "node:assert/strict";
import { ManualClock } from "../../quic/manual_clock.ts";
import { parseSocketAddress, type SocketAddress } from "../../proto/socket_address.ts";
import { ClientError } from "../errors.ts";
import { discover, type DiscoveryOptions } from "./discovery.ts";
import { MAX_RELAYS } from "./known_relay.ts";
import { parseRelayWord, parseRelayWords } from "./relay_words.ts";
import type { RegistryCopy, RegistryReading } from "./registry_relays.ts";
import { signedRecord } from "./testing_registry.ts";

const DNS: Record<string, string[]> = {
  "both.example": ["10.0.0.9", "10.0.0.10", "2001:db8::9"],
};

function resolve(where: string): Promise<SocketAddress[]> {
  const { host, port } = /^(?<host>[^:]+)(?::(?<port>\d+))?$/.exec(where)!.groups!;
  const literal = parseSocketAddress(`${host}:${port ?? 4433}`);
  if (literal !== null) return Promise.resolve([literal]);
  const found = DNS[host!];
  return found === undefined
    ? Promise.reject(new ClientError("unresolved", `The name "${host}" cannot be resolved.`))
    : Promise.resolve(found.map((ip) => ({ ip, port: Number(port ?? 4433) })));
}

interface Setting {
  readonly answer?: RegistryReading | ClientError;
  readonly copy?: RegistryCopy;
  readonly words?: string;
  readonly hasty?: boolean;
}

function look({ answer, copy, words, hasty = true }: Setting) {
  const clock = new ManualClock();
  const kept: RegistryCopy[] = [];
  const waits: number[] = [];
  const options: DiscoveryOptions = {
    clock,
    configured: words === undefined ? [] : parseRelayWords(words),
    builtIn: parseRelayWord("127.0.0.1:4433"),
    resolve,
    hasty,
    registry: answer === undefined ? null : {
      url: "http://r",
      read(ms) {
        waits.push(ms);
        return answer instanceof ClientError ? Promise.reject(answer) : Promise.resolve(answer);
      },
      copy: () => copy ?? null,
      keep: (copy) => void kept.push(copy),
    },
  };
  return discover(options).then((found) => ({ ...found, kept, waits, clock }));
}

const reading = (...addrs: string[]): RegistryReading => {
  const relays = addrs.map((addr) => signedRecord({ addr, name: `r${addr}` }));
  return { relays, refused: 0, listed: relays.length };
};
const DOWN = new ClientError("unreachable", "The registry http://r cannot be reached.");
const states = (found: Awaited<ReturnType<typeof look>>) => found.tiers.map(({ state }) => state);

Deno.test("registry and configuration add up, in this order, and the built-in relay is not needed", async () => {
  const found = await look({ answer: reading("10.0.0.1:1"), words: "mine=10.0.0.2:2" });
  assert.deepEqual(found.relays.map(({ addr, source }) => [addr, source]), [
    ["10.0.0.1:1", "registry"],
    ["10.0.0.2:2", "configured"],
  ]);
  assert.deepEqual(states(found), ["ok", "ok", "unused"]);
  assert.equal(found.kept.length, 1);
  assert.equal(found.kept[0]!.fetched_at, found.clock.wall());
});

Deno.test("with nothing else the built-in relay is taken", async () => {
  const found = await look({});
  assert.deepEqual(found.relays.map(({ addr, source }) => [addr, source]), [
    ["127.0.0.1:4433", "built-in"],
  ]);
  assert.deepEqual(states(found), ["unused", "unused", "ok"]);
  const empty = await look({ answer: reading() });
  assert.deepEqual(states(empty), ["ok", "unused", "ok"]);
  assert.equal(empty.kept.length, 0, "an empty list is no copy to keep");
});

Deno.test("when the registry is down its copy stands in, and its age is told", async () => {
  const relays = [signedRecord({ addr: "10.0.0.1:1", load: 100, draining: true })];
  const wall = new ManualClock().wall();
  const found = await look({ answer: DOWN, copy: { fetched_at: wall - 3 * 3_600_000, relays } });
  assert.deepEqual(states(found), ["stale", "unused", "unused"]);
  assert.equal(found.relays[0]!.takesClients, true);
  assert.equal(
    found.tiers[0]!.text,
    "The registry http://r cannot be reached; a copy from 3 hours ago has 1 relay.",
  );
  const old = await look({ answer: DOWN, copy: { fetched_at: wall - 31 * 86_400_000, relays } });
  assert.deepEqual(states(old), ["failed", "unused", "ok"]);
  assert.match(old.tiers[0]!.text, /cannot be reached, and there is no copy\.$/);
});

Deno.test("a slow registry is waited for where there is nothing else, or nobody waits", async () => {
  const waits = async (setting: Setting) =>
    (await look({ answer: reading(), ...setting })).waits[0]!;
  assert.ok(await waits({ words: "10.0.0.1" }) < await waits({}));
  assert.equal(await waits({ words: "10.0.0.1", hasty: false }), await waits({}));
});

Deno.test("a name is tried with one address of each family, and one that cannot be resolved is told", async () => {
  const found = await look({ words: "x=both.example:5,gone.example" });
  assert.deepEqual(found.relays.map(({ addr, name }) => [addr, name]), [
    ["10.0.0.9:5", "x"],
    ["[2001:db8::9]:5", "x"],
  ]);
  assert.match(
    found.tiers[1]!.text,
    /names 2 relays\. The name "gone\.example" cannot be resolved\.$/,
  );
  assert.deepEqual(states(await look({ words: "gone.example" })), ["unused", "failed", "ok"]);
});

Deno.test("of a relay named twice the user's pin counts, else the registry's", async () => {
  const answer = reading("10.0.0.1:1", "10.0.0.2:1");
  const found = await look({ answer, words: `10.0.0.1:1#${"cd".repeat(32)},10.0.0.2:1` });
  assert.deepEqual(found.relays.map(({ name, pin }) => [name, pin!.toHex().slice(0, 4)]), [
    ["r10.0.0.1:1", "cdcd"],
    ["r10.0.0.2:1", "abab"],
  ]);
});

Deno.test("never more relays than are probed", async () => {
  const answer = reading(...Array.from({ length: MAX_RELAYS }, (_, i) => `10.1.0.${i}:1`));
  const found = await look({ answer, words: "10.0.0.1,10.0.0.2" });
  assert.equal(found.relays.length, MAX_RELAYS);
  // Those that somebody chose are among them.
  const own = found.relays.filter(({ source }) => source === "configured");
  assert.deepEqual(own.map(({ addr }) => addr), ["10.0.0.1:4433", "10.0.0.2:4433"]);
  const words = Array.from({ length: MAX_RELAYS }, (_, i) => `10.2.0.${i}`).join();
  const full = (await look({ answer, words })).relays;
  assert.ok(full.every(({ source }) => source === "configured"));
});

Deno.test("wrong signatures and relays left out are told", async () => {
  const answer = { ...reading("10.0.0.1:1"), refused: 2, listed: 9 };
  const { tiers } = await look({ answer });
  assert.equal(
    tiers[0]!.text,
    "The registry http://r lists 9 relays, 2 of them with a wrong signature or form; 1 is looked at.",
  );
});
