import assert from "node:assert/strict";
import fc from "fast-check";
import type { KnownSignal, SignalOf } from "../../proto/signal/mod.ts";
import { ManualClock } from "../../quic/manual_clock.ts";
import { type CallEnd, newCallId, NO_CONTACT, Phone, type PhoneEvent } from "./phone.ts";
import type { CallSignal } from "./signal_session.ts";

function setUp() {
  const clock = new ManualClock();
  const said: KnownSignal[] = [];
  const events: PhoneEvent[] = [];
  const phone = new Phone({
    clock,
    fingerprint: "us",
    publicKey: new Uint8Array(32).fill(1),
    send: (message) => said.push(message) > 0,
    onEvent: (event) => events.push(event),
  });
  const types = () => said.map(({ type }) => type);
  const end = (): CallEnd | null => {
    const last = events.at(-1);
    return last?.type === "ended" ? last.end : null;
  };
  return { clock, said, events, phone, types, end };
}

const offer = (call_id: string): SignalOf<"DirectCallOffer"> => ({
  type: "DirectCallOffer",
  caller_fingerprint: "them",
  caller_alias: null,
  target_fingerprint: "us",
  call_id,
  identity_pub: new Uint8Array(32),
  ephemeral_pub: new Uint8Array(32),
  signature: new Uint8Array(0),
  supported_profiles: [],
  caller_reflexive_addr: null,
  caller_local_addrs: [],
  caller_build_version: null,
  ext: null,
});

const answer = (
  call_id: string,
  accept_mode: SignalOf<"DirectCallAnswer">["accept_mode"] = "AcceptGeneric",
): SignalOf<"DirectCallAnswer"> => ({
  type: "DirectCallAnswer",
  call_id,
  accept_mode,
  identity_pub: null,
  ephemeral_pub: null,
  signature: null,
  chosen_profile: null,
  callee_reflexive_addr: null,
  callee_local_addrs: [],
  callee_build_version: null,
  ext: null,
});

const setup = (call_id: string): SignalOf<"CallSetup"> => ({
  type: "CallSetup",
  call_id,
  room: `call-${call_id}`,
  relay_addr: "127.0.0.1:4433",
  peer_direct_addr: null,
  peer_local_addrs: [],
  ext: null,
});

const ringing = (call_id: string): CallSignal => ({ type: "CallRinging", call_id });
const hangup = (call_id: string | null, reason: CallEnd["reason"] = "Normal"): CallSignal => {
  return { type: "Hangup", reason, call_id };
};

Deno.test("a call rings, is answered, set up and hung up", () => {
  const { clock, said, events, phone, end } = setUp();
  phone.place("them", "1");
  for (const signal of [ringing("1"), answer("1"), setup("1")]) phone.handle(signal);
  assert.deepEqual(events.map(({ type }) => type), ["ringing", "answered", "setup"]);
  assert.equal(phone.stage, "set up");
  clock.advance(1e7);
  phone.hangUp();
  assert.deepEqual(end(), { by: "us", reason: "Normal", stage: "set up", unreachable: false });
  assert.equal(said[0]?.type, "DirectCallOffer");
  assert.deepEqual(said.slice(1), [{ type: "Hangup", reason: "Normal", call_id: "1" }]);
  assert.deepEqual([phone.call, phone.stage], [null, null]);
});

Deno.test("how a call fails can be told apart", () => {
  const fails = (...signals: CallSignal[]): CallEnd | null => {
    const { phone, end } = setUp();
    phone.place("them", "1");
    for (const signal of signals) phone.handle(signal);
    return end();
  };
  const common = { by: "them", unreachable: false } as const;
  assert.deepEqual(fails(hangup(null)), {
    ...common,
    reason: "Normal",
    stage: "offered",
    unreachable: true,
  });
  assert.deepEqual(fails(hangup("1", "Busy")), { ...common, reason: "Busy", stage: "offered" });
  assert.deepEqual(fails(ringing("1"), hangup("1")), {
    ...common,
    reason: "Normal",
    stage: "ringing",
  });
  assert.deepEqual(fails(ringing("1"), answer("1", "Reject")), {
    ...common,
    reason: "Declined",
    stage: "ringing",
  });
  assert.equal(fails(ringing("2"), answer("2"), hangup("2")), null);
});

Deno.test("nothing is waited for without end", () => {
  const cases: [CallSignal[], number][] = [
    [[], 10_000],
    [[ringing("1")], 120_000],
    [[ringing("1"), answer("1")], 10_000],
  ];
  for (const [signals, limit] of cases) {
    const { clock, phone, end, said } = setUp();
    phone.place("them", "1");
    for (const signal of signals) phone.handle(signal);
    clock.advance(limit - 1);
    assert.equal(end(), null);
    clock.advance(1);
    assert.equal(end()?.by, "timeout");
    assert.deepEqual(said.at(-1), { type: "Hangup", reason: "Timeout", call_id: "1" });
    assert.equal(clock.pending, 0);
  }
});

Deno.test("an incoming call is accepted with or without our addresses, or rejected", () => {
  const contact = { reflexive: "192.0.2.1:1", locals: ["10.0.0.1:1"], ext: null };
  for (
    const [use, mode, addresses] of [
      ["trusted", "AcceptTrusted", ["192.0.2.1:1", "10.0.0.1:1"]],
      ["generic", "AcceptGeneric", [null]],
      ["reject", "Reject", [null]],
    ] as const
  ) {
    const { said, events, phone, end } = setUp();
    phone.handle(offer("7"));
    assert.equal(events[0]?.type, "incoming");
    const { call } = events[0]!;
    assert.deepEqual([call.id, call.peer, call.role], ["7", "them", "callee"]);
    if (use === "reject") phone.reject(call);
    else phone.accept(call, use === "trusted" ? contact : null);
    const message = said[0];
    if (message?.type !== "DirectCallAnswer") throw new Error("no answer");
    assert.equal(message.accept_mode, mode);
    assert.deepEqual([message.callee_reflexive_addr, ...message.callee_local_addrs], addresses);
    assert.equal(end()?.reason ?? null, use === "reject" ? "Declined" : null);
    phone.handle(setup("7"));
    assert.equal(events.at(-1)?.type, use === "reject" ? "ended" : "setup");
    phone.accept(call, null);
    assert.equal(said.length, 1);
  }
});

Deno.test("who calls during a call is turned away, and the call goes on", () => {
  const { said, phone, events } = setUp();
  phone.handle(offer("1"));
  phone.handle(offer("1"));
  phone.handle(offer("2"));
  assert.deepEqual(said.map((message) => message.type === "DirectCallAnswer" && message.call_id), [
    "2",
  ]);
  assert.equal(events.length, 1);
  assert.equal(phone.call?.id, "1");
  phone.handle(hangup("1"));
  phone.handle(offer("3"));
  assert.equal(phone.call?.id, "3");
  assert.throws(() => phone.place("them", "4"), TypeError);
});

Deno.test("whatever a relay says in whatever order, every call ends once and timers end with it", () => {
  const id = fc.constantFrom("1", "2");
  const signal: fc.Arbitrary<CallSignal> = fc.oneof(
    id.map(ringing),
    id.map(offer),
    id.map(setup),
    fc.tuple(id, fc.constantFrom("Reject" as const, "AcceptTrusted" as const)).map(([call, mode]) =>
      answer(call, mode)
    ),
    fc.option(id).map((call) => hangup(call)),
  );
  fc.assert(fc.property(fc.boolean(), fc.array(signal), (calls, signals) => {
    const { clock, events, phone } = setUp();
    if (calls) phone.place("them", "1", NO_CONTACT);
    const begun = new Set(phone.call ? [phone.call] : []);
    for (const each of signals) {
      phone.handle(each);
      if (phone.call) begun.add(phone.call);
    }
    phone.hangUp();
    const ended = events.flatMap((event) => event.type === "ended" ? [event.call] : []);
    assert.deepEqual(ended, [...begun]);
    assert.equal(clock.pending, 0);
  }));
});

Deno.test("call ids are nanoseconds in hex that fit a room name", () => {
  const id = newCallId(1_775_000_000_000, Uint8Array.of(0xff, 0xff, 0xff));
  assert.equal(BigInt(`0x${id}`) / 1_000_000n, 1_775_000_000_000n);
  assert.match(id, /^[0-9a-f]{16}$/);
  assert.match(newCallId(0, Uint8Array.of(0, 0, 1)), /^0{15}1$/);
});

Deno.test("what was measured of relays is told with an offer and with an acceptance, trusting or not, and 32 at most", () => {
  const clock = new ManualClock();
  const said: KnownSignal[] = [];
  let measured = new Map([["192.0.2.1:1", 12]]);
  const phone = new Phone({
    clock,
    fingerprint: "us",
    publicKey: new Uint8Array(32).fill(1),
    rtts: () => measured,
    send: (message) => said.push(message) > 0,
    onEvent: () => {},
  });
  const direct_cert = new Uint8Array(32).fill(3);
  const contact = {
    reflexive: "192.0.2.7:1",
    locals: [],
    ext: { v: 1, caps: ["other"], rtts: null, direct_cert },
  };
  const told = () => {
    const message = said.at(-1)!;
    assert.ok(message.type === "DirectCallOffer" || message.type === "DirectCallAnswer");
    return message.ext;
  };
  phone.place("them", "1", contact);
  const rtts = measured;
  assert.deepEqual(told(), { v: 1, caps: ["other", "rtts"], rtts, direct_cert });
  phone.hangUp();
  for (const with_ of [null, contact]) {
    phone.handle(offer("2"));
    phone.accept(phone.call!, with_);
    const caps = with_ === null ? ["rtts"] : ["other", "rtts"];
    const cert = with_ === null ? null : direct_cert;
    assert.deepEqual(told(), { v: 1, caps, rtts, direct_cert: cert, relay: null });
    phone.hangUp();
  }
  phone.handle(offer("3"));
  phone.reject(phone.call!);
  assert.equal(told(), null);
  measured = new Map(Array.from({ length: 40 }, (_, n) => [`192.0.2.${n}:1`, n]));
  phone.place("them", "4");
  assert.equal(told()?.rtts?.size, 32);
  phone.hangUp();
  measured = new Map();
  phone.place("them", "5");
  assert.equal(told(), null);
});
