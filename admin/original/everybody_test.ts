import assert from "node:assert/strict";
import fc from "fast-check";
import type { PresencePlace } from "../../relay/ports/presence.ts";
import { everybody, type Wanted } from "./everybody.ts";

const ALL: Wanted = { after: null, start: null, fits: () => true };

function presence(here: readonly string[], there: readonly string[]) {
  return {
    fingerprints: () => [...here, ...there, ...here],
    find(fingerprint: string): PresencePlace | null {
      if (here.includes(fingerprint)) {
        return { at: "local", fingerprint, alias: null, room: null, since: 0, sessions: 1 };
      }
      return there.includes(fingerprint)
        ? { at: "remote", fingerprint, relay: "10.0.0.2:4433", ageMs: 0 }
        : null;
    },
  };
}

async function names(...[view, wanted]: Parameters<typeof everybody>): Promise<string[]> {
  return (await Array.fromAsync(everybody(view, wanted))).flat().map((one) => one.fingerprint);
}

Deno.test("whatever the names are, they come once and in order", async () => {
  const texts = fc.array(fc.string({ maxLength: 5 }));
  await fc.assert(
    fc.asyncProperty(texts, texts, async (here, there) => {
      const view = presence(here, there);
      assert.deepEqual(await names(view, ALL), [...new Set([...here, ...there])].sort());
    }),
    { numRuns: 50 },
  );
});

Deno.test("who is here is not listed as somewhere else, and who has left not at all", async () => {
  const view = presence(["aa"], ["aa", "bb"]);
  const entries = (await Array.fromAsync(everybody(view, ALL))).flat();
  assert.deepEqual(entries, [
    { fingerprint: "aa", relay: null },
    { fingerprint: "bb", relay: "10.0.0.2:4433" },
  ]);
  const gone = { ...view, find: () => null };
  assert.deepEqual(await names(gone, ALL), []);
});

Deno.test("only those that are wanted are listed", async () => {
  const view = presence(["a1", "a3", "b1"], ["a2"]);
  assert.deepEqual(await names(view, { ...ALL, after: "a1" }), ["a2", "a3", "b1"]);
  assert.deepEqual(await names(view, { ...ALL, start: "a" }), ["a1", "a2", "a3"]);
  const fits: Wanted["fits"] = ({ relay }) => relay !== null;
  assert.deepEqual(await names(view, { ...ALL, fits }), ["a2"]);
});
