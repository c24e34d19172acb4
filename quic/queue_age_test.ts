import assert from "node:assert/strict";
import fc from "fast-check";
import { ManualClock } from "./manual_clock.ts";
import { CONFIRM_MS, QueueAge } from "./queue_age.ts";

const PERIOD_MS = 500;

/** A relay and a receiver behind a link of limited rate, which delivers in order and drops nothing. */
class SlowLink {
  readonly clock = new ManualClock();
  readonly age: QueueAge;
  /** Milliseconds of the way without a queue, both directions. */
  path: number;
  bytesPerMs: number;
  #freeAt = 0;
  skipped = 0;
  asked = 0;
  sentBytes = 0;
  oldest = 0;

  constructor(bytesPerSecond: number, path = 40, forgiving = false) {
    this.age = new QueueAge(PERIOD_MS, forgiving);
    this.bytesPerMs = bytesPerSecond / 1000;
    this.path = path;
    this.clock.every(PERIOD_MS, () => this.#ask());
  }

  #ask(): void {
    const number = this.age.request(this.clock.now());
    this.asked += 1;
    const back = this.#enqueue(14) + this.path;
    this.clock.after(back, () => {
      if (this.age.reply(number, this.clock.now())) this.#ask();
      if (this.age.suspect) this.clock.after(CONFIRM_MS, () => this.age.confirm(this.clock.now()));
    });
  }

  /** `speakers` at 50 packets/s of 112 bytes for so long; `control` off adds every packet. */
  speak(speakers: number, ms: number, control = true): void {
    const voice = this.clock.every(20, () => {
      for (let i = 0; i < speakers; i++) {
        if (control && this.age.stale) this.skipped += 1;
        else this.oldest = Math.max(this.oldest, this.#enqueue(112));
      }
    });
    this.clock.advance(ms);
    voice.cancel();
  }

  /** How long the link does nothing but empty its queue. */
  get queued(): number {
    return Math.max(0, this.#freeAt - this.clock.now());
  }

  stall(ms: number): void {
    this.#freeAt = Math.max(this.#freeAt, this.clock.now()) + ms;
  }

  #enqueue(bytes: number): number {
    const now = this.clock.now();
    this.#freeAt = Math.max(this.#freeAt, now) + bytes / this.bytesPerMs;
    this.sentBytes += bytes;
    return this.#freeAt - now;
  }
}

Deno.test("a link with room for everything is never skipped", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 9 }), fc.nat(250), (speakers, path) => {
    const link = new SlowLink(speakers * 6_000 + 500, path);
    link.speak(speakers, 30_000);
    assert.equal(link.skipped, 0);
  }));
});

Deno.test("behind a link of 30 kB/s audio stays young, where it would be seconds old", () => {
  for (const forgiving of [false, true]) {
    const link = new SlowLink(30_000, 40, forgiving);
    link.speak(9, 60_000);
    assert(link.oldest < 1_200, String(link.oldest));
  }
  const without = new SlowLink(30_000);
  without.speak(9, 60_000, false);
  assert(without.oldest > 30_000, String(without.oldest));
});

Deno.test("behind any link down to half of what is sent age is bounded and the link is used", () => {
  const rate = fc.integer({ min: 25_000, max: 50_000 });
  fc.assert(
    fc.property(rate, fc.nat(250), fc.boolean(), (bytesPerSecond, path, forgiving) => {
      const link = new SlowLink(bytesPerSecond, path, forgiving);
      link.speak(9, 60_000);
      assert(link.oldest < 2_500, `${link.oldest} ms old`);
      assert(link.sentBytes > 0.5 * bytesPerSecond * 60, `${link.sentBytes} bytes in a minute`);
    }),
    { numRuns: 50 },
  );
});

Deno.test("after a stall the backlog is waited for and then everything flows again", () => {
  const link = new SlowLink(60_000);
  link.speak(9, 5_000);
  assert.equal(link.skipped, 0);
  link.stall(5_000);
  link.speak(9, 4_000);
  assert(link.age.stale);
  const before = link.queued;
  link.speak(9, 1_000);
  assert(link.queued < before);
  link.speak(9, 5_000);
  assert(!link.age.stale);
  const skipped = link.skipped;
  link.speak(9, 20_000);
  assert.equal(link.skipped, skipped);
});

Deno.test("who only stood still for a moment is skipped for a round trip, not until the next request is due", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 0, max: 499 }),
      (speakers, at) => {
        const link = new SlowLink(10_000_000, 40);
        link.speak(speakers, 5_000 + at);
        link.stall(450);
        link.speak(speakers, 2_000);
        assert(!link.age.stale);
        // Each says three packets in 60 ms.
        assert(link.skipped <= 3 * speakers, `${link.skipped} packets`);
      },
    ),
  );
});

Deno.test("however slow the link, it is asked ten times a second at most, and twice where there is no queue", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2_000, max: 200_000 }), fc.nat(250), (bytesPerSecond, path) => {
      const link = new SlowLink(bytesPerSecond, path);
      link.speak(9, 30_000);
      assert(link.asked <= 12 * 30, `${link.asked} requests`);
      if (link.skipped === 0) assert.equal(link.asked, 60);
    }),
    { numRuns: 50 },
  );
});

Deno.test("whoever answers late on purpose is not asked more often than that", () => {
  const delay = fc.integer({ min: 80, max: 900 });
  fc.assert(
    fc.property(fc.array(delay, { minLength: 1, maxLength: 20 }), (delays) => {
      const clock = new ManualClock();
      const age = new QueueAge(PERIOD_MS);
      age.reply(age.request(0), 1);
      let [asked, answeredAt] = [0, 0];
      const ask = () => {
        const number = age.request(clock.now());
        const due = clock.now() + delays[asked++ % delays.length]!;
        // In the order they were asked, since an answer to a later one is one to all before.
        answeredAt = Math.max(answeredAt, due);
        clock.after(answeredAt - clock.now(), () => void (age.reply(number, clock.now()) && ask()));
      };
      clock.every(PERIOD_MS, ask);
      clock.advance(60_000);
      assert(asked <= 14 * 60, `${asked} requests in a minute`);
    }),
  );
});

Deno.test("a path that became longer is accepted, silence would not mend it", () => {
  const link = new SlowLink(100_000, 20);
  link.speak(2, 5_000);
  link.path = 700;
  link.speak(2, 2_000);
  assert(link.age.stale);
  link.speak(2, 3_000);
  assert(!link.age.stale);
  const { skipped } = link;
  link.speak(2, 60_000);
  assert.equal(link.skipped, skipped);
});

Deno.test("one lost echo is no reason to skip, replies that stay away are", () => {
  const age = new QueueAge(PERIOD_MS);
  let now = 0;
  const exchange = (answer: boolean) => {
    now += PERIOD_MS;
    const number = age.request(now);
    if (answer) age.reply(number, now + 50);
    return age.stale;
  };
  for (let i = 0; i < 10; i++) assert(!exchange(i !== 5));
  assert(!exchange(false));
  assert(!exchange(false));
  assert(exchange(false));
  assert(!exchange(true));
});

Deno.test("a receiver that never replied is not skipped, and forged replies change nothing", () => {
  const age = new QueueAge(PERIOD_MS);
  for (let i = 0; i < 1_000; i++) age.request(i * PERIOD_MS);
  assert(!age.stale);
  const now = 1_000 * PERIOD_MS;
  for (const number of [0, 1_000, 4_000_000_000, -1]) age.reply(number, now);
  assert(!age.stale);
  age.reply(999, now - PERIOD_MS + 30);
  // The same one again, late: it was answered.
  age.reply(999, now + 60_000);
  assert(!age.stale);
});

Deno.test("the age that is shown is what the last round trip took above the ordinary one", () => {
  const age = new QueueAge(PERIOD_MS);
  assert.equal(age.ageMs, null);
  for (const [sent, came, shown] of [[0, 40, 0], [500, 700, 160], [1_000, 1_030, 0]] as const) {
    age.reply(age.request(sent), came);
    assert.equal(age.ageMs, shown);
  }
});

Deno.test("one that is forgiving skips whoever stays late, and nobody who was late once", () => {
  for (const [next, stale] of [[20, false], [150, true], [500, true], [null, true]] as const) {
    const age = new QueueAge(PERIOD_MS, true);
    age.reply(age.request(0), 20);
    const number = age.request(1_000);
    assert(age.reply(number, 1_450), "it is to be asked again");
    assert(age.suspect && !age.stale);
    const again = age.request(1_450);
    if (next !== null && next < CONFIRM_MS) age.reply(again, 1_450 + next);
    age.confirm(1_450 + CONFIRM_MS);
    if (next !== null && next >= CONFIRM_MS) age.reply(again, 1_450 + next);
    assert.equal(age.stale, stale, `${next}`);
    assert(!age.suspect);
  }
  // Who does not answer at all is skipped as ever.
  const age = new QueueAge(PERIOD_MS, true);
  age.reply(age.request(0), 20);
  for (const now of [500, 1_000, 1_500]) age.request(now);
  assert(age.stale);
});
