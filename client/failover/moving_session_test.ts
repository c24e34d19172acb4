import assert from "node:assert/strict";
import { seqOf } from "../../proto/media_header.ts";
import { QUEUE_FULL } from "../../quic/port.ts";
import type { VoiceEvent } from "../room_voice.ts";
import { LevelMeter } from "../sound/level.ts";
import { toneSource } from "../sound/source.ts";
import type { RelayAdvisor } from "./relay_advisor.ts";
import { FixedAdvisor } from "./fixed_advisor.ts";
import { TestingMesh } from "./testing_mesh.ts";

/** Somebody who speaks at the first relay, and others who listen where they are. */
async function conversation(mesh: TestingMesh, ...listeners: number[]) {
  const events: VoiceEvent[] = [];
  const echo: Uint8Array[] = [];
  const speaker = await mesh.join(0, {
    source: toneSource(60),
    onMedia: (packet) => echo.push(packet),
    onEvent: (event) => events.push(event),
  });
  const heard = listeners.map(() => ({ seqs: [] as number[], level: new LevelMeter() }));
  const voices = await Promise.all(listeners.map((relay, i) =>
    mesh.join(relay, {
      onMedia: (packet) => heard[i]!.seqs.push(seqOf(packet)),
      sink: (pcm) => heard[i]!.level.add(pcm),
    })
  ));
  await mesh.pass(100);
  speaker.sender!.start();
  return { speaker, events, echo, voices, heard };
}

const rising = (seqs: readonly number[]) => seqs.every((seq, i) => i === 0 || seq > seqs[i - 1]!);
const holes = (seqs: readonly number[]) => seqs.at(-1)! - seqs[0]! + 1 - seqs.length;

Deno.test("a talker whose relay dies is heard again in less than three seconds, with numbers that go on", async () => {
  const mesh = await TestingMesh.make(3);
  const { speaker, events, echo, voices, heard } = await conversation(mesh, 1, 2);
  await mesh.pass(3_000);
  mesh.kill(0);
  await mesh.pass(6_000);
  for (const { seqs } of heard) {
    assert.ok(rising(seqs), "nothing twice, nothing out of order");
    assert.ok(holes(seqs) > 0 && holes(seqs) < 150, `${holes(seqs)} packets lost`);
    assert.ok(seqs.length > 300);
  }
  const [move] = speaker.session.moves;
  assert.deepEqual(
    [move?.from, move?.to, move?.reason, speaker.session.relayAddr],
    [mesh.addr(0), mesh.addr(1), "silent", mesh.addr(1)],
  );
  assert.ok(move!.gapMs > 1_000 && move!.gapMs < 3_000, `${move!.gapMs} ms`);
  assert.equal(echo.length, 0, "one's own voice");
  assert.deepEqual(events.filter(({ type }) => type === "closed"), []);
  assert.equal(mesh.relays[2]!.guests.length, 1, "no standby is left behind");
  await mesh.leave(speaker, ...voices);
  assert.equal(mesh.clock.pending, 0);
});

Deno.test("a relay that dies as soon as it has let us in is left as well", async () => {
  const mesh = await TestingMesh.make(3);
  const { speaker, voices } = await conversation(mesh, 2);
  await mesh.pass(3_000);
  mesh.kill(0);
  while (mesh.relays[1]!.guests.length === 0) await mesh.pass(50);
  mesh.kill(1);
  await mesh.pass(6_000);
  assert.deepEqual(speaker.session.moves.map(({ to }) => to).at(-1), mesh.addr(2));
  await mesh.leave(speaker, ...voices);
});

Deno.test("a listener whose relay dies hears on", async () => {
  const mesh = await TestingMesh.make(3);
  const { speaker, voices, heard } = await conversation(mesh, 1);
  await mesh.pass(3_000);
  mesh.kill(1);
  await mesh.pass(6_000);
  const [{ seqs } = { seqs: [] }] = heard;
  assert.ok(rising(seqs));
  assert.ok(holes(seqs) > 0 && holes(seqs) < 150, `${holes(seqs)} packets lost`);
  assert.equal(voices[0]!.session.moves.length, 1);
  await mesh.leave(speaker, ...voices);
});

Deno.test("when a relay stops, talker and listeners go elsewhere and nothing is lost or heard twice", async () => {
  const mesh = await TestingMesh.make(3);
  const { speaker, events, echo, voices, heard } = await conversation(mesh, 0, 1, 2);
  await mesh.pass(2_000);
  mesh.drain(0);
  await mesh.pass(1_000);
  mesh.kill(0);
  await mesh.pass(3_000);
  for (const { seqs } of heard) {
    assert.deepEqual(seqs, Array.from(seqs, (_, i) => i));
    assert.ok(seqs.length >= 300);
  }
  assert.equal(echo.length, 0);
  assert.deepEqual(speaker.session.moves.map(({ reason, gapMs }) => [reason, gapMs]), [[
    "draining",
    0,
  ]]);
  const order = events.map(({ type }) => type);
  assert.ok(order.indexOf("moved") > order.indexOf("draining"));
  assert.deepEqual(order.filter((type) => type === "joined"), ["joined"]);
  const left = mesh.relays[0]!.guests;
  assert.equal(left.length, 0, "all have left with a Hangup");
  await mesh.leave(speaker, ...voices);
});

Deno.test("a relay of the other family will do as well, there and back", async () => {
  const mesh = await TestingMesh.make(["192.0.2.1", "2001:db8::2"]);
  const { speaker, voices, heard } = await conversation(mesh, 1);
  await mesh.pass(2_000);
  mesh.drain(0);
  await mesh.pass(3_000);
  assert.equal(speaker.session.relayAddr, mesh.addr(1));
  mesh.drain(1);
  await mesh.pass(3_000);
  for (const { session } of [speaker, ...voices]) {
    assert.equal(session.relayAddr, mesh.addr(0));
    assert.ok(session.moves.every(({ reason }) => reason === "draining"));
  }
  const [{ seqs } = { seqs: [] }] = heard;
  assert.deepEqual(seqs, Array.from(seqs, (_, i) => i));
  assert.ok(seqs.length >= 350);
  await mesh.leave(speaker, ...voices);
});

Deno.test("a broken connection is left at once, and what is said meanwhile is dropped without an end", async () => {
  const mesh = await TestingMesh.make(2);
  const { speaker, voices, heard } = await conversation(mesh, 1);
  await mesh.pass(1_000);
  mesh.relays[0]!.stop("shutdown");
  assert.equal(speaker.session.sendMedia(Uint8Array.of(0)), QUEUE_FULL);
  await mesh.pass(1_000);
  assert.deepEqual(speaker.session.moves.map(({ reason }) => reason), ["closed"]);
  assert.ok(holes(heard[0]!.seqs) <= 5, `${holes(heard[0]!.seqs)} lost`);
  assert.equal(speaker.session.closeInfo, null);
  await mesh.leave(speaker, ...voices);
});

Deno.test("who is thrown out stays out", async () => {
  const mesh = await TestingMesh.make(2);
  const { speaker, events } = await conversation(mesh);
  mesh.relays[0]!.stop("kicked");
  await mesh.pass(1_000);
  assert.equal((await speaker.session.closed).reason, "kicked");
  assert.equal(events.at(-1)?.type, "closed");
  assert.equal(mesh.relays[1]!.guests.length, 0);
  await mesh.leave(speaker);
  assert.equal(mesh.clock.pending, 0);
});

Deno.test("a relay that nobody named is not gone to, whoever advises it", async () => {
  const mesh = await TestingMesh.make(3);
  mesh.relays[0]!.relays = [`relay|${mesh.addr(1)}`];
  const advisor: RelayAdvisor = {
    ...new FixedAdvisor(),
    alternatives: () => [{ addr: mesh.addr(2), pin: null }, { addr: mesh.addr(1), pin: null }],
    better: () => ({ addr: mesh.addr(2), reason: "nearer" }),
    heard: () => {},
    failed: () => {},
    onChange: () => () => {},
  };
  const voice = await mesh.join(0, { wayOut: { advisor } });
  await mesh.pass(1_000);
  mesh.kill(0);
  await mesh.pass(3_000);
  assert.equal(voice.session.relayAddr, mesh.addr(1));
  await mesh.leave(voice);
});

Deno.test("advice is followed without a gap, and the reason is told", async () => {
  const mesh = await TestingMesh.make(2);
  let advise = () => {};
  let better: string | null = null;
  const told: string[] = [];
  const advisor: RelayAdvisor = {
    alternatives: () => [],
    better: (current) =>
      better === null || better === current ? null : { addr: better, reason: "nearer" },
    heard: (addr) => told.push(addr),
    failed: () => {},
    onChange: (listener) => {
      advise = listener;
      return () => advise = () => {};
    },
  };
  const listener = await mesh.join(1);
  const seqs: number[] = [];
  const third = await mesh.join(0, { onMedia: (packet) => seqs.push(seqOf(packet)) });
  const types: string[] = [];
  let afterMove: string | undefined;
  const speaker = await mesh.join(0, {
    wayOut: { advisor },
    source: toneSource(60),
    onEvent({ type }) {
      types.push(type);
      if (type === "moved") queueMicrotask(() => afterMove = types.at(-1));
    },
  });
  await mesh.pass(200);
  speaker.sender!.start();
  await mesh.pass(1_000);
  better = mesh.addr(1);
  advise();
  await mesh.pass(1_000);
  assert.deepEqual(
    speaker.session.moves.map(({ because, gapMs }) => [because, gapMs]),
    [["nearer", 0]],
  );
  assert.equal(afterMove, "participants", "what the new relay told before it was used");
  better = mesh.addr(0);
  advise();
  await mesh.pass(30_000);
  assert.equal(speaker.session.moves.length, 1, "not back within the minute");
  assert.ok(rising(seqs) && holes(seqs) === 0);
  assert.ok(told.includes(mesh.addr(0)) && told.includes(mesh.addr(1)));
  await mesh.leave(speaker, third, listener);
});

Deno.test("the two who say the very same are both heard as long as nobody moves", async () => {
  const mesh = await TestingMesh.make(2);
  const packets: number[] = [];
  const listener = await mesh.join(0, { onMedia: (packet) => packets.push(seqOf(packet)) });
  const twins = await Promise.all([0, 1].map((at) => mesh.join(at, { source: toneSource(1) })));
  for (const twin of twins) twin.sender!.start();
  await mesh.pass(1_200);
  assert.equal(packets.length, 100);
  assert.ok(twins.every(({ receiver }) => receiver.counts.packets === 50));
  await mesh.leave(listener, ...twins);
});

Deno.test("without a relay nothing is sent, and after half a minute the session has ended", async () => {
  const mesh = await TestingMesh.make(2);
  const { speaker } = await conversation(mesh);
  for (const number of mesh.relays.keys()) mesh.kill(number);
  await mesh.pass(5_000);
  assert.equal(speaker.session.sendMedia(Uint8Array.of(0)), QUEUE_FULL);
  assert.equal(speaker.session.sendSignal({ type: "Hold" }), false);
  assert.equal(speaker.session.quality(), null);
  await mesh.pass(35_000);
  assert.equal((await speaker.session.closed).kind, "idle");
  await speaker.sender!.done;
  await mesh.leave(speaker);
  assert.equal(mesh.clock.pending, 0);
});

Deno.test("who hangs up while a standby is being joined leaves nothing behind", async () => {
  const mesh = await TestingMesh.make(2);
  const { speaker } = await conversation(mesh);
  await mesh.pass(1_000);
  mesh.kill(0);
  await mesh.pass(1_200);
  assert.equal(mesh.relays[1]!.guests.length, 1);
  await mesh.leave(speaker);
  assert.equal(mesh.relays[1]!.guests.length, 0);
  assert.equal(mesh.clock.pending, 0);
});

Deno.test("a sign of life is that of the relay that carries the session in the end", async () => {
  const mesh = await TestingMesh.make(2);
  const { speaker, voices } = await conversation(mesh, 1);
  await mesh.pass(2_000);
  mesh.kill(0);
  let sign = false;
  const waiting = speaker.session.signOfLife().then(() => sign = true);
  await mesh.pass(1_000);
  assert.equal(sign, false);
  await mesh.pass(3_000);
  await waiting;
  await mesh.leave(speaker, ...voices);
});

Deno.test("an adviser that speaks up while it is told something disturbs nothing", async () => {
  const mesh = await TestingMesh.make(3);
  let listener = () => {};
  const advisor: RelayAdvisor = {
    alternatives: () => [],
    better: () => null,
    heard: () => listener(),
    failed: () => listener(),
    report: () => listener(),
    draining: () => listener(),
    onChange: (changed) => {
      listener = changed;
      return () => listener = () => {};
    },
  };
  const events: VoiceEvent[] = [];
  const voice = await mesh.join(0, {
    wayOut: { advisor },
    onEvent: (event) => events.push(event),
  });
  await mesh.pass(1_000);
  mesh.kill(0);
  await mesh.pass(4_000);
  mesh.drain(1);
  // The dead one is named first, and tried in vain.
  await mesh.pass(5_000);
  assert.deepEqual(voice.session.moves.map(({ reason }) => reason), ["silent", "draining"]);
  assert.equal(mesh.relays.reduce((sum, { guests }) => sum + guests.length, 0), 1);
  await mesh.leave(voice);
  assert.equal(mesh.clock.pending, 0);
});
