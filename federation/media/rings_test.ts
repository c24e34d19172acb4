import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeMedia } from "../../proto/media_packet.ts";
import { type Speaker, TestNet, type TestRelay } from "./testing_relays.ts";

/** Relays and the pairs of them that have links; legacy ones are marked. */
interface Shape {
  readonly relays: number;
  readonly links: readonly (readonly [number, number, legacy?: boolean])[];
}

const ring = (relays: number): Shape => ({
  relays,
  links: Array.from({ length: relays }, (_, i) => [i, (i + 1) % relays] as const),
});

const SHAPES: Readonly<Record<string, Shape>> = {
  "two": { relays: 2, links: [[0, 1]] },
  "a chain of three": { relays: 3, links: [[0, 1], [1, 2]] },
  "a triangle": ring(3),
  "a ring of four": ring(4),
  "a ring of five": ring(5),
  "a ring of six with a bar": { ...ring(6), links: [...ring(6).links, [0, 3]] },
  "a star of five": { relays: 5, links: [[0, 1], [0, 2], [0, 3], [0, 4]] },
  "all with all": { relays: 4, links: [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]] },
  "a legacy ring of three": { relays: 3, links: [[0, 1, true], [1, 2, true], [2, 0, true]] },
  "a legacy ring of four": {
    relays: 4,
    links: [[0, 1, true], [1, 2, true], [2, 3, true], [3, 0, true]],
  },
  "a legacy detour": { relays: 3, links: [[0, 1], [1, 2, true], [2, 0, true]] },
  "a legacy relay behind two of three": {
    relays: 4,
    links: [[0, 1], [1, 2], [2, 0], [3, 0, true], [3, 1, true]],
  },
  "two legacy relays between chains": {
    relays: 6,
    links: [[0, 1], [1, 2], [2, 3, true], [1, 4, true], [4, 3, true], [3, 5], [5, 0]],
  },
};

function build({ relays, links }: Shape): { net: TestNet; relays: TestRelay[] } {
  const net = new TestNet();
  const made = Array.from({ length: relays }, (_, i) => net.relay(`relay-${i}`));
  for (const [a, b, legacy] of links) net.connect(made[a]!, made[b]!, legacy);
  return { net, relays: made };
}

/** What a listener should have heard of others. */
function expected(listener: Speaker, spoken: ReadonlyMap<Speaker, readonly string[]>): string[] {
  return [...spoken].flatMap(([speaker, said]) => speaker.relay === listener.relay ? [] : said);
}

for (const [name, shape] of Object.entries(SHAPES)) {
  Deno.test(`${name}: each packet arrives once everywhere and never comes back`, () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(11), { minLength: 1, maxLength: 25 }),
        fc.array(fc.nat(1_000), { minLength: 1, maxLength: 20 }),
        fc.array(fc.boolean(), { minLength: shape.relays, maxLength: shape.relays }),
        (turns, picks, hubs) => {
          const { net, relays } = build(shape);
          const homes = relays.filter((_, i) => !hubs[i]);
          const people = homes.flatMap((relay) => [relay.join(), relay.join()]);
          if (people.length === 0) return;
          const spoken = new Map<Speaker, string[]>(people.map((speaker) => [speaker, []]));
          let step = 0;
          const pick = (count: number) => picks[step++ % picks.length]! % count;
          for (const [seq, turn] of turns.entries()) {
            const speaker = people[turn % people.length]!;
            speaker.speak(seq);
            spoken.get(speaker)!.push(`${speaker.session}-${seq}`);
            if (seq % 3 === 2) net.run(pick);
          }
          net.run(pick);
          for (const listener of people) {
            assert.deepEqual(listener.contents.sort(), expected(listener, spoken).sort());
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  Deno.test(`${name}: each speaker is heard in order where links keep it`, () => {
    const { net, relays } = build(shape);
    const people = relays.map((relay) => relay.join());
    for (let seq = 0; seq < 40; seq++) {
      for (const speaker of people) speaker.speak(seq);
      net.run();
    }
    for (const listener of people) {
      for (const speaker of people) {
        if (speaker === listener) continue;
        const heard = listener.contents.filter((text) => text.startsWith(`${speaker.session}-`));
        assert.deepEqual(heard, Array.from({ length: 40 }, (_, i) => `${speaker.session}-${i}`));
      }
    }
  });
}

Deno.test("equal comfort noise of all people is heard once of each, in a ring of four", () => {
  const { net, relays } = build(ring(4));
  const people = relays.flatMap((relay) => [relay.join(), relay.join()]);
  for (let seq = 0; seq < 10; seq++) {
    const payload = Uint8Array.of(50);
    const noise = encodeMedia({ codec: "ComfortNoise", seq, timestamp: seq * 20, payload });
    for (const speaker of people) speaker.send(noise.slice());
    net.run();
  }
  // Six of the eight are elsewhere.
  for (const listener of people) {
    assert.deepEqual(listener.seqs, Array.from({ length: 60 }, (_, i) => Math.floor(i / 6)));
  }
});

Deno.test("in a ring of four of the original kind the speaker does not hear itself", () => {
  const { net, relays } = build(SHAPES["a legacy ring of four"]!);
  const people = relays.map((relay) => relay.join());
  people[0]!.speak(1);
  net.run();
  assert.deepEqual(people.map(({ heard }) => heard.length), [0, 1, 1, 1]);
  const twice = relays.reduce((sum, { counters }) => sum + counters.federationPacketsDeduped, 0);
  assert.ok(twice > 0, "the copies met somewhere");
});

Deno.test("packets that the mesh repeats on purpose are new again after two seconds", () => {
  const { net, relays } = build(ring(4));
  const people = relays.map((relay) => relay.join());
  for (let round = 0; round < 3; round++) {
    people[0]!.speak(7, "the same");
    net.run();
    net.clock.advance(1_999);
    people[0]!.speak(7, "the same");
    net.run();
    assert.deepEqual(people.map(({ heard }) => heard.length), [0, ...Array(3).fill(round + 1)]);
    net.clock.advance(1);
  }
});
