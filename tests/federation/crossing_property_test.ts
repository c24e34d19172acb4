/** However the parties of a call move between two relays: it goes on while both are there, and only then. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { ID } from "../../relay/calls/testing_call.ts";
import { CallRow, type End, type Mover } from "./call_row.ts";

/** Longer than any relay waits for another one, also for one that has lost its call with a link. */
const SETTLED_MS = 20_000;

type Name = "alice" | "bob";
type Step =
  | { readonly do: "come" | "leave" | "hang up"; readonly who: Name; readonly end: End }
  | { readonly do: "pass"; readonly ms: number }
  /** A link fails, with all that is on its way, and comes back. */
  | { readonly do: "cut"; readonly link: number };

const act = (what: "come" | "leave" | "hang up") =>
  fc.record({
    do: fc.constant(what),
    who: fc.constantFrom<Name>("alice", "bob"),
    end: fc.constantFrom<End>("first", "last"),
  });

const step = fc.oneof(
  { weight: 6, arbitrary: act("come") },
  { weight: 6, arbitrary: act("leave") },
  { weight: 1, arbitrary: act("hang up") },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.nat(300) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("cut" as const), link: fc.nat(1) }) },
);

/** Does what makes sense now. Who ends the call by it. */
async function carryOut(row: CallRow, step: Step): Promise<Name | null> {
  if (step.do === "pass") {
    await row.pass(step.ms, step.ms);
    return null;
  }
  if (step.do === "cut") {
    row.mesh.mesh.cut(step.link, step.link + 1);
    return null;
  }
  const { end } = step;
  const mover = row[step.who];
  const there = mover.ends.includes(end);
  if (there === (step.do === "come")) return null;
  if (step.do === "come") await mover.come(end);
  else if (step.do === "leave") await mover.leave(end);
  else {
    await mover.hangUp(end);
    // Our client gives up a move that it has only prepared; what it moved away from may be dead, and says nothing.
    for (const other of mover.ends.slice(mover.ends.indexOf(end) + 1)) await mover.leave(other);
    return step.who;
  }
  return mover.ends.length === 0 ? step.who : null;
}

function whereCalled(row: CallRow, mover: Mover): End[] {
  return mover.ends.filter((end) => {
    const call = row.site(end).service.calls.find(ID);
    return call?.isHere(mover.who.fingerprint) ?? false;
  });
}

Deno.test("a call goes on exactly as long as both parties are at one of its relays, and neither hangs up", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        relays: fc.constantFrom(2, 3),
        maxDelayMs: fc.constantFrom(1, 20, 150),
        seed: fc.nat(1_000),
        steps: fc.array(step, { minLength: 1, maxLength: 24 }),
      }),
      async ({ relays, maxDelayMs, seed, steps }) => {
        const row = await CallRow.talking(relays, { maxDelayMs, seed });
        const { alice, bob } = row;
        let ender: Name | null = null;
        for (const step of steps) {
          ender = await carryOut(row, step);
          if (ender !== null) break;
        }
        await row.pass(SETTLED_MS, 1_000);
        if (ender !== null) {
          const [mover, other] = ender === "alice" ? [alice, bob] : [bob, alice];
          // What is lost with a link is made up for when the old relay notices that its client is not there any more.
          if (steps.some((step) => step.do === "cut")) {
            for (const end of mover.ends.slice(0, -1)) await mover.leave(end);
            await row.pass(SETTLED_MS, 1_000);
          }
          assert.equal(other.told, true);
          const none = Array(relays).fill(0);
          assert.deepEqual(row.left, { calls: none, ways: none });
          assert.deepEqual(row.sites.map(({ clock }) => clock.pending), none);
        } else {
          assert.deepEqual([alice.told, bob.told], [false, false]);
          for (const mover of [alice, bob]) assert.deepEqual(whereCalled(row, mover), mover.ends);
        }
      },
    ),
    { numRuns: 300 },
  );
});
