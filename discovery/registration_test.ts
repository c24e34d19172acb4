import assert from "node:assert/strict";
import { nodeCrypto } from "../proto/node_crypto.ts";
import type { Fields, Log } from "../relay/ports/log.ts";
import { silentLog } from "../relay/ports/log.ts";
import type { Registration, RegistrationHost } from "../relay/ports/registry.ts";
import { createCounters } from "../relay/ports/testing_counters.ts";
import { systemClock } from "../relay/ports/testing_clock.ts";
import type { UdpGroup } from "../relay/ports/udp_relay.ts";
import { startRegistration } from "./registration.ts";
import { RelayRoll } from "./relay_roll.ts";
import { testPeer, TestRelay } from "./testing_relays.ts";

interface Request {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** A registry of few words: it does as `answer` says, and keeps what it was asked. */
class StandInRegistry implements AsyncDisposable {
  readonly requests: Request[] = [];
  /** In place of what a registry answers. */
  answer: (request: Request) => Response | null = () => null;
  roll = new RelayRoll(nodeCrypto, () => ({ maxRelays: 30_000, members: new Set<string>() }));
  groups: readonly UdpGroup[] | null = null;
  heartbeatS = 30;
  #server: Deno.HttpServer<Deno.NetAddr>;
  #wake = () => {};

  constructor(port = 0) {
    this.#server = Deno.serve(
      { port, hostname: "127.0.0.1", onListen() {} },
      (request) => this.#serve(request),
    );
  }

  get port(): number {
    return this.#server.addr.port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** Waits until the requests are so. */
  async until(is: () => boolean): Promise<void> {
    while (!is()) await new Promise<void>((resolve) => this.#wake = resolve);
  }

  of(method: string): Request[] {
    return this.requests.filter((request) => request.method === method);
  }

  async #serve(asked: globalThis.Request): Promise<Response> {
    const text = await asked.text();
    const request = {
      method: asked.method,
      path: new URL(asked.url).pathname,
      headers: asked.headers,
      body: text === "" ? {} : JSON.parse(text),
    };
    this.requests.push(request);
    const response = this.answer(request) ?? this.#asRegistry(request);
    this.#wake();
    return response;
  }

  #asRegistry({ method, path, headers, body }: Request): Response {
    if (method === "GET") {
      const etag = `"${this.roll.order.version(null)}"`;
      if (headers.get("if-none-match") === etag) return new Response(null, { status: 304 });
      return new Response(this.roll.order.json(null).slice(), { headers: { etag } });
    }
    const answer = method === "POST"
      ? this.roll.register(body, "s", Date.now())
      : this.roll.remove(path.split("/").at(-1)!, body, Date.now());
    if (!answer.ok) return Response.json({ detail: answer.detail }, { status: 400 });
    return Response.json({
      ...answer.body,
      heartbeat_s: this.heartbeatS,
      ...(this.groups !== null && { groups: this.groups }),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

/** This relay, with everything it announces and logs. */
class Rig implements AsyncDisposable {
  readonly relay = new TestRelay(1_000);
  readonly counters = createCounters();
  readonly lines: string[] = [];
  announcement = {
    name: "own",
    addr: "192.0.2.7:4433",
    region: "eu",
    capacity: 100,
    load: 0,
    draining: false,
    udp_port: null,
  };
  settings: ReturnType<RegistrationHost["settings"]>;
  /** Unix time as this relay has it. */
  wall = () => Date.now();
  readonly registration: Registration;
  #onLine = () => {};

  constructor(url: string | null, tokenFile: string | null = null) {
    this.settings = { url, tokenFile };
    const note = (level: string) => (message: string, _fields?: Fields) => {
      this.lines.push(`${level} ${message}`);
      this.#onLine();
    };
    const log: Log = { ...silentLog, info: note("info"), warn: note("warn"), area: () => log };
    this.registration = startRegistration({
      clock: { ...systemClock, wall: () => this.wall() },
      log,
      counters: this.counters,
      crypto: nodeCrypto,
      certificate: this.relay.certificate,
      random: () => 0,
      settings: () => this.settings,
      announcement: () => this.announcement,
    });
  }

  async line(pattern: RegExp): Promise<void> {
    while (!this.lines.some((line) => pattern.test(line))) {
      await new Promise<void>((resolve) => this.#onLine = resolve);
    }
  }

  /** Waits until something that follows from an answer is so. */
  async until(is: () => boolean): Promise<void> {
    while (!is()) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  names(): string[] {
    return this.registration.relays().map(({ name }) => name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.registration.close();
  }
}

Deno.test("a relay registers at once, says goodbye at its end, and both are what a registry takes", async () => {
  await using registry = new StandInRegistry();
  {
    await using rig = new Rig(registry.url);
    await rig.line(/^info registered$/);
    assert.deepEqual(rig.registration.view()?.state, "registered");
    assert.equal(rig.counters.registryOwnEntry, 1);
    const { record } = registry.roll.rows.get(rig.relay.fingerprint)!;
    assert.deepEqual({ ...record, ...rig.announcement }, record);
  }
  assert.equal(registry.roll.order.size, 0);
  assert.equal(registry.of("DELETE").length, 1);
});

Deno.test("what decides is told at once, and every statement is newer than the one before", async () => {
  await using registry = new StandInRegistry();
  await using rig = new Rig(registry.url);
  // A clock that is set back while the relay runs.
  let wall = Date.now();
  rig.wall = () => wall -= 10;
  await rig.line(/^info registered$/);
  rig.announcement = { ...rig.announcement, draining: true };
  rig.registration.changed();
  await registry.until(() => registry.of("POST").length === 2);
  // Nobody says so, but the load moved.
  rig.announcement = { ...rig.announcement, load: 11 };
  await registry.until(() => registry.of("POST").length === 3);
  const bodies = registry.of("POST").map(({ body }) => body);
  assert.deepEqual(bodies.map(({ draining, load }) => [draining, load]), [
    [false, 0],
    [true, 0],
    [true, 11],
  ]);
  const times = bodies.map(({ issued_at }) => Number(issued_at));
  assert.deepEqual(times, [...new Set(times)].sort((a, b) => a - b));
  await rig.until(() => rig.counters.registryOwnRegistrations.get("registered") === 3);
});

Deno.test("a beat comes as often as the registry asks", async () => {
  await using registry = new StandInRegistry();
  registry.heartbeatS = 0.01;
  await using rig = new Rig(registry.url);
  await registry.until(() => registry.of("POST").length === 3);
  assert(rig.counters.registryOwnEntry === 1);
});

Deno.test("other relays are known in order, verified, and without this one and those that take nobody", async () => {
  await using registry = new StandInRegistry();
  const now = Date.now();
  const add = (number: number, change: object) =>
    assert(registry.roll.register(new TestRelay(number, change).registration(now), "s", now).ok);
  add(1, { name: "b", region: "us" });
  add(2, { name: "a", region: "us" });
  add(3, { name: "z", region: "eu" });
  add(4, { name: "full", load: 100 });
  add(5, { name: "draining", draining: true });
  const forged = registry.roll.rows.get(new TestRelay(2).fingerprint)!;
  registry.roll.rows.set("x", {
    ...forged,
    fingerprint: "x",
    record: { ...forged.record!, name: "forged", tls_fingerprint: "0".repeat(64) },
  });
  await using rig = new Rig(registry.url);
  await rig.until(() => rig.names().length > 0);
  assert.deepEqual(rig.names(), ["z", "a", "b"]);
  assert.equal(rig.registration.view()?.relays, 6);
  assert.equal(rig.counters.registryKnownRelays, 3);
  await rig.line(/^warn the registry names relays with false signatures/);
});

Deno.test("a list of very many relays is bounded, and what is no relay is left out", async () => {
  await using registry = new StandInRegistry();
  const { cert: _, ...record } = new TestRelay(1, { region: "us" }).registration(Date.now());
  registry.answer = ({ method }) =>
    method === "GET"
      ? Response.json({ relays: [...Array(20_100).fill({ name: "" }), record].reverse() })
      : null;
  await using rig = new Rig(registry.url);
  await rig.until(() => rig.names().length > 0);
  assert.equal(rig.registration.view()?.relays, 1);
});

for (
  const [what, list] of [
    ["ends in the middle", `{"relays":[`],
    ["has an endless relay", `{"relays":[{"name":"${"x".repeat(9_000)}"}]}`],
    ["is larger than any", `{"relays":[${`{"x":"${"y".repeat(1_000)}"},`.repeat(18_000)}{}]}`],
    ["is no JSON", "no"],
  ] as const
) {
  Deno.test(`a list that ${what} changes nothing`, async () => {
    await using registry = new StandInRegistry();
    let [answered, done] = [0, 0];
    registry.answer = ({ method }) => {
      if (method !== "GET") return null;
      answered += 1;
      const body = new Blob([list]).stream().pipeThrough(
        new TransformStream({ flush: () => void (done += 1) }),
      );
      return new Response(body);
    };
    await using rig = new Rig(registry.url);
    await registry.until(() => answered === 1);
    if (list.length < 1_000_000) await rig.until(() => done === 1);
    assert.deepEqual(rig.names(), []);
    assert.equal(rig.registration.view()?.state, "registered");
  });
}

Deno.test("without its registry the relay warns once, goes on trying, and says once that it is back", async () => {
  const taken = new StandInRegistry();
  const { port, url } = taken;
  await taken[Symbol.asyncDispose]();
  await using rig = new Rig(url);
  const failed = () => rig.counters.registryOwnRegistrations.get("failed");
  await rig.until(() => failed() === 2);
  assert.match(rig.registration.view()?.problem ?? "", /^The registry cannot be reached: .+/);
  await using registry = new StandInRegistry(port);
  await rig.line(/^info registered again$/);
  assert.equal(rig.registration.view()?.problem, null);
  assert.deepEqual(rig.lines, [
    "warn registry not reached, carrying on without it",
    "info registered again",
  ]);
  assert(registry.roll.order.size === 1);
});

Deno.test("a registry that refuses, stammers or never ends is told apart, and nothing of it is kept", async () => {
  await using registry = new StandInRegistry();
  const answers: [Response, string][] = [
    [Response.json({ detail: "Not you." }, { status: 403 }), "refused"],
    [Response.json({ detail: "Later." }, { status: 429 }), "trying"],
    [new Response("<html>"), "trying"],
    [new Response("{}".repeat(3_000_000)), "trying"],
    [Response.redirect(`${registry.url}elsewhere`, 307), "trying"],
  ];
  for (const [response, state] of answers) {
    registry.answer = ({ path }) => path === "/relays" ? response : null;
    await using rig = new Rig(registry.url);
    await rig.line(/^warn/);
    assert.equal(rig.registration.view()?.state, state);
    assert.equal(rig.counters.registryOwnEntry, 0);
    registry.answer = () => null;
  }
  assert(!registry.requests.some(({ path }) => path === "/elsewhere"));
});

Deno.test("the token of its file goes to the registry, and a file that is missing is a problem with a sentence", async () => {
  await using registry = new StandInRegistry();
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, "\nread abcdef0123\nother\n");
    await using rig = new Rig(registry.url, file);
    await rig.line(/^info registered$/);
    assert.equal(registry.requests[0]!.headers.get("authorization"), "Bearer abcdef0123");
    rig.settings = { ...rig.settings, tokenFile: `${file}.none` };
    rig.registration.apply();
    await rig.line(/^warn/);
    assert.match(
      rig.registration.view()?.problem ?? "",
      /token file .+\.none cannot be used: it does not exist$/,
    );
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("groups of the registry reach who forwards for them, and false ones do not", async () => {
  await using registry = new StandInRegistry();
  const groups = [{ name: "party", keys: [testPeer(1).public_key, testPeer(2).public_key] }];
  registry.groups = groups;
  await using rig = new Rig(registry.url);
  const heard: (readonly UdpGroup[])[] = [];
  rig.registration.onGroups((now) => heard.push(now));
  await rig.until(() => heard.length === 2);
  assert.deepEqual(heard, [[], groups]);
  registry.groups = [{ name: "party", keys: ["no key"] }];
  rig.registration.changed();
  await rig.until(() => heard.length === 3);
  assert.deepEqual(heard[2], []);
});

Deno.test("another registry in the configuration is gone to, and the old one is told", async () => {
  await using first = new StandInRegistry();
  await using second = new StandInRegistry();
  await using rig = new Rig(first.url);
  await rig.line(/^info registered$/);
  rig.settings = { ...rig.settings, url: second.url };
  rig.registration.apply();
  await second.until(() => second.of("POST").length === 1);
  await first.until(() => first.of("DELETE").length === 1);
  assert.equal(rig.registration.view()?.url, second.url);
  rig.settings = { ...rig.settings, url: null };
  rig.registration.apply();
  await second.until(() => second.of("DELETE").length === 1);
  assert.equal(rig.registration.view(), null);
  assert.equal(rig.counters.registryOwnEntry, 0);
});
