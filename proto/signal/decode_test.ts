import assert from "node:assert/strict";
import { WireError, type WireErrorCode } from "../errors.ts";
import { decodeSignal } from "./decode.ts";
import { MAX_MESSAGE_BYTES } from "./signal.ts";

const read = (json: string) => decodeSignal(new TextEncoder().encode(json));

function refuses(json: string | Uint8Array, code: WireErrorCode): void {
  const bytes = typeof json === "string" ? new TextEncoder().encode(json) : json;
  assert.throws(
    () => decodeSignal(bytes),
    (error: unknown) => error instanceof WireError && error.code === code,
    `${typeof json === "string" ? json.slice(0, 80) : json} must be refused as ${code}`,
  );
}

const ping = (timestamp: string) => `{"Ping":{"timestamp_ms":${timestamp}}}`;
const query = (ttl: string) => `{"RouteQuery":{"fingerprint":"f","ttl":${ttl}}}`;
const directive = (ratio: string) =>
  `{"QualityDirective":{"recommended_profile":{"codec":"Opus24k","fec_ratio":${ratio},"frame_duration_ms":20,"frames_per_block":5}}}`;
const rekey = (key: string) => `{"Rekey":{"new_ephemeral_pub":${key},"signature":[]}}`;
const bytes32 = (first: string) => `[${first}${",0".repeat(31)}]`;

Deno.test("a variant without fields is a string or an object with null", () => {
  assert.deepEqual(read(`"Hold"`), { type: "Hold" });
  assert.deepEqual(read(`{"Hold":null}`), { type: "Hold" });
  assert.deepEqual(read(` \n\t{"Hold" : null}\r\n `), { type: "Hold" });
  for (const content of ["{}", "[]", "0", `""`, "false"]) {
    refuses(`{"Hold":${content}}`, "bad_field");
  }
});

Deno.test("a variant with fields is an object with exactly one key", () => {
  refuses(`{}`, "bad_field");
  refuses(`{"Ping":{"timestamp_ms":1},"Pong":{"timestamp_ms":1}}`, "bad_field");
  refuses(`{"Ping":{"timestamp_ms":1},"x":1}`, "bad_field");
  refuses(`"Ping"`, "bad_field");
  refuses(`"FederationReady"`, "bad_field");
  assert.deepEqual(read(`{"FederationReady":{}}`), { type: "FederationReady" });
  for (const content of ["null", "1", "[1]", `"x"`, "true"]) {
    refuses(`{"Ping":${content}}`, "bad_field");
  }
  for (const json of ["null", "1", "true", "[]", `["Hold"]`]) refuses(json, "bad_field");
});

Deno.test("an unknown variant is a result, not an error", () => {
  assert.deepEqual(read(`"Shout"`), { type: "unknown", variant: "Shout" });
  assert.deepEqual(read(`{"Shout":{"loud":true}}`), { type: "unknown", variant: "Shout" });
  assert.deepEqual(read(`{"ping":null}`), { type: "unknown", variant: "ping" });
  assert.deepEqual(read(`{"unknown":{}}`), { type: "unknown", variant: "unknown" });
  assert.deepEqual(read(`""`), { type: "unknown", variant: "" });
});

Deno.test("the name of an unknown variant is bounded and well-formed", () => {
  assert.deepEqual(read(`"${"x".repeat(1000)}"`), { type: "unknown", variant: "x".repeat(64) });
  const cut = read(`"${"x".repeat(63)}\\ud83d\\ude00"`);
  assert.deepEqual(cut, { type: "unknown", variant: "x".repeat(63) + "\ufffd" });
});

Deno.test("an unknown variant inside a forward leaves the envelope readable", () => {
  const json = `{"FederatedSignalForward":{"inner":{"Shout":{}},"origin_relay_fp":"79:2a"}}`;
  assert.deepEqual(read(json), {
    type: "FederatedSignalForward",
    inner: { type: "unknown", variant: "Shout" },
    origin_relay_fp: "79:2a",
    ext: null,
  });
});

Deno.test("a forward inside a forward is read; a faulty inner message is refused", () => {
  const forward = (inner: string) =>
    `{"FederatedSignalForward":{"inner":${inner},"origin_relay_fp":"79:2a"}}`;
  const twice = read(forward(forward(`"Hold"`)));
  assert.ok(twice.type === "FederatedSignalForward");
  assert.ok(twice.inner.type === "FederatedSignalForward");
  assert.deepEqual(twice.inner.inner, { type: "Hold" });
  for (const inner of ["null", "{}", ping("-1"), "[]"]) refuses(forward(inner), "bad_field");
  refuses(`{"FederatedSignalForward":{"origin_relay_fp":"79:2a"}}`, "bad_field");
});

Deno.test("unknown fields are ignored", () => {
  assert.deepEqual(read(`{"Ping":{"new":[{}],"timestamp_ms":1,"more":null}}`), {
    type: "Ping",
    timestamp_ms: 1,
  });
});

Deno.test("a field that is neither optional nor has a default must be there", () => {
  refuses(`{"Ping":{}}`, "bad_field");
  refuses(`{"Ping":{"timestamp_ms":null}}`, "bad_field");
  refuses(`{"PresenceUpdate":{"relay_addr":"a"}}`, "bad_field");
  refuses(`{"RoomUpdate":{"count":1,"participants":[{"alias":null}]}}`, "bad_field");
});

Deno.test("an option is none when null and when absent", () => {
  const none = { type: "Transfer", target_fingerprint: "f", relay_addr: null };
  assert.deepEqual(read(`{"Transfer":{"target_fingerprint":"f","relay_addr":null}}`), none);
  assert.deepEqual(read(`{"Transfer":{"target_fingerprint":"f"}}`), none);
  const hangup = { type: "Hangup", reason: "Busy", call_id: null };
  assert.deepEqual(read(`{"Hangup":{"reason":"Busy","call_id":null}}`), hangup);
  assert.deepEqual(read(`{"Hangup":{"reason":"Busy"}}`), hangup);
  refuses(`{"Hangup":{"reason":"Busy","call_id":7}}`, "bad_field");
});

Deno.test("a default fills in for an absent field, not for null", () => {
  assert.deepEqual(read(`{"LossRecoveryUpdate":{"frames_decoded":5}}`), {
    type: "LossRecoveryUpdate",
    dred_reconstructions: 0,
    classical_plc_invocations: 0,
    frames_decoded: 5,
  });
  assert.deepEqual(read(`{"GlobalRoomActive":{"room":"r"}}`), {
    type: "GlobalRoomActive",
    room: "r",
    participants: [],
  });
  assert.deepEqual(read(`{"MediaPathReport":{"call_id":"c","direct_ok":false}}`), {
    type: "MediaPathReport",
    call_id: "c",
    direct_ok: false,
    race_winner: "",
  });
  refuses(`{"GlobalRoomActive":{"room":"r","participants":null}}`, "bad_field");
  refuses(`{"LossRecoveryUpdate":{"frames_decoded":null}}`, "bad_field");
});

Deno.test("integers are integers in range", () => {
  for (const ttl of ["0", "255", "7.0", "7e0", "-0"]) read(query(ttl));
  for (const ttl of ["256", "-1", "1.5", "1e400", `"1"`, "true", "null", "[1]"]) {
    refuses(query(ttl), "bad_field");
  }
  read(`{"RoomUpdate":{"count":4294967295,"participants":[]}}`);
  refuses(`{"RoomUpdate":{"count":4294967296,"participants":[]}}`, "bad_field");
  const zero = read(query("-0"));
  assert.ok(zero.type === "RouteQuery" && Object.is(zero.ttl, 0));
});

Deno.test("a u64 is exact up to 2^53 and otherwise the nearest number a u64 can hold", () => {
  const timestamp = (json: string) => {
    const message = read(ping(json));
    assert.ok(message.type === "Ping");
    return message.timestamp_ms;
  };
  assert.equal(timestamp("9007199254740991"), 2 ** 53 - 1);
  assert.equal(timestamp("9007199254740993"), 2 ** 53);
  assert.equal(timestamp("18446744073709551615"), 2 ** 64 - 2048);
  refuses(ping("18446744073709555712"), "bad_field");
  refuses(ping("-1"), "bad_field");
  refuses(ping("0.5"), "bad_field");
});

Deno.test("a float is any number in single-precision range, kept in its shortest form", () => {
  const ratio = (json: string) => {
    const message = read(directive(json));
    assert.ok(message.type === "QualityDirective");
    return message.recommended_profile.fec_ratio;
  };
  assert.equal(ratio("0.2"), 0.2);
  assert.equal(ratio("0.20000000298023224"), 0.2);
  assert.equal(ratio("1"), 1);
  assert.equal(ratio("1.0"), 1);
  assert.equal(ratio("-0.5"), -0.5);
  for (const json of ["1e39", "-1e39", "1e400", `"0.2"`, "null"]) {
    refuses(directive(json), "bad_field");
  }
});

Deno.test("byte arrays are arrays of integers 0 to 255, fixed ones of exactly their length", () => {
  read(rekey(bytes32("255")));
  read(rekey(bytes32("1.0")));
  for (const first of ["256", "-1", "0.5", `"0"`, "null", "[0]"]) {
    refuses(rekey(bytes32(first)), "bad_field");
  }
  refuses(rekey(`[${"0,".repeat(30)}0]`), "bad_field");
  refuses(rekey(`[${"0,".repeat(32)}0]`), "bad_field");
  refuses(rekey(`"${"00".repeat(32)}"`), "bad_field");
  refuses(rekey(`{"length":32}`), "bad_field");
});

Deno.test("names of enums are case sensitive", () => {
  refuses(`{"Hangup":{"reason":"normal"}}`, "bad_field");
  refuses(`{"Hangup":{"reason":"toString"}}`, "bad_field");
  refuses(`{"Hangup":{"reason":{"Normal":null}}}`, "bad_field");
});

Deno.test("lists, booleans and strings are not taken for one another", () => {
  refuses(`{"PresenceUpdate":{"fingerprints":"f","relay_addr":"a"}}`, "bad_field");
  refuses(`{"PresenceUpdate":{"fingerprints":{"0":"f"},"relay_addr":"a"}}`, "bad_field");
  refuses(`{"PresenceUpdate":{"fingerprints":[null],"relay_addr":"a"}}`, "bad_field");
  refuses(`{"MediaPathReport":{"call_id":"c","direct_ok":1}}`, "bad_field");
  refuses(`{"AuthToken":{"token":5}}`, "bad_field");
});

Deno.test("of a key given twice the last counts", () => {
  assert.deepEqual(read(`{"Ping":{"timestamp_ms":1,"timestamp_ms":2}}`), {
    type: "Ping",
    timestamp_ms: 2,
  });
});

Deno.test("keys that mean something in JavaScript are harmless", () => {
  for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
    assert.deepEqual(read(`"${name}"`), { type: "unknown", variant: name });
    assert.deepEqual(read(`{"${name}":{"timestamp_ms":1}}`), { type: "unknown", variant: name });
  }
  refuses(`{"Ping":{"__proto__":{"timestamp_ms":1}}}`, "bad_field");
  const message = read(`{"Ping":{"timestamp_ms":1,"__proto__":{"evil":1},"type":"Pong"}}`);
  assert.deepEqual(message, { type: "Ping", timestamp_ms: 1 });
  assert.equal(Object.getPrototypeOf(message), Object.prototype);
});

Deno.test("text must be UTF-8, without byte order mark and without half surrogates", () => {
  refuses(Uint8Array.of(0x22, 0xff, 0x22), "not_json");
  refuses(Uint8Array.of(0x22, 0xc0, 0x80, 0x22), "not_json");
  refuses(Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22), "not_json");
  refuses(Uint8Array.of(0xef, 0xbb, 0xbf, ...new TextEncoder().encode(`"Hold"`)), "not_json");
  refuses(`{"AuthToken":{"token":"\\ud83d"}}`, "bad_field");
  const pair = `{"AuthToken":{"token":"\\ud83d\\ude00"}}`;
  assert.deepEqual(read(pair), { type: "AuthToken", token: "\u{1f600}" });
});

Deno.test("what is not one JSON value is refused", () => {
  for (const json of ["", " ", "{", `"Hold`, `"Hold" x`, `"Hold""Hold"`, "nul", "{'a':1}", "01"]) {
    refuses(json, "not_json");
  }
});

Deno.test("a message may have 1 MiB and not a byte more", () => {
  const padded = (length: number) => new TextEncoder().encode(`"Hold"`.padEnd(length));
  assert.deepEqual(decodeSignal(padded(MAX_MESSAGE_BYTES)), { type: "Hold" });
  refuses(padded(MAX_MESSAGE_BYTES + 1), "too_large");
});

Deno.test("nesting is limited to 127 levels, wherever it is", () => {
  const inField = (levels: number) =>
    `{"Ping":{"timestamp_ms":1,"x":${"[".repeat(levels)}${"]".repeat(levels)}}}`;
  assert.deepEqual(read(inField(125)), { type: "Ping", timestamp_ms: 1 });
  refuses(inField(126), "not_json");
});

Deno.test("many things side by side are not nesting", () => {
  const people = Array(300).fill({ fingerprint: "f", alias: null, relay_label: null });
  const message = read(JSON.stringify({ RoomUpdate: { count: 300, participants: people } }));
  assert.ok(message.type === "RoomUpdate" && message.participants.length === 300);
});

Deno.test("brackets in strings are not nesting", () => {
  const token = "[{".repeat(500) + `\\"\\\\` + "[{".repeat(500);
  const message = read(`{"AuthToken":{"token":"${token}"}}`);
  assert.ok(message.type === "AuthToken" && message.token.length === 2002);
});

Deno.test("bombs of brackets, of objects and of forwards end in a wire error", () => {
  const fill = (unit: string) => unit.repeat(Math.floor(MAX_MESSAGE_BYTES / unit.length));
  refuses(fill("["), "not_json");
  refuses(fill(`{"a":`), "not_json");
  refuses(fill(`{"FederatedSignalForward":{"inner":`), "not_json");
  refuses(fill("[").slice(0, 524_288) + fill("]").slice(0, 524_288), "not_json");
  refuses(fill("]"), "not_json");
  refuses(fill("][").slice(0, 1000) + fill("[").slice(0, 1_000_000), "not_json");
  refuses(fill(`"`), "not_json");
});

Deno.test("an error names the field and repeats nothing of the content", () => {
  assert.throws(() => read(`{"Hangup":{"reason":"secret"}}`), {
    message: "Cannot decode Hangup.reason: expected a known name",
  });
  assert.throws(() => read(`{"AuthToken":{"token":"secret`), {
    message: "Cannot decode message: not UTF-8 or not JSON",
  });
});
