import assert from "node:assert/strict";
import { decodeSignal } from "./decode.ts";
import { encodeSignal } from "./encode.ts";
import { EXTENSION_MESSAGES } from "./extension_messages.ts";
import { ORIGINAL_MESSAGES } from "./messages.ts";
import { PROFILES } from "../codec.ts";
import { isOriginal, type KnownSignal, VARIANTS } from "./signal.ts";

const KEY = Uint8Array.from({ length: 32 }, (_, i) => 163 - i);
const EPHEMERAL = Uint8Array.from({ length: 32 }, (_, i) => 224 + i);
const SIGNATURE = Uint8Array.from({ length: 64 }, (_, i) => 170 + i);
const ZEROS = new Uint8Array(32);
const NONE = new Uint8Array(0);

const key = `[${KEY}]`;
const ephemeral = `[${EPHEMERAL}]`;
const signature = `[${SIGNATURE}]`;
const good = `{"codec":"Opus24k","fec_ratio":0.2,"frame_duration_ms":20,"frames_per_block":5}`;
const degraded = `{"codec":"Opus6k","fec_ratio":0.5,"frame_duration_ms":40,"frames_per_block":10}`;
const studio = `{"codec":"Opus64k","fec_ratio":0.1,"frame_duration_ms":20,"frames_per_block":5}`;
const FP = "518e:b935:62fa:9e34:e59c:28b6:7fc2:d384";

/** The protocol's examples: exact output of an original, and the message it stands for. */
const examples: readonly (readonly [string, KnownSignal])[] = [
  [
    `{"CallOffer":{"identity_pub":${key},"ephemeral_pub":${ephemeral},"signature":${signature},"supported_profiles":[${studio}],"alias":"Alice"}}`,
    {
      type: "CallOffer",
      identity_pub: KEY,
      ephemeral_pub: EPHEMERAL,
      signature: SIGNATURE,
      supported_profiles: [PROFILES.STUDIO_64K],
      alias: "Alice",
      ext: null,
    },
  ],
  [
    `{"CallAnswer":{"identity_pub":${key},"ephemeral_pub":${ephemeral},"signature":${signature},"chosen_profile":${good}}}`,
    {
      type: "CallAnswer",
      identity_pub: KEY,
      ephemeral_pub: EPHEMERAL,
      signature: SIGNATURE,
      chosen_profile: PROFILES.GOOD,
      ext: null,
    },
  ],
  [
    `{"IceCandidate":{"candidate":"candidate:1 1 UDP 2130706431 10.0.0.1 5000 typ host"}}`,
    { type: "IceCandidate", candidate: "candidate:1 1 UDP 2130706431 10.0.0.1 5000 typ host" },
  ],
  [
    `{"Rekey":{"new_ephemeral_pub":${ephemeral},"signature":${signature}}}`,
    { type: "Rekey", new_ephemeral_pub: EPHEMERAL, signature: SIGNATURE },
  ],
  [
    `{"QualityUpdate":{"report":{"loss_pct":25,"rtt_4ms":25,"jitter_ms":20,"bitrate_cap_kbps":200},"recommended_profile":${degraded}}}`,
    {
      type: "QualityUpdate",
      report: { loss_pct: 25, rtt_4ms: 25, jitter_ms: 20, bitrate_cap_kbps: 200 },
      recommended_profile: PROFILES.DEGRADED,
    },
  ],
  [
    `{"LossRecoveryUpdate":{"dred_reconstructions":10,"classical_plc_invocations":2,"frames_decoded":500}}`,
    {
      type: "LossRecoveryUpdate",
      dred_reconstructions: 10,
      classical_plc_invocations: 2,
      frames_decoded: 500,
    },
  ],
  [`{"Ping":{"timestamp_ms":1775000000000}}`, { type: "Ping", timestamp_ms: 1775000000000 }],
  [`{"Pong":{"timestamp_ms":1775000000000}}`, { type: "Pong", timestamp_ms: 1775000000000 }],
  [`{"Hangup":{"reason":"Normal"}}`, { type: "Hangup", reason: "Normal", call_id: null }],
  [
    `{"Hangup":{"reason":"Normal","call_id":"18a5f2c3d4e5f607"}}`,
    { type: "Hangup", reason: "Normal", call_id: "18a5f2c3d4e5f607" },
  ],
  [`{"AuthToken":{"token":"eyJ..."}}`, { type: "AuthToken", token: "eyJ..." }],
  [`"Hold"`, { type: "Hold" }],
  [`"Unhold"`, { type: "Unhold" }],
  [`"Mute"`, { type: "Mute" }],
  [`"Unmute"`, { type: "Unmute" }],
  [
    `{"Transfer":{"target_fingerprint":"${FP}","relay_addr":null}}`,
    { type: "Transfer", target_fingerprint: FP, relay_addr: null },
  ],
  [`"TransferAck"`, { type: "TransferAck" }],
  [
    `{"PresenceUpdate":{"fingerprints":["${FP}"],"relay_addr":"10.0.0.1:4433"}}`,
    { type: "PresenceUpdate", fingerprints: [FP], relay_addr: "10.0.0.1:4433" },
  ],
  [
    `{"RouteQuery":{"fingerprint":"518e:...","ttl":3}}`,
    { type: "RouteQuery", fingerprint: "518e:...", ttl: 3 },
  ],
  [
    `{"RouteResponse":{"fingerprint":"518e:...","found":true,"relay_chain":["10.0.0.1:4433","10.0.0.2:4433"]}}`,
    {
      type: "RouteResponse",
      fingerprint: "518e:...",
      found: true,
      relay_chain: ["10.0.0.1:4433", "10.0.0.2:4433"],
    },
  ],
  [
    `{"SessionForward":{"session_id":"abcd1234","target_fingerprint":"518e:...","source_relay":"10.0.0.1:4433"}}`,
    {
      type: "SessionForward",
      session_id: "abcd1234",
      target_fingerprint: "518e:...",
      source_relay: "10.0.0.1:4433",
    },
  ],
  [
    `{"SessionForwardAck":{"session_id":"abcd1234","room_name":"relay-room-42"}}`,
    { type: "SessionForwardAck", session_id: "abcd1234", room_name: "relay-room-42" },
  ],
  [
    `{"RoomUpdate":{"count":2,"participants":[{"fingerprint":"518e:...","alias":"Alice","relay_label":null},{"fingerprint":"27ba:...","alias":null,"relay_label":"Relay B"}]}}`,
    {
      type: "RoomUpdate",
      count: 2,
      participants: [
        { fingerprint: "518e:...", alias: "Alice", relay_label: null },
        { fingerprint: "27ba:...", alias: null, relay_label: "Relay B" },
      ],
    },
  ],
  [
    `{"QualityDirective":{"recommended_profile":${degraded},"reason":"weakest link: Degraded"}}`,
    {
      type: "QualityDirective",
      recommended_profile: PROFILES.DEGRADED,
      reason: "weakest link: Degraded",
    },
  ],
  [
    `{"FederationHello":{"tls_fingerprint":"79:2a:11:fe:..."}}`,
    { type: "FederationHello", tls_fingerprint: "79:2a:11:fe:...", ext: null },
  ],
  [
    `{"GlobalRoomActive":{"room":"general","participants":[{"fingerprint":"518e:...","alias":"Alice","relay_label":null}]}}`,
    {
      type: "GlobalRoomActive",
      room: "general",
      participants: [{ fingerprint: "518e:...", alias: "Alice", relay_label: null }],
    },
  ],
  [
    `{"GlobalRoomInactive":{"room":"general"}}`,
    { type: "GlobalRoomInactive", room: "general" },
  ],
  [
    `{"FederatedSignalForward":{"inner":{"CallRinging":{"call_id":"c1"}},"origin_relay_fp":"79:2a:11:..."}}`,
    {
      type: "FederatedSignalForward",
      inner: { type: "CallRinging", call_id: "c1" },
      origin_relay_fp: "79:2a:11:...",
      ext: null,
    },
  ],
  [
    `{"RegisterPresence":{"identity_pub":${key},"signature":[],"alias":null}}`,
    { type: "RegisterPresence", identity_pub: KEY, signature: NONE, alias: null, ext: null },
  ],
  [
    `{"RegisterPresenceAck":{"success":true,"relay_build":"9377a90"}}`,
    {
      type: "RegisterPresenceAck",
      success: true,
      error: null,
      relay_build: "9377a90",
      relay_region: null,
      available_relays: [],
      ext: null,
    },
  ],
  [
    `{"RegisterPresenceAck":{"success":true,"relay_build":"9377a90","relay_region":"us-east","available_relays":["Relay B|10.0.0.2:4433"]}}`,
    {
      type: "RegisterPresenceAck",
      success: true,
      error: null,
      relay_build: "9377a90",
      relay_region: "us-east",
      available_relays: ["Relay B|10.0.0.2:4433"],
      ext: null,
    },
  ],
  [
    `{"DirectCallOffer":{"caller_fingerprint":"518e:...","caller_alias":null,"target_fingerprint":"27ba:...","call_id":"18a5f2c3d4e5f607","identity_pub":${key},"ephemeral_pub":[${ZEROS}],"signature":[],"supported_profiles":[${good}],"caller_reflexive_addr":"192.0.2.1:40001","caller_local_addrs":["192.168.1.5:40001"],"caller_build_version":"9377a90"}}`,
    {
      type: "DirectCallOffer",
      caller_fingerprint: "518e:...",
      caller_alias: null,
      target_fingerprint: "27ba:...",
      call_id: "18a5f2c3d4e5f607",
      identity_pub: KEY,
      ephemeral_pub: ZEROS,
      signature: NONE,
      supported_profiles: [PROFILES.GOOD],
      caller_reflexive_addr: "192.0.2.1:40001",
      caller_local_addrs: ["192.168.1.5:40001"],
      caller_build_version: "9377a90",
      ext: null,
    },
  ],
  [
    `{"DirectCallAnswer":{"call_id":"18a5f2c3d4e5f607","accept_mode":"AcceptGeneric","identity_pub":${key},"chosen_profile":${good}}}`,
    {
      type: "DirectCallAnswer",
      call_id: "18a5f2c3d4e5f607",
      accept_mode: "AcceptGeneric",
      identity_pub: KEY,
      ephemeral_pub: null,
      signature: null,
      chosen_profile: PROFILES.GOOD,
      callee_reflexive_addr: null,
      callee_local_addrs: [],
      callee_build_version: null,
      ext: null,
    },
  ],
  [
    `{"DirectCallAnswer":{"call_id":"18a5f2c3d4e5f607","accept_mode":"Reject"}}`,
    {
      type: "DirectCallAnswer",
      call_id: "18a5f2c3d4e5f607",
      accept_mode: "Reject",
      identity_pub: null,
      ephemeral_pub: null,
      signature: null,
      chosen_profile: null,
      callee_reflexive_addr: null,
      callee_local_addrs: [],
      callee_build_version: null,
      ext: null,
    },
  ],
  [
    `{"CallSetup":{"call_id":"18a5f2c3d4e5f607","room":"call-18a5f2c3d4e5f607","relay_addr":"203.0.113.5:4433","peer_direct_addr":"192.0.2.1:40001","peer_local_addrs":["192.168.1.5:40001"]}}`,
    {
      type: "CallSetup",
      call_id: "18a5f2c3d4e5f607",
      room: "call-18a5f2c3d4e5f607",
      relay_addr: "203.0.113.5:4433",
      peer_direct_addr: "192.0.2.1:40001",
      peer_local_addrs: ["192.168.1.5:40001"],
      ext: null,
    },
  ],
  [
    `{"CallRinging":{"call_id":"18a5f2c3d4e5f607"}}`,
    { type: "CallRinging", call_id: "18a5f2c3d4e5f607" },
  ],
  [`"Reflect"`, { type: "Reflect" }],
  [
    `{"ReflectResponse":{"observed_addr":"192.0.2.1:40001"}}`,
    { type: "ReflectResponse", observed_addr: "192.0.2.1:40001" },
  ],
  [
    `{"MediaPathReport":{"call_id":"18a5f2c3d4e5f607","direct_ok":true,"race_winner":"Direct"}}`,
    {
      type: "MediaPathReport",
      call_id: "18a5f2c3d4e5f607",
      direct_ok: true,
      race_winner: "Direct",
    },
  ],
];

for (const [json, message] of examples) {
  Deno.test(`the ${message.type} example is read and written exactly: ${json.slice(0, 60)}`, () => {
    assert.deepEqual(decodeSignal(new TextEncoder().encode(json)), message);
    assert.equal(new TextDecoder().decode(encodeSignal(message)), json);
  });
}

Deno.test("every original message has an example", () => {
  const shown = new Set<string>(examples.map(([, message]) => message.type));
  assert.deepEqual(Object.keys(ORIGINAL_MESSAGES).filter((name) => !shown.has(name)), []);
});

Deno.test("the original messages are 36, in the protocol's order", () => {
  assert.deepEqual(Object.keys(ORIGINAL_MESSAGES), [
    ...["CallOffer", "CallAnswer", "IceCandidate", "Rekey", "QualityUpdate", "LossRecoveryUpdate"],
    ...["Ping", "Pong", "Hangup", "AuthToken", "Hold", "Unhold", "Mute", "Unmute", "Transfer"],
    ...["TransferAck", "PresenceUpdate", "RouteQuery", "RouteResponse", "SessionForward"],
    ...["SessionForwardAck", "RoomUpdate", "FederationHello", "GlobalRoomActive"],
    ...["GlobalRoomInactive", "RegisterPresence", "RegisterPresenceAck", "DirectCallOffer"],
    ...["DirectCallAnswer", "CallSetup", "CallRinging", "Reflect", "ReflectResponse"],
    ...["MediaPathReport", "FederatedSignalForward", "QualityDirective"],
  ]);
  assert.equal(Object.keys(ORIGINAL_MESSAGES).length, 36);
});

Deno.test("messages of our own are kept apart from those an original understands", () => {
  const own = [
    ...["RelayDraining", "FederationChallenge", "FederationProof", "FederationReady"],
    ...[
      "DirectoryUpdate",
      "RelayState",
      "RoomState",
      "SharedRooms",
      "CallPlace",
      "CallPlaced",
      "CallUnplace",
      "CallParties",
    ],
  ];
  assert.deepEqual(Object.keys(EXTENSION_MESSAGES), own);
  assert.deepEqual([...VARIANTS.keys()].filter((name) => !isOriginal(name)), own);
  assert.equal(isOriginal("toString"), false);
});

Deno.test("no field is named like the discriminator", () => {
  for (const variant of VARIANTS.values()) {
    if (variant !== "unit") assert.ok(!("type" in variant.fields));
  }
});
