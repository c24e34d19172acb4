import assert from "node:assert/strict";
import { WireError } from "../errors.ts";
import { decodeSignal } from "./decode.ts";
import { encodeSignal } from "./encode.ts";
import { PROFILES } from "../codec.ts";
import { type KnownSignal, MAX_MESSAGE_BYTES, type SignalOf } from "./signal.ts";

const text = (message: KnownSignal) => new TextDecoder().decode(encodeSignal(message));

const state: SignalOf<"RelayState"> = {
  type: "RelayState",
  relay: "r",
  label: "R",
  region: null,
  addr: "192.0.2.1:4433",
  build: "b",
  load: 0.25,
  draining: false,
  udp_port: null,
  seq: 2,
  links: [{ relay: "s", rtt_ms: 12.5, loss_pct: null, legacy: false }],
};

Deno.test("options marked to be omitted are left out, others are null", () => {
  assert.equal(
    text({
      type: "RegisterPresenceAck",
      success: false,
      error: "no",
      relay_build: null,
      relay_region: null,
      available_relays: [],
      ext: null,
    }),
    `{"RegisterPresenceAck":{"success":false,"error":"no"}}`,
  );
  assert.equal(
    text({ type: "Transfer", target_fingerprint: "f", relay_addr: null }),
    `{"Transfer":{"target_fingerprint":"f","relay_addr":null}}`,
  );
  assert.equal(
    text({
      type: "CallSetup",
      call_id: "c",
      room: "call-c",
      relay_addr: "192.0.2.1:4433",
      peer_direct_addr: null,
      peer_local_addrs: [],
      ext: null,
    }),
    `{"CallSetup":{"call_id":"c","room":"call-c","relay_addr":"192.0.2.1:4433"}}`,
  );
});

Deno.test("defaults that are not marked to be omitted are written", () => {
  assert.equal(
    text({ type: "GlobalRoomActive", room: "r", participants: [] }),
    `{"GlobalRoomActive":{"room":"r","participants":[]}}`,
  );
  assert.equal(
    text({ type: "MediaPathReport", call_id: "c", direct_ok: false, race_winner: "" }),
    `{"MediaPathReport":{"call_id":"c","direct_ok":false,"race_winner":""}}`,
  );
});

Deno.test("a float is printed in its shortest single-precision form, a whole one as an integer", () => {
  const ratio = (fec_ratio: number) =>
    text({
      type: "QualityDirective",
      recommended_profile: { ...PROFILES.GOOD, fec_ratio },
      reason: null,
    }).match(/"fec_ratio":([^,]+),/)?.[1];
  assert.equal(ratio(0.2), "0.2");
  assert.equal(ratio(Math.fround(0.2)), "0.2");
  assert.equal(ratio(1), "1");
  for (const wrong of [NaN, Infinity, -Infinity, 1e39]) {
    assert.throws(() => ratio(wrong), RangeError);
  }
});

Deno.test("the largest timestamp that can arrive is sent back within the range of a u64", () => {
  const largest = `{"Ping":{"timestamp_ms":18446744073709551615}}`;
  const message = decodeSignal(new TextEncoder().encode(largest));
  assert.ok(message.type === "Ping");
  assert.equal(text(message), `{"Ping":{"timestamp_ms":18446744073709550000}}`);
  assert.equal(text({ type: "Ping", timestamp_ms: 2 ** 64 }), text(message));
});

Deno.test("values outside their type are the caller's mistake", () => {
  const wrong: readonly KnownSignal[] = [
    { type: "Ping", timestamp_ms: 1.5 },
    { type: "Ping", timestamp_ms: -1 },
    { type: "Ping", timestamp_ms: NaN },
    { type: "RouteQuery", fingerprint: "f", ttl: 256 },
    { type: "Rekey", new_ephemeral_pub: new Uint8Array(31), signature: new Uint8Array(64) },
    { type: "Hangup", reason: "Gone" as "Normal", call_id: null },
    { ...state, load: -1 },
    { ...state, links: [{ relay: "s", rtt_ms: -1, loss_pct: null, legacy: false }] },
  ];
  for (const message of wrong) assert.throws(() => encodeSignal(message), RangeError);
});

Deno.test("a field that is missing or of another type does not leave as something else", () => {
  const wrong: readonly unknown[] = [
    { type: "unknown", variant: "Shout" },
    { type: "toString" },
    { type: "AuthToken" },
    { type: "AuthToken", token: 5 },
    { type: "MediaPathReport", call_id: "c", direct_ok: undefined, race_winner: "" },
    { type: "RoomUpdate", count: 0 },
    { type: "RoomUpdate", count: 1, participants: [undefined] },
    { type: "FederationProof", signature: null },
    {
      type: "FederatedSignalForward",
      inner: { type: "unknown", variant: "Shout" },
      origin_relay_fp: "79:2a",
      ext: null,
    },
  ];
  for (const message of wrong) {
    assert.throws(() => encodeSignal(message as KnownSignal), TypeError, JSON.stringify(message));
  }
});

Deno.test("an encoding error names the field", () => {
  assert.throws(() => encodeSignal({ type: "AuthToken" } as KnownSignal), {
    name: "TypeError",
    message: "Cannot encode AuthToken.token: not a string",
  });
});

Deno.test("half a surrogate pair is replaced, because originals could not read it", () => {
  assert.equal(text({ type: "AuthToken", token: "a\ud83d" }), `{"AuthToken":{"token":"a\ufffd"}}`);
});

Deno.test("a message over 1 MiB is refused with the wire error", () => {
  const room = (bytes: number): KnownSignal => ({
    type: "GlobalRoomInactive",
    room: "x".repeat(bytes - `{"GlobalRoomInactive":{"room":""}}`.length),
  });
  assert.equal(encodeSignal(room(MAX_MESSAGE_BYTES)).length, MAX_MESSAGE_BYTES);
  assert.throws(
    () => encodeSignal(room(MAX_MESSAGE_BYTES + 1)),
    (error: unknown) => error instanceof WireError && error.code === "too_large",
  );
});

Deno.test("messages of our own are written as the extensions say", () => {
  assert.equal(
    text({
      type: "RelayDraining",
      deadline_ms: 1775000000000,
      relays: ["B|192.0.2.2:4433"],
      reason: null,
    }),
    `{"RelayDraining":{"deadline_ms":1775000000000,"relays":["B|192.0.2.2:4433"]}}`,
  );
  assert.equal(text({ type: "FederationReady" }), `{"FederationReady":{}}`);
  assert.equal(
    text({ type: "FederationProof", signature: Uint8Array.of(1, 2) }),
    `{"FederationProof":{"signature":[1,2]}}`,
  );
  assert.equal(
    text({ type: "FederationChallenge", nonce: new Uint8Array(16), ext: null }),
    `{"FederationChallenge":{"nonce":[${new Uint8Array(16)}]}}`,
  );
  assert.equal(
    text({ type: "DirectoryUpdate", relay: "r", seq: 1, full: true, add: ["f"], remove: [] }),
    `{"DirectoryUpdate":{"relay":"r","seq":1,"full":true,"add":["f"],"remove":[]}}`,
  );
  assert.equal(
    text(state),
    `{"RelayState":{"relay":"r","label":"R","region":null,"addr":"192.0.2.1:4433","build":"b",` +
      `"load":0.25,"draining":false,"udp_port":null,"seq":2,` +
      `"links":[{"relay":"s","rtt_ms":12.5,"loss_pct":null,"legacy":false}]}}`,
  );
});
