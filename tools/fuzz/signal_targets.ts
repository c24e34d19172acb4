/** Fuzz targets for signal messages and the frame around them. */
import { decodeSignal, encodeFrame, encodeSignal, FrameReader } from "../../proto/signal/mod.ts";
import type { KnownSignal, Signal } from "../../proto/signal/mod.ts";
import { decoderTarget, ensure, type FuzzTarget, sameBytes } from "./target.ts";

const profile = '{"codec":"Opus24k","fec_ratio":0.2,"frame_duration_ms":20,"frames_per_block":5}';
const key = JSON.stringify(new Array(32).fill(7));

/** Between them: every kind of field, both unit forms, nesting, ext and a variant nobody knows. */
const messages = [
  '"Reflect"',
  '{"Hold":null}',
  '{"Ping":{"timestamp_ms":12345}}',
  '{"RegisterPresenceAck":{"success":true,"relay_build":"9377a90"}}',
  `{"RegisterPresence":{"identity_pub":${key},"signature":[],"alias":null,"ext":{"v":1,"caps":["echo"]}}}`,
  `{"QualityDirective":{"recommended_profile":${profile},"reason":"weakest link: Good"}}`,
  '{"RoomUpdate":{"count":1,"participants":[{"fingerprint":"518e:b935","alias":null,"relay_label":null}]}}',
  '{"Hangup":{"reason":"Normal","call_id":"18a5f2c3d4e5f607"}}',
  '{"FederatedSignalForward":{"inner":{"CallRinging":{"call_id":"1"}},"origin_relay_fp":"79:2a"}}',
  '{"NotYetInvented":{"a":[1,2,{"b":"c"}]}}',
];

const encode = (text: string) => new TextEncoder().encode(text);

/** Whatever decodes can be sent on, and means the same afterwards. */
function describeSignal(signal: Signal): string {
  if (hasUnknown(signal)) return "ok unknown";
  const json = encodeSignal(signal as KnownSignal);
  const again = encodeSignal(decodeSignal(json) as KnownSignal);
  ensure(sameBytes(json, again), "a message survives decoding and encoding");
  return `ok ${signal.type}`;
}

function hasUnknown(signal: Signal): boolean {
  if (signal.type === "unknown") return true;
  return signal.type === "FederatedSignalForward" && hasUnknown(signal.inner);
}

/** Each input arrives in two chunks, split where its first byte says. */
const frame = decoderTarget(
  "signal-frame",
  () =>
    messages.slice(0, 3).map((text) => {
      const message = encodeFrame(decodeSignal(encode(text)) as KnownSignal);
      return Uint8Array.of(5, ...message);
    }),
  (bytes) => {
    const split = 1 + (bytes[0] ?? 0);
    const reader = new FrameReader();
    const json = reader.push(bytes.subarray(1, split)) ?? reader.push(bytes.subarray(split));
    reader.end();
    return json;
  },
  (json) => `ok ${json === null ? "" : Math.min(json.length, 64)}`,
);

export const signalTargets: readonly FuzzTarget[] = [
  decoderTarget("signal", () => messages.map(encode), decodeSignal, describeSignal),
  frame,
];
