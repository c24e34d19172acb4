import assert from "node:assert/strict";
import fc from "fast-check";
import { LineChoice } from "./line_choice.ts";

interface Line {
  readonly name: string;
}
const A: Line = { name: "a" };
const B: Line = { name: "b" };
const C: Line = { name: "c" };

Deno.test("the first connection counts, and when it ends nothing is left", () => {
  const choice = new LineChoice<Line>(true);
  assert.deepEqual(choice.add(A, false, false), { active: A, retired: [], replaced: null });
  assert.deepEqual(choice.spoke(A), { retired: [], replaced: null });
  assert.deepEqual(choice.ended(A), { active: null, retired: [], replaced: null });
});

Deno.test("a better connection counts as soon as the other end is known to have it", () => {
  const choice = new LineChoice<Line>(false);
  choice.add(A, true, true);
  assert.deepEqual(choice.add(B, false, false), { retired: [], replaced: null });
  assert.equal(choice.active, A);
  assert.deepEqual(choice.spoke(B), { active: B, retired: [A], replaced: null });
  assert.deepEqual(choice.ended(A), { retired: [], replaced: null });
});

Deno.test("the dialler of the better connection goes over at once", () => {
  const choice = new LineChoice<Line>(true);
  choice.add(A, false, false);
  assert.deepEqual(choice.add(B, true, true), { active: B, retired: [A], replaced: null });
});

Deno.test("a worse connection is only kept until it is known that nobody needs it", () => {
  const choice = new LineChoice<Line>(true);
  choice.add(A, true, true);
  assert.deepEqual(choice.add(B, false, false), { retired: [B], replaced: null });
  const unsure = new LineChoice<Line>(false);
  unsure.add(A, false, false);
  assert.deepEqual(unsure.add(B, true, true), { retired: [], replaced: null });
  assert.equal(unsure.active, A);
  assert.deepEqual(unsure.ended(A), { active: B, retired: [], replaced: null });
});

Deno.test("who dials again has lost what it had", () => {
  const choice = new LineChoice<Line>(true);
  choice.add(A, false, false);
  assert.deepEqual(choice.add(B, false, false), { active: B, retired: [], replaced: A });
  assert.deepEqual(choice.ended(A), { retired: [], replaced: null });
  assert.equal(choice.active, B);
});

Deno.test("towards an original the newest counts and none is given up", () => {
  const choice = new LineChoice<Line>(true, true);
  choice.add(A, true, true);
  assert.deepEqual(choice.add(B, false, true), { active: B, retired: [], replaced: null });
  assert.deepEqual(choice.ended(B), { active: A, retired: [], replaced: null });
});

/** One end of a pair of relays that dial each other, with messages on their way. */
class End {
  readonly choice: LineChoice<Line>;
  readonly open = new Set<Line>();
  gaps = 0;

  constructor(lower: boolean) {
    this.choice = new LineChoice(lower);
  }

  /** Answers what is to be closed. */
  take(change: ReturnType<LineChoice<Line>["add"]>): Line[] {
    if (change.active === null) this.gaps += 1;
    return [...change.retired, ...change.replaced === null ? [] : [change.replaced]];
  }
}

Deno.test("however two dials cross, both ends keep the lower one's, and neither is ever without a link", () => {
  fc.assert(fc.property(fc.array(fc.nat(), { minLength: 40, maxLength: 80 }), (dice) => {
    const lower = new End(true);
    const higher = new End(false);
    const other = (end: End) => end === lower ? higher : lower;
    // What may happen next; happening may add more.
    const due: (() => void)[] = [];
    const close = (end: End, lines: Line[]) => {
      for (const line of lines) {
        due.push(() => {
          if (!end.open.delete(line)) return;
          close(end, end.take(end.choice.ended(line)));
          due.push(() => {
            const there = other(end);
            if (!there.open.delete(line)) return;
            close(there, there.take(there.choice.ended(line)));
          });
        });
      }
    };
    const connect = (dialler: End, line: Line) => {
      const acceptor = other(dialler);
      due.push(() => {
        acceptor.open.add(line);
        close(acceptor, acceptor.take(acceptor.choice.add(line, false, false)));
        due.push(() => {
          // Closed before the handshake was over on this side: it never was a line here.
          if (!acceptor.open.has(line)) return;
          dialler.open.add(line);
          close(dialler, dialler.take(dialler.choice.add(line, true, true)));
          due.push(() => {
            if (acceptor.open.has(line)) {
              close(acceptor, acceptor.take(acceptor.choice.spoke(line)));
            }
          });
        });
      });
    };
    connect(lower, A);
    connect(higher, B);
    for (let turn = 0; due.length > 0; turn++) {
      const [next] = due.splice(dice[turn % dice.length]! % due.length, 1);
      next!();
    }
    assert.deepEqual([lower.choice.active, higher.choice.active], [A, A]);
    assert.deepEqual([[...lower.open], [...higher.open]], [[A], [A]]);
    assert.deepEqual([lower.gaps, higher.gaps], [0, 0]);
  }));
});

Deno.test("any order of events leaves a line in use while there is one", () => {
  const event = fc.record({
    line: fc.constantFrom(A, B, C),
    what: fc.constantFrom("dialled", "accepted", "spoke", "ended"),
  });
  fc.assert(
    fc.property(fc.boolean(), fc.boolean(), fc.array(event), (lower, keepAll, events) => {
      const choice = new LineChoice<Line>(lower, keepAll);
      for (const { line, what } of events) {
        const before = choice.active;
        const change = what === "spoke"
          ? choice.spoke(line)
          : what === "ended"
          ? choice.ended(line)
          : choice.lines().includes(line)
          ? null
          : choice.add(line, what === "dialled", what === "dialled");
        if (change === null) continue;
        assert.equal(change.active === undefined, before === choice.active);
        if (change.active !== undefined) assert.equal(change.active, choice.active);
        assert.equal(choice.active === null, choice.lines().length === 0);
        if (choice.active !== null) assert(choice.lines().includes(choice.active));
      }
    }),
  );
});
