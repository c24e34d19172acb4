import assert from "node:assert/strict";
import { ManualClock } from "../../quic/manual_clock.ts";
import { SignOfLife } from "./sign_of_life.ts";

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

function setUp() {
  const clock = new ManualClock();
  const questions: PromiseWithResolvers<void>[] = [];
  const state = { wanted: true, answers: true, silences: 0 };
  const life = new SignOfLife({
    clock,
    wanted: () => state.wanted,
    ask() {
      const question = Promise.withResolvers<void>();
      questions.push(question);
      if (state.answers) question.resolve();
      return question.promise;
    },
    onSilent: () => state.silences++,
  });
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 100) {
      clock.advance(Math.min(100, left));
      await settle();
    }
  };
  return { clock, questions, state, life, pass };
}

Deno.test("a relay that answers is asked every two seconds and is never silent", async () => {
  const { clock, questions, state, life, pass } = setUp();
  await pass(60_000);
  assert.ok(questions.length >= 25 && questions.length <= 30, `${questions.length} questions`);
  assert.equal(state.silences, 0);
  life.stop();
  assert.equal(clock.pending, 0);
});

Deno.test("silence is told once within five seconds, and ends with a late answer", async () => {
  const { questions, state, life, pass } = setUp();
  await pass(3_100);
  state.answers = false;
  await pass(5_000);
  assert.equal(state.silences, 1);
  assert.ok(life.silent);
  await pass(20_000);
  assert.equal(state.silences, 1, "and nothing more is asked");
  const asked = questions.length;
  questions.at(-1)!.resolve();
  await settle();
  assert.equal(life.silent, false);
  state.answers = true;
  await pass(3_000);
  assert.equal(questions.length, asked + 1);
  life.stop();
});

Deno.test("the answer to an old question says nothing of the relay that is asked now", async () => {
  const { questions, state, life, pass } = setUp();
  state.answers = false;
  await pass(2_500);
  life.heard();
  await pass(2_500);
  questions[0]!.resolve();
  await pass(2_500);
  assert.ok(life.silent);
  life.stop();
});

Deno.test("nothing is asked while the answer does not matter", async () => {
  const { questions, state, life, pass } = setUp();
  state.wanted = false;
  await pass(20_000);
  assert.equal(questions.length, 0);
  state.wanted = true;
  await pass(2_500);
  assert.equal(questions.length, 1);
  life.stop();
});

Deno.test("a question that failed is asked again", async () => {
  const { questions, state, life, pass } = setUp();
  state.answers = false;
  await pass(2_100);
  questions[0]!.reject(new TypeError("too late"));
  await pass(2_500);
  assert.equal(questions.length, 2);
  life.stop();
});
