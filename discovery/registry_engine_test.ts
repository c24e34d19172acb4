import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { nodeCrypto } from "../proto/node_crypto.ts";
import type { UdpGroup } from "../relay/ports/udp_relay.ts";
import { type EngineParts, RegistryEngine } from "./registry_engine.ts";
import type { RegistryOrder } from "./registry_core.ts";
import { Store } from "./store.ts";
import { StoreTrouble } from "./store_trouble.ts";
import { testPeer, TestRelay } from "./testing_relays.ts";

const NOW = 1_775_000_000_000;

/** A folder for a registry, engines on it one after the other, and what they said. */
class Bench implements Disposable {
  readonly folder = Deno.makeTempDirSync();
  readonly path = `${this.folder}/registry.sqlite`;
  readonly lines: string[] = [];
  groups: readonly UdpGroup[] = [];
  now = NOW;
  #open: RegistryEngine[] = [];

  engine(change: Partial<EngineParts> = {}): RegistryEngine {
    const engine = new RegistryEngine({
      path: this.path,
      settings: { maxRelays: 1_000, maxParties: 100, members: [] },
      crypto: nodeCrypto,
      now: () => this.now,
      log: (level, message) => this.lines.push(`${level} ${message}`),
      onGroups: (groups) => this.groups = groups,
      ...change,
    });
    this.#open.push(engine);
    return engine;
  }

  /** The file as it is, without what stands in the log beside it. */
  files(): string[] {
    return [...Deno.readDirSync(this.folder)].map(({ name }) => name).sort();
  }

  [Symbol.dispose](): void {
    for (const engine of this.#open) engine.close();
    Deno.removeSync(this.folder, { recursive: true });
  }
}

function order(relay: TestRelay, issuedAt: number): RegistryOrder {
  return { op: "register", body: relay.registration(issuedAt), source: `${relay.fingerprint}` };
}

function names(engine: RegistryEngine): string[] {
  const { relays } = JSON.parse(new TextDecoder().decode(engine.list(null, null).json!));
  return relays.map(({ name }: { name: string }) => name);
}

function problems(engine: RegistryEngine, orders: readonly RegistryOrder[]) {
  return engine.answer(orders).map((answer) => answer.ok ? null : answer.problem);
}

const RELAYS = Array.from({ length: 50 }, (_, number) => new TestRelay(number));

Deno.test("what was answered is there after an end without any warning, and spent statements stay spent", () => {
  using bench = new Bench();
  const first = bench.engine();
  const orders = RELAYS.slice(0, 3).map((relay) => order(relay, NOW));
  assert.equal(Deno.statSync(bench.path).mode! & 0o777, 0o600);
  assert.deepEqual(problems(first, orders), [null, null, null]);
  const [made] = first.answer([{ op: "createParty", body: { name: "us" }, source: "s" }]);
  assert(made?.ok);
  const { party, token } = made.body as { party: string; token: string };
  const join = (number: number): RegistryOrder => ({
    op: "join",
    party,
    token,
    body: testPeer(number),
  });
  assert.deepEqual(problems(first, [join(1), join(2)]), [null, null]);
  const remove: RegistryOrder = {
    op: "remove",
    fingerprint: RELAYS[0]!.fingerprint,
    body: RELAYS[0]!.farewell(NOW + 1),
  };
  assert.deepEqual(problems(first, [remove]), [null]);

  // Not closed: as after kill -9, the log beside the file has it.
  const second = bench.engine();
  assert.deepEqual(names(second), ["relay-1", "relay-2"]);
  assert.deepEqual(problems(second, [...orders, remove]), ["stale", "stale", "stale", "not_found"]);
  const [peers] = second.answer([{ op: "peers", party, token }]);
  assert(peers?.ok && (peers.body.peers as unknown[]).length === 2);
  assert.equal(bench.groups[0]!.keys.length, 2);
  assert.deepEqual([second.stats().relays, second.stats().parties, second.stats().peers], [
    2,
    1,
    2,
  ]);
});

Deno.test("what expired while the registry was down is not listed when it is back", () => {
  using bench = new Bench();
  bench.engine().answer([order(RELAYS[1]!, NOW)]);
  bench.now += 90_000;
  const engine = bench.engine();
  assert.deepEqual(names(engine), []);
  assert.equal(engine.stats().expired, 1);
});

for (
  const [what, damage] of [
    ["begins with something else", (path: string) => overwrite(path, 0, 100)],
    ["has a page of something else", (path: string) => overwrite(path, 4_096, 4_096)],
    ["counts free pages that it has not", (path: string) => overwrite(path, 36, 4)],
    ["ends early", (path: string) => Deno.truncateSync(path, 9_000)],
    ["is another database", (path: string) => {
      Deno.removeSync(path);
      const database = new DatabaseSync(path);
      database.exec("CREATE TABLE relays (x); PRAGMA user_version = 1");
      database.close();
    }],
    ["holds a record that no relay wrote", (path: string) => {
      const database = new DatabaseSync(path);
      database.exec("UPDATE relays SET record = '{}'");
      database.close();
    }],
    ["holds a record under another key", (path: string) => {
      const database = new DatabaseSync(path);
      database.exec(`UPDATE relays SET fingerprint = fingerprint || 'x'`);
      database.close();
    }],
    ["has a log of something else", (path: string) => {
      Deno.writeFileSync(`${path}-wal`, new Uint8Array(5_000).fill(7));
    }],
  ] as const
) {
  Deno.test(`a file that ${what} is set aside as it is, and a new one begun`, () => {
    using bench = new Bench();
    const first = bench.engine();
    for (const relay of RELAYS) first.answer([order(relay, NOW)]);
    first.close();
    damage(bench.path);
    const damaged = Deno.readFileSync(bench.path);
    const engine = bench.engine();
    const { setAside, relays } = engine.stats();
    assert.equal(setAside, `${bench.path}.damaged-20260331T233320Z`);
    assert.equal(relays, 0);
    assert.deepEqual(Deno.readFileSync(setAside), damaged);
    assert.deepEqual(bench.lines, [
      "error the registry file is damaged and was set aside, a new one is begun",
    ]);
    assert.deepEqual(problems(engine, [order(RELAYS[0]!, NOW)]), [null]);
    engine.close();
    // In the same second once more: the first one is not written over.
    damage(bench.path);
    assert.equal(bench.engine().stats().setAside, `${setAside}-2`);
    assert.deepEqual(Deno.readFileSync(setAside), damaged);
  });
}

Deno.test("a file of a later version is left alone", () => {
  using bench = new Bench();
  bench.engine().close();
  const database = new DatabaseSync(bench.path);
  database.exec("PRAGMA user_version = 2");
  database.close();
  const before = Deno.readFileSync(bench.path);
  assert.throws(() => bench.engine(), (error) => {
    assert(error instanceof StoreTrouble);
    assert.equal(error.kind, "newer");
    assert.match(error.message, /version 2 and this program knows up to 1/);
    return true;
  });
  assert.deepEqual(Deno.readFileSync(bench.path), before);
  assert.deepEqual(bench.files(), ["registry.sqlite"]);
});

Deno.test("what is no regular file is not used", () => {
  using bench = new Bench();
  Deno.mkdirSync(bench.path);
  assert.throws(() => bench.engine(), /not a regular file/);
  assert.deepEqual(bench.files(), ["registry.sqlite"]);
});

/** A store that does not write while `trouble` is set. */
function troubled(path: string, trouble: () => StoreTrouble | null) {
  const store = Store.open(path);
  return {
    load: () => store.load(),
    save(changes: Parameters<Store["save"]>[0], anew?: boolean) {
      const now = trouble();
      if (now !== null) throw now;
      store.save(changes, anew);
    },
    get inPlace() {
      return store.inPlace;
    },
    close: () => store.close(),
  };
}

Deno.test("while the disk is full changes are refused, nothing is lost, and it goes on when there is room", () => {
  using bench = new Bench();
  let trouble: StoreTrouble | null = null;
  const engine = bench.engine({ openStore: (path) => troubled(path, () => trouble) });
  assert.deepEqual(problems(engine, [order(RELAYS[1]!, NOW), order(RELAYS[2]!, NOW)]), [
    null,
    null,
  ]);
  const { tag } = engine.list(null, null);
  trouble = new StoreTrouble("unavailable", "database or disk is full");
  const late = order(RELAYS[3]!, NOW);
  const stale = order(RELAYS[1]!, NOW - 1);
  const [refusal, other] = engine.answer([late, stale]);
  assert.deepEqual(refusal, {
    ok: false,
    problem: "unavailable",
    detail: "The registry cannot be written just now: database or disk is full.",
  });
  assert(other?.ok === false && other.problem === "stale");
  assert.deepEqual(names(engine), ["relay-1", "relay-2"]);
  assert.equal(engine.stats().storeErrors, 1);
  assert.match(engine.stats().storeProblem!, /disk is full/);
  // Time goes on without a disk.
  bench.now += 90_000;
  engine.tick();
  assert.deepEqual(names(engine), []);
  assert.notEqual(engine.list(null, null).tag, tag);
  trouble = null;
  assert.deepEqual(problems(engine, [order(RELAYS[3]!, bench.now)]), [null]);
  assert.equal(engine.stats().storeProblem, null);
  assert.equal(engine.stats().expired, 2);
  assert.deepEqual(bench.lines, [
    "error the registry cannot be written and refuses changes",
    "info the registry can be written again",
  ]);
  assert.deepEqual(names(bench.engine()), ["relay-3"]);
});

Deno.test("a file that goes bad while it is used is set aside, and the new one has all that was answered", () => {
  using bench = new Bench();
  let damaged = false;
  const engine = bench.engine({
    openStore: (path) => {
      const isFirst = !damaged;
      return troubled(
        path,
        () => damaged && isFirst ? new StoreTrouble("damaged", "malformed") : null,
      );
    },
  });
  engine.answer([order(RELAYS[1]!, NOW)]);
  damaged = true;
  assert.deepEqual(problems(engine, [order(RELAYS[2]!, NOW)]), [null]);
  assert.match(engine.stats().setAside!, /damaged-/);
  assert.equal(engine.stats().storeProblem, null);
  assert.deepEqual(names(bench.engine()), ["relay-1", "relay-2"]);
});

Deno.test("a file that was taken away is written anew, and one put in its place is not written over", () => {
  using bench = new Bench();
  const engine = bench.engine();
  engine.answer([order(RELAYS[1]!, NOW)]);
  Deno.removeSync(bench.path);
  assert.deepEqual(problems(engine, [order(RELAYS[2]!, NOW)]), [null]);
  assert.deepEqual(names(bench.engine()), ["relay-1", "relay-2"]);
  Deno.writeTextFileSync(`${bench.folder}/other`, "something of the operator");
  Deno.renameSync(`${bench.folder}/other`, bench.path);
  assert.deepEqual(problems(engine, [order(RELAYS[3]!, NOW)]), [null]);
  assert.equal(Deno.readTextFileSync(engine.stats().setAside!), "something of the operator");
  assert.deepEqual(names(bench.engine()), ["relay-1", "relay-2", "relay-3"]);
});

Deno.test("a request that brings out a fault of ours takes nobody along", () => {
  using bench = new Bench();
  const engine = bench.engine();
  const bad: RegistryOrder = {
    op: "register",
    source: "s",
    body: new Proxy({}, {
      get() {
        throw new Error("a fault");
      },
    }),
  };
  const answers = problems(engine, [order(RELAYS[1]!, NOW), bad, order(RELAYS[2]!, NOW)]);
  assert.deepEqual(answers, [null, "unavailable", null]);
  assert.deepEqual(names(engine), ["relay-1", "relay-2"]);
  assert.deepEqual(bench.lines, ["error internal error, please report it"]);
});

Deno.test("members that forward for parties are told their keys, and others are not", () => {
  using bench = new Bench();
  const [member, silent, stranger] = RELAYS;
  const settings = {
    maxRelays: 10,
    maxParties: 10,
    members: [member!.fingerprint, silent!.fingerprint],
  };
  const engine = bench.engine({ settings });
  const [made] = engine.answer([{ op: "createParty", body: {}, source: "s" }]);
  const { party, token } = made?.ok ? made.body as { party: string; token: string } : assert.fail();
  for (const number of [1, 2]) {
    engine.answer([{ op: "join", party, token, body: testPeer(number) }]);
  }
  const told = (relay: TestRelay, udp_port: number | null, issuedAt: number) => {
    const body = relay.registration(issuedAt, { udp_port });
    const [answer] = engine.answer([{ op: "register", body, source: "s" }]);
    return answer?.ok ? answer.body.groups : assert.fail();
  };
  const groups = [{ name: party, keys: [testPeer(1).public_key, testPeer(2).public_key] }];
  assert.deepEqual(told(member!, 51_820, NOW), groups);
  assert.deepEqual(told(silent!, null, NOW), undefined);
  engine.configure({ ...settings, members: [] });
  assert.deepEqual(told(stranger!, 51_820, NOW), undefined);
});

function overwrite(path: string, at: number, length: number): void {
  using file = Deno.openSync(path, { write: true });
  file.seekSync(at, Deno.SeekMode.Start);
  file.writeSync(new Uint8Array(length).fill(0xa5));
}
