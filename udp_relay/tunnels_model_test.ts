/** Honest peers that shake hands, talk and move, beside somebody who knows their public keys: a model of who must hear whom. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { initiation, keyOf, response, TestRelay, transport } from "./testing_wireguard.ts";

/** WireGuard tries again after so long. */
const RETRY_MS = 5_000;
const SESSION_MS = 180_000;
/** Everybody who may be asked in vain before the right one is. */
const MOST_TRIES = 25;

interface Way {
  readonly own: number;
  readonly other: number;
  readonly began: number;
  counter: number;
}

class Honest {
  readonly key: string;
  readonly place: number;
  at: string;
  /** By the place of the other. */
  readonly ways = new Map<number, Way>();
  /** Since it moved, whom it has told by speaking. */
  readonly known = new Set<number>();
  movedAt = -Infinity;

  constructor(place: number) {
    this.place = place;
    this.key = keyOf(place + 1);
    this.at = `192.0.2.${place + 1}:1000`;
  }
}

class World {
  readonly relay: TestRelay;
  readonly people: Honest[];
  #indices = 1_000;

  constructor(size: number) {
    this.people = Array.from({ length: size }, (_, place) => new Honest(place));
    const keys = this.people.map(({ key }) => key);
    this.relay = new TestRelay([{ name: "all", keys }]);
  }

  /** One try; true when both have the session. */
  shake(from: Honest, to: Honest): boolean {
    const { relay } = this;
    const [own, other] = [this.#indices++, this.#indices++];
    if (relay.send(from.at, initiation(to.key, own)) !== to.at) return false;
    if (relay.send(to.at, response(from.key, other, own)) !== from.at) return false;
    assert.equal(relay.send(from.at, transport(other, 0, 32)), to.at);
    const began = relay.now;
    from.ways.set(to.place, { own, other, began, counter: 1 });
    to.ways.set(from.place, { own: other, other: own, began, counter: 0 });
    from.known.add(to.place);
    return true;
  }

  /** Says something, and checks that it arrives where it must. */
  say(from: Honest, to: Honest): void {
    const way = from.ways.get(to.place);
    if (way === undefined || this.relay.now - way.began >= SESSION_MS) return;
    const went = this.relay.send(from.at, transport(way.other, way.counter++, 32));
    from.known.add(to.place);
    if (to.known.has(from.place) || to.movedAt === -Infinity) {
      // Who has just moved is not sent more than it has sent.
      const new_ = this.relay.now - to.movedAt < SESSION_MS;
      assert.ok(went === to.at || (new_ && went === "amplification"), `${went}, not ${to.at}`);
    }
  }

  move(who: Honest, number: number): void {
    who.at = `192.0.2.${who.place + 1}:${2_000 + number}`;
    who.movedAt = this.relay.now;
    who.known.clear();
  }

  attack(number: number, target: Honest): void {
    this.relay.send(`198.51.100.${number % 50}:${number % 3 + 1}`, initiation(target.key, number));
    this.relay.send(`198.51.100.${number % 50}:9`, transport(number, number));
    this.relay.send(target.at, new Uint8Array(number % 100));
  }
}

const place = fc.nat({ max: 7 });
const action = fc.oneof(
  fc.record({ kind: fc.constant("shake" as const), a: place, b: place, n: fc.nat() }),
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("say" as const), a: place, b: place, n: fc.nat() }),
  },
  fc.record({ kind: fc.constant("move" as const), a: place, b: place, n: fc.nat({ max: 999 }) }),
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("attack" as const),
      a: place,
      b: place,
      n: fc.nat({ max: 500 }),
    }),
  },
  fc.record({ kind: fc.constant("wait" as const), a: place, b: place, n: fc.nat({ max: 40_000 }) }),
);

Deno.test("who has a session is heard, who moved is heard as soon as it speaks, and every handshake succeeds in the end", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 5 }),
      fc.array(action, { maxLength: 60 }),
      (size, actions) => {
        const world = new World(size);
        const { relay, people } = world;
        for (const { kind, a, b, n } of actions) {
          const [one, other] = [people[a % size]!, people[b % size]!];
          if (kind === "move") world.move(one, n);
          else if (kind === "attack") world.attack(n, one);
          else if (kind === "wait") relay.pass(n);
          else if (one === other) continue;
          else if (kind === "say") world.say(one, other);
          else {
            let tries = 0;
            // The other one goes on trying as well, which is how it is found.
            while (!world.shake(one, other)) {
              assert.ok(tries++ < MOST_TRIES, "the two do not find each other");
              relay.pass(RETRY_MS / 2);
              if (world.shake(other, one)) break;
              relay.pass(RETRY_MS / 2);
            }
          }
        }
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("those who have shaken hands find each other again at once, however many claim their keys", () => {
  fc.assert(fc.property(fc.array(fc.nat({ max: 500 }), { maxLength: 60 }), (attacks) => {
    const world = new World(2);
    const [ann, ben] = world.people as [Honest, Honest];
    world.shake(ben, ann);
    assert.ok(world.shake(ann, ben));
    for (const number of attacks) world.attack(number, number % 2 === 0 ? ann : ben);
    world.relay.pass(120_000);
    assert.ok(world.shake(ann, ben));
    for (const number of attacks) world.attack(number, number % 2 === 0 ? ann : ben);
    assert.ok(world.shake(ben, ann));
  }));
});
