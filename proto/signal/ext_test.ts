import assert from "node:assert/strict";
import { decodeSignal } from "./decode.ts";
import { encodeSignal } from "./encode.ts";
import { hasCapability, MAX_CAPABILITIES, MAX_EXT_BYTES, MAX_RELAYS, MAX_RTTS } from "./ext.ts";
import { PROFILES } from "../codec.ts";
import { type KnownSignal, type SignalOf, VARIANTS } from "./signal.ts";

const ZEROS = new Uint8Array(32);

/** Reads a FederationHello with this text as its `ext`. */
function hello(ext: string): SignalOf<"FederationHello"> {
  const json = `{"FederationHello":{"tls_fingerprint":"79:2a","ext":${ext}}}`;
  const message = decodeSignal(new TextEncoder().encode(json));
  assert.ok(message.type === "FederationHello");
  assert.equal(message.tls_fingerprint, "79:2a");
  return message;
}

const answer = (
  ext: SignalOf<"DirectCallAnswer">["ext"],
): SignalOf<"DirectCallAnswer"> => ({
  type: "DirectCallAnswer",
  call_id: "c",
  accept_mode: "AcceptGeneric",
  identity_pub: null,
  ephemeral_pub: null,
  signature: null,
  chosen_profile: null,
  callee_reflexive_addr: null,
  callee_local_addrs: [],
  callee_build_version: null,
  ext,
});

Deno.test("the ext field is on the messages the extensions name", () => {
  const having = [...VARIANTS].filter(([, of]) => of !== "unit" && "ext" in of.fields);
  assert.deepEqual(having.map(([name]) => name).sort(), [
    ...["CallAnswer", "CallOffer", "CallSetup", "DirectCallAnswer", "DirectCallOffer"],
    ...["FederatedSignalForward", "FederationChallenge", "FederationHello"],
    ...["RegisterPresence", "RegisterPresenceAck"],
  ]);
});

Deno.test("known fields are read with their types, unknown ones and unknown capabilities are harmless", () => {
  const cert = "[48,130]";
  const nonce = `[${new Uint8Array(16).fill(7)}]`;
  const { ext } = hello(
    `{"v":1,"caps":["prove","later"],"cert":${cert},"nonce":${nonce},"name":"R","region":"eu",` +
      `"advertised_addr":"192.0.2.1:4433","build":"b","load":0.5,"draining":false,"udp_port":51820,` +
      `"instance":"a1","x":[1]}`,
  );
  assert.deepEqual(ext, {
    v: 1,
    caps: ["prove", "later"],
    cert: Uint8Array.of(48, 130),
    nonce: new Uint8Array(16).fill(7),
    name: "R",
    region: "eu",
    advertised_addr: "192.0.2.1:4433",
    build: "b",
    load: 0.5,
    draining: false,
    udp_port: 51820,
    instance: "a1",
  });
});

Deno.test("an absent ext is null and is not written", () => {
  assert.equal(hello("null").ext, null);
  const text = new TextDecoder().decode(encodeSignal(hello("null")));
  assert.equal(text, `{"FederationHello":{"tls_fingerprint":"79:2a"}}`);
});

Deno.test("version and capabilities have defaults, and a later version is read like this one", () => {
  assert.equal(hello("{}").ext?.v, 1);
  assert.deepEqual(hello("{}").ext?.caps, []);
  assert.equal(hasCapability(hello(`{"v":2,"caps":["prove"]}`).ext, "prove"), true);
});

Deno.test("an ext that is not valid counts as absent and the message survives", () => {
  const wrong = [
    ...["1", `"x"`, "[]", "true", `{"v":"1"}`, `{"v":-1}`, `{"v":1,"caps":"drain"}`],
    ...[
      `{"caps":[1]}`,
      `{"caps":null}`,
      `{"nonce":[1,2]}`,
      `{"cert":"3082"}`,
      `{"udp_port":65536}`,
    ],
    ...[
      `{"load":-1}`,
      `{"load":"0"}`,
      `{"draining":0}`,
      `{"name":"\\ud800"}`,
      `{"region":5}`,
      `{"instance":1}`,
    ],
  ];
  for (const ext of wrong) assert.equal(hello(ext).ext, null, ext);
});

Deno.test("an ext may have 16 KiB and not a byte more, white space not counted", () => {
  const sized = (bytes: number) =>
    `{"v":1,"caps":[],"name":"${"x".repeat(bytes - `{"v":1,"caps":[],"name":""}`.length)}"}`;
  assert.notEqual(hello(sized(MAX_EXT_BYTES)).ext, null);
  assert.equal(hello(sized(MAX_EXT_BYTES + 1)).ext, null);
  assert.equal(hello(`{"ignored":"${"x".repeat(MAX_EXT_BYTES)}"}`).ext, null);
  assert.notEqual(hello(`{${" ".repeat(MAX_EXT_BYTES)}"v":1}`).ext, null);
  const wide = `{"v":1,"caps":[],"name":"${"\u00e9".repeat(MAX_EXT_BYTES / 2)}"}`;
  assert.equal(hello(wide).ext, null);
});

Deno.test("whatever ext was accepted can be passed on", () => {
  const name = "x".repeat(MAX_EXT_BYTES - `{"v":1,"caps":[],"name":""}`.length);
  const passedOn = hello(`{"name":"${name}"}`);
  assert.notEqual(passedOn.ext, null);
  encodeSignal(passedOn);
  assert.equal(hello(`{"name":"${name}x"}`).ext, null);
});

Deno.test("at most 64 capabilities are accepted", () => {
  const caps = (count: number) => JSON.stringify({ v: 1, caps: Array(count).fill("x") });
  assert.equal(hello(caps(MAX_CAPABILITIES)).ext?.caps.length, MAX_CAPABILITIES);
  assert.equal(hello(caps(MAX_CAPABILITIES + 1)).ext, null);
});

Deno.test("round trips are a map whose keys cannot do harm, of at most 32 entries", () => {
  const read = (rtts: string) => {
    const json =
      `{"DirectCallAnswer":{"call_id":"c","accept_mode":"Reject","ext":{"v":1,"caps":["rtts"],"rtts":${rtts}}}}`;
    const message = decodeSignal(new TextEncoder().encode(json));
    assert.ok(message.type === "DirectCallAnswer");
    return message;
  };
  const message = read(`{"192.0.2.1:4433":12.5,"__proto__":3}`);
  assert.deepEqual(message.ext?.rtts, new Map([["192.0.2.1:4433", 12.5], ["__proto__", 3]]));
  assert.match(
    new TextDecoder().decode(encodeSignal(message)),
    /"rtts":\{"192.0.2.1:4433":12.5,"__proto__":3\}/,
  );
  const many = (count: number) =>
    JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, i) => [`r${i}`, i])));
  assert.equal(read(many(MAX_RTTS)).ext?.rtts?.size, MAX_RTTS);
  assert.equal(read(many(MAX_RTTS + 1)).ext, null);
  assert.equal(read(`{"r":-1}`).ext, null);
  assert.equal(read(`{"r":null}`).ext, null);
});

Deno.test("an ext that a receiver would not accept is not sent", () => {
  const rtts = new Map(Array.from({ length: MAX_RTTS + 1 }, (_, i) => [`r${i}`, i]));
  const caps = Array<string>(MAX_CAPABILITIES + 1).fill("x");
  const wrong: readonly KnownSignal[] = [
    answer({ v: 1, caps: [], rtts, direct_cert: null, relay: null }),
    answer({ v: 1, caps, rtts: null, direct_cert: null, relay: null }),
    answer({ v: 1, caps: ["x".repeat(MAX_EXT_BYTES)], rtts: null, direct_cert: null, relay: null }),
  ];
  for (const message of wrong) assert.throws(() => encodeSignal(message), RangeError);
});

Deno.test("where else a room is travels in the answer and the setup, at most 32 relays", () => {
  const relays = ["Rome|192.0.2.1:4433|" + "ab".repeat(32)];
  const setup: SignalOf<"CallSetup"> = {
    type: "CallSetup",
    call_id: "c",
    room: "call-c",
    relay_addr: "192.0.2.9:4433",
    peer_direct_addr: null,
    peer_local_addrs: [],
    ext: { v: 1, caps: ["drain"], relay: null, relays },
  };
  const text = new TextDecoder().decode(encodeSignal(setup));
  assert.ok(text.endsWith(`"ext":{"v":1,"caps":["drain"],"relays":${JSON.stringify(relays)}}}}`));
  assert.deepEqual(decodeSignal(encodeSignal(setup)), setup);
  const placed = { ...setup, ext: { v: 1, caps: [], relay: relays[0]!, relays: [] } };
  assert.ok(new TextDecoder().decode(encodeSignal(placed)).includes(`"relay":"${relays[0]}"`));
  assert.deepEqual(decodeSignal(encodeSignal(placed)), placed);
  const nowhere = { ...setup, ext: { v: 1, caps: [], relay: null, relays: [] } };
  assert.doesNotMatch(new TextDecoder().decode(encodeSignal(nowhere)), /relays/);
  const many = Array<string>(MAX_RELAYS + 1).fill("R|192.0.2.1:4433");
  assert.throws(
    () => encodeSignal({ ...setup, ext: { v: 1, caps: [], relay: null, relays: many } }),
    RangeError,
  );
  const json = JSON.stringify({
    CallSetup: { call_id: "c", room: "r", relay_addr: "a", ext: { v: 1, relays: many } },
  });
  const read = decodeSignal(new TextEncoder().encode(json));
  assert.ok(read.type === "CallSetup" && read.ext === null);
});

Deno.test("the relay where both are to meet travels in the answer", () => {
  const placed = answer({
    v: 1,
    caps: ["rtts"],
    rtts: new Map([["192.0.2.1:4433", 12.5]]),
    direct_cert: null,
    relay: "192.0.2.1:4433",
  });
  const text = new TextDecoder().decode(encodeSignal(placed));
  assert.ok(text.includes(`"relay":"192.0.2.1:4433"`));
  assert.deepEqual(decodeSignal(encodeSignal(placed)), placed);
});

Deno.test("what registration and forwarding need travels in the ext", () => {
  const messages: readonly (readonly [KnownSignal, string])[] = [
    [
      {
        type: "RegisterPresence",
        identity_pub: ZEROS,
        signature: new Uint8Array(64),
        alias: null,
        ext: { v: 1, caps: ["signed"], issued_at: 1775000000000, nonce: new Uint8Array(16) },
      },
      `"ext":{"v":1,"caps":["signed"],"issued_at":1775000000000,"nonce":[${new Uint8Array(16)}]}`,
    ],
    [
      {
        type: "FederatedSignalForward",
        inner: { type: "CallRinging", call_id: "c" },
        origin_relay_fp: "79:2a",
        ext: { v: 1, caps: [], ttl: 3, path: ["79:2a"], target_relay: "aa:bb" },
      },
      `"ext":{"v":1,"caps":[],"ttl":3,"path":["79:2a"],"target_relay":"aa:bb"}`,
    ],
    [
      {
        type: "CallOffer",
        identity_pub: ZEROS,
        ephemeral_pub: ZEROS,
        signature: new Uint8Array(64),
        supported_profiles: [PROFILES.GOOD],
        alias: null,
        ext: { v: 1, caps: ["echo"], rtts: null },
      },
      `"ext":{"v":1,"caps":["echo"]}`,
    ],
  ];
  for (const [message, ext] of messages) {
    const bytes = encodeSignal(message);
    assert.ok(new TextDecoder().decode(bytes).includes(ext));
    assert.deepEqual(decodeSignal(bytes), message);
  }
});

Deno.test("an original has no capability, others those they announced", () => {
  assert.equal(hasCapability(null, "drain"), false);
  assert.equal(hasCapability({ caps: ["echo"] }, "drain"), false);
  assert.equal(hasCapability({ caps: ["echo", "drain"] }, "drain"), true);
});
