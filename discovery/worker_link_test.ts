import assert from "node:assert/strict";
import { silentLog } from "../relay/ports/log.ts";
import { ManualClock } from "../relay/ports/testing_clock.ts";
import { MAX_WAITING, OpenFailure, WorkerLink } from "./worker_link.ts";
import type { FromWorker, ToWorker } from "./worker_messages.ts";

const ORDER = { op: "peers", party: "p", token: "t" } as const;
const DONE = { ok: true, body: {} } as const;

/** A worker that does what the test says. */
interface FakeWorker {
  readonly heard: ToWorker[];
  ended: boolean;
  say(message: FromWorker): void;
  die(reason: string): void;
}

class Rig {
  readonly clock = new ManualClock();
  readonly workers: FakeWorker[] = [];
  readonly lines: string[] = [];
  settings = { maxRelays: 1, maxParties: 1, members: ["a"] };
  readonly link = new WorkerLink({
    clock: this.clock,
    log: {
      ...silentLog,
      error: (message, fields) => this.lines.push(`${message} ${fields?.reason}`),
    },
    path: "/x",
    settings: () => ({ ...this.settings, members: [...this.settings.members] }),
    spawn: (onMessage, onDeath) => {
      const worker: FakeWorker = { heard: [], ended: false, say: onMessage, die: onDeath };
      this.workers.push(worker);
      return {
        post: (message) => worker.heard.push(message),
        end: () => void (worker.ended = true),
      };
    },
    onNews() {},
  });

  get worker(): FakeWorker {
    return this.workers.at(-1)!;
  }

  async open(): Promise<void> {
    const opening = this.link.open();
    this.worker.say({ kind: "ready" });
    this.worker.say({ kind: "opened" });
    await opening;
  }

  /** Answers the order with this place among all that were heard. */
  answer(place: number): void {
    const order = this.worker.heard.filter((message) => message.kind === "order")[place]!;
    this.worker.say({ kind: "answers", answers: [[order.id, DONE]] });
  }
}

Deno.test("a worker is told nothing before it is ready, and then what to open", async () => {
  const rig = new Rig();
  const opening = rig.link.open();
  assert.deepEqual(rig.worker.heard, []);
  assert(!(await rig.link.order(ORDER)).ok);
  rig.worker.say({ kind: "ready" });
  assert.deepEqual(rig.worker.heard, [{ kind: "open", path: "/x", settings: rig.settings }]);
  rig.worker.say({ kind: "opened" });
  await opening;
  assert.equal(rig.clock.pending, 0);
});

Deno.test("a worker that cannot open, dies or is silent ends the start with the reason", async () => {
  const starts: [(rig: Rig) => void, RegExp, boolean][] = [
    [({ worker }) => worker.say({ kind: "failed", reason: "no", newer: true }), /^no$/, true],
    [({ worker }) => worker.die("out of memory"), /^out of memory$/, false],
    [({ clock }) => clock.advance(30_000), /does not answer/, false],
  ];
  for (const [happen, reason, newer] of starts) {
    const rig = new Rig();
    const opening = rig.link.open();
    happen(rig);
    await assert.rejects(opening, (error) => {
      assert(error instanceof OpenFailure);
      assert.match(error.message, reason);
      assert.equal(error.newer, newer);
      return true;
    });
    rig.clock.advance(600_000);
    assert.equal(rig.workers.length, 1);
    assert.deepEqual(rig.lines, []);
  }
});

Deno.test("only so many wait at a time, orders and questions together", async () => {
  const rig = new Rig();
  await rig.open();
  const orders = Array.from({ length: MAX_WAITING - 1 }, () => rig.link.order(ORDER));
  const question = rig.link.question({ ask: "parties", after: "", limit: 1 });
  question.catch(() => {});
  const refused = await rig.link.order(ORDER);
  assert(!refused.ok && refused.problem === "too_many");
  await assert.rejects(rig.link.question({ ask: "parties", after: "", limit: 1 }), /too much/);
  rig.answer(0);
  assert.deepEqual(await orders[0], DONE);
  const last = rig.link.order(ORDER);
  rig.answer(MAX_WAITING - 1);
  assert.deepEqual(await last, DONE);
});

Deno.test("when the worker dies who waits is told, and it is started again after growing pauses", async () => {
  const rig = new Rig();
  await rig.open();
  const order = rig.link.order(ORDER);
  const question = rig.link.question({ ask: "parties", after: "", limit: 1 });
  rig.worker.die("a fault");
  const answer = await order;
  assert(!answer.ok && answer.problem === "unavailable");
  await assert.rejects(question, /stopped/);
  assert(!(await rig.link.order(ORDER)).ok);
  for (const [pause, count] of [[1_000, 2], [2_000, 3], [4_000, 4]] as const) {
    rig.clock.advance(pause - 1);
    assert.equal(rig.workers.length, count - 1);
    rig.clock.advance(1);
    assert.equal(rig.workers.length, count);
    rig.worker.say({ kind: "ready" });
    rig.worker.say({ kind: "failed", reason: "the disk is gone", newer: false });
  }
  assert.equal(rig.lines.length, 4);
  rig.clock.advance(8_000);
  rig.worker.say({ kind: "ready" });
  rig.worker.say({ kind: "opened" });
  const again = rig.link.order(ORDER);
  rig.answer(0);
  assert.deepEqual(await again, DONE);
});

Deno.test("settings that changed are told before the next order and every second, and no others", async () => {
  const rig = new Rig();
  await rig.open();
  const kinds = () => rig.worker.heard.map(({ kind }) => kind);
  void rig.link.order(ORDER);
  rig.link.tick();
  assert.deepEqual(kinds(), ["open", "order"]);
  rig.settings = { ...rig.settings, members: ["b"] };
  void rig.link.order(ORDER);
  assert.deepEqual(kinds(), ["open", "order", "configure", "order"]);
  rig.settings = { ...rig.settings, maxRelays: 2 };
  rig.link.tick();
  assert.deepEqual(rig.worker.heard.at(-1), { kind: "configure", settings: rig.settings });
});

Deno.test("an end waits for what was asked, but not for ever", async () => {
  for (const answers of [true, false]) {
    const rig = new Rig();
    await rig.open();
    const order = rig.link.order(ORDER);
    const closing = rig.link.close();
    assert.equal(rig.worker.heard.at(-1)?.kind, "close");
    if (answers) {
      rig.answer(0);
      rig.worker.say({ kind: "closed" });
    } else rig.clock.advance(5_000);
    await closing;
    assert(rig.worker.ended);
    assert.equal((await order).ok, answers);
    assert(!(await rig.link.order(ORDER)).ok);
    assert.equal(rig.clock.pending, 0);
  }
});
