import assert from "node:assert/strict";
import fc from "fast-check";
import { ManualClock } from "../../quic/manual_clock.ts";
import type { LocalPresence, PresencePeer, RemotePresence } from "../ports/presence.ts";
import { type PresenceLimits, PresenceRegistry } from "./presence_registry.ts";

function registry(limits: Partial<PresenceLimits> = {}) {
  const clock = new ManualClock();
  return { clock, presence: new PresenceRegistry(clock, limits) };
}

const A = "10.0.0.1:4433";
const B = "[2001:db8::2]:4433";

Deno.test("a fingerprint is here until the last of its sessions ends, with the newest alias and room", () => {
  const { clock, presence } = registry();
  const since = clock.wall();
  const endSignal = presence.enter("fp", "Alice", null);
  clock.advance(10);
  const endRoom = presence.enter("fp", null, "general");
  const endCall = presence.enter("fp", "Al", "call-1");
  const entry = { fingerprint: "fp", since };
  assert.deepEqual(presence.locals(), [{ ...entry, alias: "Al", room: "call-1", sessions: 3 }]);
  endCall();
  endCall();
  assert.deepEqual(presence.locals(), [{ ...entry, alias: "Alice", room: "general", sessions: 2 }]);
  endRoom();
  assert.deepEqual(presence.locals(), [{ ...entry, alias: "Alice", room: null, sessions: 1 }]);
  endSignal();
  assert.equal(presence.find("fp"), null);
  const endAgain = presence.enter("fp", null, null);
  endSignal();
  assert.deepEqual(presence.find("fp"), {
    at: "local",
    ...entry,
    since: since + 10,
    alias: null,
    room: null,
    sessions: 1,
  });
  endAgain();
  assert.deepEqual([...presence.localFingerprints()], []);
});

Deno.test("whoever is here is not looked for elsewhere", () => {
  const { presence } = registry();
  presence.updatePeer(A, ["fp"]);
  assert.equal(presence.find("fp")?.at, "remote");
  const end = presence.enter("fp", null, null);
  assert.equal(presence.find("fp")?.at, "local");
  assert.deepEqual(presence.remotes(), []);
  assert.deepEqual(presence.peers()[0]?.fingerprints, ["fp"]);
  end();
  assert.equal(presence.find("fp")?.at, "remote");
});

Deno.test("an update replaces what that relay said before, and only that", () => {
  const { clock, presence } = registry();
  presence.updatePeer(A, ["x", "y"]);
  clock.advance(5);
  presence.updatePeer(B, ["y", "z"]);
  const find = (name: string) => {
    const place = presence.find(name);
    return place?.at === "remote" ? [place.relay, place.ageMs] : null;
  };
  assert.deepEqual([find("x"), find("y"), find("z")], [[A, 5], [B, 0], [B, 0]]);
  presence.updatePeer(B, []);
  assert.deepEqual([find("x"), find("y"), find("z")], [[A, 5], [A, 5], null]);
  presence.forgetPeer(A);
  assert.deepEqual(presence.peers().map(({ address }) => address), [B]);
});

Deno.test("of two relays heard at the same moment the later one counts", () => {
  const { presence } = registry();
  presence.updatePeer(B, ["x"]);
  presence.updatePeer(A, ["x"]);
  assert.deepEqual(presence.remotes().map(({ relay }) => relay), [A]);
  presence.updatePeer(B, ["x"]);
  assert.deepEqual(presence.remotes().map(({ relay }) => relay), [B]);
});

Deno.test("what a relay said expires when it says nothing more, with its round trip time", () => {
  const { clock, presence } = registry();
  presence.setRtt(A, 9);
  presence.updatePeer(A, ["x"]);
  assert.equal(presence.peers()[0]!.rttMs, null);
  presence.setRtt(A, 12);
  clock.advance(45_000);
  assert.equal(presence.find("x")?.at, "remote");
  presence.updatePeer(A, ["x"]);
  clock.advance(45_000);
  assert.deepEqual(presence.peers(), [{
    address: A,
    fingerprints: ["x"],
    ageMs: 45_000,
    rttMs: 12,
  }]);
  clock.advance(1);
  assert.equal(presence.find("x"), null);
  assert.deepEqual([presence.peers(), presence.remotes()], [[], []]);
});

Deno.test("what others say is bounded: relays, names of one, names of all, and what a name looks like", () => {
  const { presence } = registry({ maxPeers: 2, maxPerPeer: 3, maxRemote: 4 });
  assert.equal(presence.updatePeer(A, ["a", "b", "b", "c", "d"]), 1);
  assert.equal(presence.updatePeer(B, ["e", "f"]), 1);
  assert.equal(presence.updatePeer("10.0.0.3:1", ["g"]), 1);
  assert.equal(presence.peers().length, 2);
  assert.equal(presence.updatePeer(A, ["a"]), 0);
  assert.equal(presence.updatePeer(B, ["e", "f", "g"]), 0);
  assert.equal(presence.updatePeer(A, ["\u001b[2J", "", "a b", "x".repeat(129), "ok"]), 4);
  assert.deepEqual(presence.remotes().map(({ fingerprint }) => fingerprint), ["e", "f", "g", "ok"]);
});

Deno.test("registrations are told apart from rooms, each from its first to its last", () => {
  const { presence } = registry();
  const told: string[] = [];
  const end = presence.observe({
    registered: (name) => told.push(`+${name}`),
    unregistered: (name) => told.push(`-${name}`),
  });
  const inRoom = presence.enter("fp", null, "general");
  const first = presence.enter("fp", null, null);
  const second = presence.enter("fp", null, null);
  presence.enter("other", null, "general");
  assert.deepEqual([told, [...presence.registered()]], [["+fp"], ["fp"]]);
  first();
  first();
  assert.deepEqual(told, ["+fp"]);
  second();
  assert.deepEqual([told, [...presence.registered()]], [["+fp", "-fp"], []]);
  assert.equal(presence.find("fp")?.at, "local");
  presence.enter("fp", null, null);
  inRoom();
  end();
  presence.enter("late", null, null);
  assert.deepEqual(told, ["+fp", "-fp", "+fp"]);
  assert.deepEqual([...presence.registered()], ["fp", "late"]);
});

Deno.test("who else knows is asked for whom no probe told of, and told of beside it", () => {
  const { clock, presence } = registry();
  const mesh = new Map([["far", B], ["both", B], ["here", B], ["probed", A]]);
  const end = presence.follow({
    find: (fingerprint) => {
      const relay = mesh.get(fingerprint);
      return relay === undefined ? null : { fingerprint, relay, ageMs: 7 };
    },
    peers: () => [
      { address: B, fingerprints: ["far", "both", "here"], ageMs: 7, rttMs: 30 },
      { address: A, fingerprints: ["probed"], ageMs: 7, rttMs: 40 },
    ],
  });
  presence.updatePeer(A, ["probed", "both", "old"]);
  presence.setRtt(A, 12);
  presence.enter("here", null, null);
  clock.advance(3);
  assert.equal(presence.find("here")?.at, "local");
  assert.deepEqual(presence.find("far"), { at: "remote", fingerprint: "far", relay: B, ageMs: 7 });
  assert.deepEqual(
    presence.remotes().map(({ fingerprint, relay, ageMs }) => [fingerprint, relay, ageMs]),
    [["both", A, 3], ["far", B, 7], ["old", A, 3], ["probed", A, 3]],
  );
  assert.deepEqual(presence.peers(), [
    { address: A, fingerprints: ["both", "old", "probed"], ageMs: 3, rttMs: 12 },
    { address: B, fingerprints: ["both", "far", "here"], ageMs: 7, rttMs: 30 },
  ]);
  end();
  assert.equal(presence.find("far"), null);
  assert.deepEqual(presence.peers().map(({ address }) => address), [A]);
});

interface ModelPeer {
  address: string;
  fingerprints: string[];
  at: number;
  rtt: number | null;
}
interface ModelSession {
  fingerprint: string;
  alias: string | null;
  room: string | null;
  wall: number;
}

/** The same by going through everything that was ever said. */
class Model {
  sessions: ModelSession[] = [];
  peers: ModelPeer[] = [];
  since = new Map<string, number>();

  locals(): LocalPresence[] {
    return [...this.since.keys()].sort().map((fingerprint) => {
      const own = this.sessions.filter((session) => session.fingerprint === fingerprint);
      const last = <T>(values: (T | null)[]) => values.findLast((value) => value !== null) ?? null;
      return {
        fingerprint,
        alias: last(own.map(({ alias }) => alias)),
        room: last(own.map(({ room }) => room)),
        since: this.since.get(fingerprint)!,
        sessions: own.length,
      };
    });
  }

  remotes(now: number): RemotePresence[] {
    const names = new Set(this.peers.flatMap(({ fingerprints }) => fingerprints));
    return [...names].filter((name) => !this.since.has(name)).sort().map((fingerprint) => {
      const peer = this.peers.findLast(({ fingerprints }) => fingerprints.includes(fingerprint))!;
      return { fingerprint, relay: peer.address, ageMs: now - peer.at };
    });
  }

  peerList(now: number): PresencePeer[] {
    return this.peers.map(({ address, fingerprints, at, rtt }) => {
      const sorted = [...new Set(fingerprints)].sort();
      return { address, fingerprints: sorted, ageMs: now - at, rttMs: rtt };
    }).sort((a, b) => a.address < b.address ? -1 : 1);
  }
}

Deno.test("the registry agrees with a list of everything that was said, whatever happens in which order", () => {
  const name = fc.constantFrom("p", "q", "r", "s");
  const address = fc.constantFrom("1.1.1.1:1", "2.2.2.2:2", "3.3.3.3:3");
  const step = fc.oneof(
    fc.record({
      do: fc.constant("enter" as const),
      name,
      alias: fc.option(fc.constantFrom("A", "B")),
      room: fc.option(fc.constantFrom("m", "n")),
    }),
    fc.record({ do: fc.constant("leave" as const), which: fc.nat(9) }),
    fc.record({ do: fc.constant("update" as const), address, names: fc.array(name) }),
    fc.record({ do: fc.constant("forget" as const), address }),
    fc.record({ do: fc.constant("rtt" as const), address, rtt: fc.option(fc.nat(50)) }),
    fc.record({ do: fc.constant("wait" as const), ms: fc.nat(60) }),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const { clock, presence } = registry({ expiryMs: 100 });
    const model = new Model();
    const ends: { end: () => void; session: ModelSession }[] = [];
    for (const it of steps) {
      if (it.do === "enter") {
        const { alias, room } = it;
        const session = { fingerprint: it.name, alias, room, wall: clock.wall() };
        ends.push({ end: presence.enter(it.name, alias, room), session });
        model.sessions.push(session);
        if (!model.since.has(it.name)) model.since.set(it.name, session.wall);
      } else if (it.do === "leave") {
        const [leaving] = ends.splice(it.which, 1);
        leaving?.end();
        model.sessions = model.sessions.filter((session) => session !== leaving?.session);
        const gone = leaving?.session.fingerprint ?? "";
        if (!model.sessions.some((session) => session.fingerprint === gone)) {
          model.since.delete(gone);
        }
      } else if (it.do === "update") {
        presence.updatePeer(it.address, it.names);
        const before = model.peers.find((peer) => peer.address === it.address);
        model.peers = model.peers.filter((peer) => peer !== before);
        const rtt = before?.rtt ?? null;
        model.peers.push({ address: it.address, fingerprints: it.names, at: clock.now(), rtt });
      } else if (it.do === "forget") {
        presence.forgetPeer(it.address);
        model.peers = model.peers.filter((peer) => peer.address !== it.address);
      } else if (it.do === "rtt") {
        presence.setRtt(it.address, it.rtt);
        const peer = model.peers.find((peer) => peer.address === it.address);
        if (peer) peer.rtt = it.rtt;
      } else {
        clock.advance(it.ms);
        model.peers = model.peers.filter(({ at }) => clock.now() - at <= 100);
      }
      const now = clock.now();
      assert.deepEqual(presence.locals(), model.locals());
      assert.deepEqual(presence.remotes(), model.remotes(now));
      assert.deepEqual(presence.peers(), model.peerList(now));
      assert.deepEqual(new Set(presence.localFingerprints()), new Set(model.since.keys()));
      for (const fingerprint of ["p", "q", "r", "s"]) {
        const local = model.locals().find((entry) => entry.fingerprint === fingerprint);
        const remote = model.remotes(now).find((entry) => entry.fingerprint === fingerprint);
        const expected = local
          ? { at: "local", ...local }
          : remote
          ? { at: "remote", ...remote }
          : null;
        assert.deepEqual(presence.find(fingerprint), expected);
      }
    }
  }));
});

Deno.test("the names of everybody are those who are here, whom probes told of, and whom others know", () => {
  const presence = new PresenceRegistry(new ManualClock());
  presence.enter("aaaa", null, "general");
  presence.updatePeer("10.0.0.2:4433", ["bbbb"]);
  const peer = { address: "10.0.0.3:4433", fingerprints: ["cccc"], ageMs: 0, rttMs: null };
  presence.follow({ find: () => null, peers: () => [peer] });
  assert.deepEqual([...presence.fingerprints()], ["aaaa", "bbbb", "cccc"]);
});
