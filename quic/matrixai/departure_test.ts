import assert from "node:assert/strict";
import { ManualClock } from "../manual_clock.ts";
import { type CloseFrame, Departure } from "./departure.ts";

const frame: CloseFrame = { application: true, code: 3, reason: "bye" };

/** A native connection whose window is open or full, and what was done to it. */
function setup(said: CloseFrame | null = frame) {
  const clock = new ManualClock();
  const state = { isOpen: true, pinged: 0, closed: [] as unknown[], over: 0, left: false };
  const native = {
    close(application: boolean, code: number, reason: Uint8Array) {
      state.closed.push([application, code, new TextDecoder().decode(reason)]);
    },
    sendAckEliciting() {
      state.pinged++;
    },
  };
  const departure = new Departure(native, clock, said, () => state.over++);
  void departure.left.then(() => state.left = true);
  const speak = () => departure.speak(() => state.isOpen && state.pinged > 0 ? 1 : 0);
  return { clock, state, departure, speak };
}

Deno.test("a close is said at once while the window is open", async () => {
  const { state, departure, speak } = setup();
  assert.equal(departure.isPending, true);
  speak();
  assert.deepEqual(state.closed, [[true, 3, "bye"]]);
  assert.equal(departure.isPending, false);
  speak();
  assert.equal(state.closed.length, 1);
  assert.equal(state.left, false);
  departure.sent(Uint8Array.of(1));
  await departure.left;
});

Deno.test("a close waits until the window opens", () => {
  const { state, departure, speak } = setup();
  state.isOpen = false;
  speak();
  assert.deepEqual(state.closed, []);
  departure.sent(Uint8Array.of(1));
  assert.equal(departure.heard(), null);
  state.isOpen = true;
  speak();
  assert.equal(state.closed.length, 1);
});

Deno.test("the farewell is repeated after 1, 2, 4, 8 packets of the peer", () => {
  const { departure, speak } = setup();
  speak();
  departure.sent(Uint8Array.of(1));
  departure.sent(Uint8Array.of(2));
  const repeats = Array.from({ length: 9 }, () => departure.heard()?.repeat ?? null);
  assert.deepEqual(
    repeats.map((repeat) => repeat?.[0] ?? 0),
    [2, 2, 0, 2, 0, 0, 0, 2, 0],
  );
});

Deno.test("who sends without end after the close is found out", () => {
  const { departure, speak } = setup();
  for (let i = 0; i < 20; i++) departure.sent(Uint8Array.of(1));
  assert.equal(departure.isRunaway, false);
  speak();
  for (let i = 0; i < 7; i++) departure.sent(Uint8Array.of(1));
  assert.equal(departure.isRunaway, false);
  departure.sent(Uint8Array.of(1));
  assert.equal(departure.isRunaway, true);
});

Deno.test("with nothing to say it has left already, and still lingers", async () => {
  const { clock, state, departure, speak } = setup(null);
  await departure.left;
  speak();
  assert.deepEqual(state.closed, []);
  clock.advance(2_999);
  assert.equal(state.over, 0);
  clock.advance(1);
  assert.equal(state.over, 1);
});

Deno.test("once forgotten it has left and no timer is behind", async () => {
  const { clock, departure } = setup();
  departure.end();
  await departure.left;
  assert.equal(clock.pending, 0);
});
