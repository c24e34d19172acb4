import assert from "node:assert/strict";
import { ManualClock } from "../../relay/ports/testing_clock.ts";
import { openAdmin } from "../open.ts";
import { TestingRelay } from "../testing_host.ts";
import { HttpThread, type WorkerLike } from "./http_thread.ts";
import type { FromHttp, FromRelay } from "./messages.ts";

const LISTEN = { listen: [{ ip: "127.0.0.1", port: 0 }], implied: true };
const ADDRESSES = [{ ip: "127.0.0.1", port: 4433 }];

class FakeWorker {
  readonly heard: FromRelay[] = [];
  ended = false;
  readonly #worker: WorkerLike;

  constructor() {
    this.#worker = {
      onmessage: null,
      onerror: null,
      postMessage: (messages: FromRelay[]) => void this.heard.push(...structuredClone(messages)),
      terminate: () => void (this.ended = true),
    };
  }

  get like(): WorkerLike {
    return this.#worker;
  }

  say(message: FromHttp): void {
    this.#worker.onmessage?.call(this.#worker as Worker, { data: [message] } as MessageEvent);
  }

  die(message: string): void {
    this.#worker.onerror?.call(
      this.#worker as Worker,
      { message, preventDefault: () => {} } as ErrorEvent,
    );
  }

  kinds(): string[] {
    return this.heard.map(({ kind }) => kind);
  }
}

/** Time that can pass without any timer firing, as while a process is stopped. */
class LaggingClock extends ManualClock {
  lag = 0;

  override now(): number {
    return super.now() + this.lag;
  }
}

/** A relay with a thread of HTTP that does what the test says. */
class Rig implements AsyncDisposable {
  readonly relay = new TestingRelay();
  readonly clock = new LaggingClock();
  readonly workers: FakeWorker[] = [];

  constructor() {
    const stateDir = Deno.makeTempDirSync({ prefix: "wzp-http-" });
    this.relay.settings = { ...this.relay.settings, stateDir };
  }

  get files(): string[] {
    return [...Deno.readDirSync(this.relay.settings.stateDir)].map(({ name }) => name);
  }

  get last(): FakeWorker {
    return this.workers.at(-1)!;
  }

  open(settings: Parameters<typeof HttpThread.open>[0] = LISTEN) {
    return HttpThread.open(settings, () => {
      this.workers.push(new FakeWorker());
      return this.last.like;
    }, this.clock);
  }

  listening(): void {
    this.last.say({ kind: "ready" });
    this.last.say({ kind: "listening", addresses: ADDRESSES });
  }

  async serving() {
    const opening = this.open();
    this.listening();
    const admin = await opening;
    const serving = admin.serve(this.relay.host());
    this.last.say({ kind: "serving" });
    await serving;
    return admin;
  }

  async [Symbol.asyncDispose]() {
    await Deno.remove(this.relay.settings.stateDir, { recursive: true });
  }
}

Deno.test("off means no thread, no port and no token", async () => {
  await using rig = new Rig();
  const admin = await rig.open({ listen: [], implied: false });
  await admin.serve(rig.relay.host());
  admin.apply();
  await admin.close();
  assert.deepEqual([rig.workers.length, admin.addresses, rig.files], [0, [], []]);
});

Deno.test("a port that is taken ends the start with the sentence of the thread", async () => {
  await using rig = new Rig();
  const opening = rig.open();
  rig.last.say({ kind: "ready" });
  rig.last.say({ kind: "failed", code: "http_address_in_use", message: "Taken.", exitCode: 69 });
  await assert.rejects(opening, {
    name: "StartError",
    code: "http_address_in_use",
    message: "Taken.",
    exitCode: 69,
  });
  assert(rig.last.ended);
  assert.deepEqual(rig.files, []);
});

Deno.test("a thread that never gets ready does not hold the start up for ever", async () => {
  await using rig = new Rig();
  const opening = rig.open();
  const outcome = assert.rejects(opening, { message: "The HTTP server does not start" });
  rig.clock.advance(30_000);
  await outcome;
  assert(rig.last.ended);
});

Deno.test("the thread is told of the relay when that is there, of tokens only their digests", async () => {
  await using rig = new Rig();
  const admin = await rig.serving();
  assert.deepEqual(rig.last.kinds(), ["listen", "serve"]);
  const token = Deno.readTextFileSync(`${rig.relay.settings.stateDir}/admin-token`).trim();
  assert(!JSON.stringify(rig.last.heard).includes(token));
  rig.relay.settings = { ...rig.relay.settings, hosts: ["relay.example"] };
  admin.apply();
  const news = rig.last.heard.at(-1)!;
  assert.deepEqual(news.kind === "settings" && news.settings.hosts, ["relay.example"]);
});

Deno.test("a thread that dies is started again on the same ports, later and later, and serves at once", async () => {
  await using rig = new Rig();
  const admin = await rig.serving();
  const pauses: number[] = [];
  for (const expected of [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
    const before = rig.workers.length;
    rig.last.die("out of memory");
    assert(rig.workers[before - 1]!.ended);
    rig.clock.advance(expected - 1);
    assert.equal(rig.workers.length, before);
    rig.clock.advance(1);
    assert.equal(rig.workers.length, before + 1);
    rig.listening();
    assert.deepEqual(rig.last.kinds(), ["listen", "serve"]);
    const [order] = rig.last.heard;
    assert.deepEqual(order!.kind === "listen" && order!.settings.listen, ADDRESSES);
    pauses.push(expected);
  }
  const lines = rig.relay.lines.filter(({ level }) => level === "error");
  assert.deepEqual(lines.map(({ fields }) => fields["retry_ms"]), pauses);
  // One that has lived for a while was in order.
  for (let second = 0; second < 61; second++) {
    rig.last.say({ kind: "read", parts: [] });
    rig.clock.advance(1_000);
  }
  rig.last.die("again");
  assert.equal(rig.relay.lines.at(-1)!.fields["retry_ms"], 500);
  const closing = admin.close();
  await closing;
  rig.clock.advance(60_000);
  assert.equal(rig.last.ended, true);
});

Deno.test("a thread that says nothing any more is ended and started again", async () => {
  await using rig = new Rig();
  await rig.serving();
  rig.clock.advance(14_000);
  rig.last.say({ kind: "read", parts: [] });
  rig.clock.advance(14_000);
  assert.equal(rig.workers.length, 1);
  rig.clock.advance(2_000);
  assert(rig.workers[0]!.ended);
  assert(rig.relay.lines.some(({ level }) => level === "error"));
});

Deno.test("a pause of the whole process is not held against the thread", async () => {
  await using rig = new Rig();
  await rig.serving();
  rig.clock.advance(1_000);
  rig.clock.lag = 20_000;
  rig.clock.advance(1_000);
  assert.equal(rig.workers.length, 1);
  assert(!rig.workers[0]!.ended);
});

Deno.test("the port being taken while the thread is away is a line in the log, and tried again", async () => {
  await using rig = new Rig();
  await rig.serving();
  rig.last.die("gone");
  rig.clock.advance(500);
  rig.last.say({ kind: "ready" });
  rig.last.say({ kind: "failed", code: "http_address_in_use", message: "Taken.", exitCode: 69 });
  rig.clock.advance(1_000);
  assert.equal(rig.workers.length, 3);
});

Deno.test("closing waits for answers that are under way, but not for ever", async () => {
  await using rig = new Rig();
  const admin = await rig.serving();
  const closing = admin.close();
  assert.equal(rig.last.kinds().at(-1), "close");
  assert(!rig.last.ended);
  rig.last.say({ kind: "closed" });
  await closing;
  assert(rig.last.ended);

  const silent = await rig.serving();
  const late = silent.close();
  rig.clock.advance(1_000);
  await late;
  assert(rig.last.ended);
});

Deno.test("a relay that ends before the thread serves does not wait for it", async () => {
  await using rig = new Rig();
  const opening = rig.open();
  rig.listening();
  const admin = await opening;
  const serving = admin.serve(rig.relay.host());
  const closing = admin.close();
  rig.last.say({ kind: "closed" });
  await closing;
  await serving;
});

Deno.test("a real thread serves the relay and takes what operators do back to it", async () => {
  await using rig = new Rig();
  const admin = await openAdmin(LISTEN);
  try {
    await admin.serve(rig.relay.host());
    const base = `http://127.0.0.1:${admin.addresses[0]!.port}`;
    const rooms = await (await fetch(`${base}/api/v1/rooms`)).json();
    assert.deepEqual(rooms.items.map(({ name }: { name: string }) => name), [
      "call-7f3a",
      "general",
    ]);
    const token = Deno.readTextFileSync(`${rig.relay.settings.stateDir}/admin-token`).trim();
    const kicked = await fetch(`${base}/api/v1/kick`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ session: rig.relay.participants[0]!.session }),
    });
    assert.deepEqual([kicked.status, await kicked.json()], [200, rig.relay.outcome]);
    assert.equal(rig.relay.operated.length, 1);
  } finally {
    await admin.close();
  }
});

Deno.test("a port that is taken is told in one sentence by the real thread", async () => {
  const other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  try {
    const { port } = other.addr as Deno.NetAddr;
    await assert.rejects(openAdmin({ listen: [{ ip: "127.0.0.1", port }], implied: true }), {
      name: "StartError",
      message: `Cannot listen for HTTP on 127.0.0.1:${port}: another program has this TCP port, ` +
        "which follows from the QUIC port. Choose another address with --http-listen, or " +
        "--http-listen off",
    });
  } finally {
    other.close();
  }
});
