/** Every flag of the client tool: what it takes, what it means, what it goes with. */
import { parseTlsFingerprint } from "../proto/certificate.ts";
import { parseFingerprint, parseSeed } from "../proto/identity.ts";
import { mnemonicToSeed } from "../proto/mnemonic.ts";
import { nodeCrypto } from "../proto/node_crypto.ts";
import { parseRoomName } from "../proto/room_name.ts";
import { ACCEPT_MODES, type Action, type Flag, QUIC_ADAPTERS, type Settings } from "./flag.ts";
import { RELAY_FLAGS } from "./relay_flags.ts";
import { NETCHECK_FLAGS, WIREGUARD_FLAGS } from "./wireguard_flags.ts";

export { ACCEPT_MODES, type Action, type Flag, QUIC_ADAPTERS, type Settings };

const MAX_COUNT = 1000;
const MAX_SECONDS = 86_400;
const CALLS: readonly Action[] = ["signal", "call"];
const SOUND: readonly Action[] = ["room", ...CALLS];
const MEDIA: readonly Action[] = ["echo-test", ...SOUND];

export const FLAGS: readonly Flag[] = [
  {
    name: "--ping",
    help: "measure how long the relay's QUIC handshake takes",
    action: "ping",
  },
  {
    name: "--version-check",
    help: "print the relay's address and build hash",
    action: "version-check",
  },
  {
    name: "--echo-test",
    value: "SECONDS",
    help: "send a tone to ourselves through the relay; measure loss, delay and level",
    action: "echo-test",
    apply: (settings, value) => settings.echoTest = seconds("--echo-test", value),
  },
  {
    name: "--signal",
    help: "register and wait for calls until stopped",
    action: "signal",
  },
  {
    name: "--call",
    value: "FINGERPRINT",
    help: "call somebody who is registered at the relay; ends with the call",
    action: "call",
    apply: (settings, value) => settings.call = fingerprint(value),
  },
  {
    name: "--accept",
    value: "HOW",
    help: "incoming calls: trusted, generic (our addresses stay secret, default) or reject",
    with: ["signal"],
    apply: (settings, value) => settings.accept = oneOf("--accept", ACCEPT_MODES, value),
  },
  {
    name: "--direct",
    help: "let calls go from client to client where both sides can; implies --accept trusted",
    with: CALLS,
    apply: (settings) => settings.direct = true,
  },
  {
    name: "--reflect",
    help: "print the address the relay sees us at",
    action: "reflect",
  },
  {
    name: "--nat",
    help: "ask all relays named for that address and judge the NAT between",
    action: "nat",
  },
  ...NETCHECK_FLAGS,
  {
    name: "--room",
    value: "NAME",
    help: "join this room (default: default; for --echo-test one of its own)",
    with: ["room", "echo-test"],
    apply: (settings, value) => settings.room = roomName(value),
  },
  {
    name: "--send-tone",
    value: "SECONDS",
    help: "send a 440 Hz tone, then leave",
    with: SOUND,
    apply: (settings, value) => settings.sendTone = seconds("--send-tone", value),
  },
  {
    name: "--send-file",
    value: "FILE",
    help: "send raw sound (signed 16 bits, little-endian, 48 kHz, mono), then leave",
    with: SOUND,
    apply: (settings, value) => settings.sendFile = value,
  },
  {
    name: "--record",
    value: "FILE",
    help: "write what is heard, in the same form; without a sender until stopped",
    with: MEDIA,
    apply: (settings, value) => settings.record = value,
  },
  {
    name: "--alias",
    value: "NAME",
    help: "what others in the room see",
    with: MEDIA,
    apply: (settings, value) => settings.alias = value,
  },
  {
    name: "--seed",
    value: "HEX",
    help: "who we are, 64 hex digits (default: somebody new every time)",
    with: MEDIA,
    apply: (settings, value) => settings.seed = parseSeed(value),
  },
  {
    name: "--mnemonic",
    value: "WORDS",
    words: true,
    help: "the same as 24 words, up to the next option",
    with: MEDIA,
    apply: (settings, value) => settings.seed = mnemonicToSeed(nodeCrypto, value),
  },
  {
    name: "--token",
    value: "TOKEN",
    help: "for relays that ask for one",
    with: [...MEDIA, "reflect", "nat", "netcheck", "wg-endpoint"],
    apply: (settings, value) => settings.token = value,
  },
  {
    name: "--metrics-file",
    value: "FILE",
    help: "append one JSON object a second",
    with: MEDIA,
    apply: (settings, value) => settings.metricsFile = value,
  },
  ...RELAY_FLAGS,
  ...WIREGUARD_FLAGS,
  {
    name: "--pin",
    value: "FINGERPRINT",
    help: "accept only the relay with this TLS fingerprint (default: any)",
    apply: (settings, value) => settings.pin = pin(value),
  },
  {
    name: "--count",
    value: "N",
    help: `how often to measure, 1 to ${MAX_COUNT} (default: 3)`,
    with: ["ping"],
    apply: (settings, value) => settings.count = count(value),
  },
  {
    name: "--quic",
    value: "NAME",
    help: `QUIC library, ${QUIC_ADAPTERS.join(" or ")}; the latter only from source`,
    apply: (settings, value) => settings.quic = oneOf("--quic", QUIC_ADAPTERS, value),
  },
  {
    name: "--json",
    help: "print JSON for scripts, for calls one object per event",
    apply: (settings) => settings.json = true,
  },
];

function seconds(flag: string, text: string): number {
  const value = /^\d{1,5}(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (value <= 0 || value > MAX_SECONDS) {
    throw new RangeError(`${flag} wants seconds, at most ${MAX_SECONDS}, not "${text}"`);
  }
  return value;
}

/** Names under which every relay answers with something else than a room. */
const SERVICES: readonly string[] = ["ping", "version", "_signal", "_probe", "_federation"];

function roomName(text: string): string {
  const result = parseRoomName(text);
  if (!result.ok) throw new RangeError(result.problem);
  if (SERVICES.includes(result.name)) {
    throw new RangeError(`--room cannot be "${result.name}", which is a service of the relay`);
  }
  return result.name;
}

function pin(text: string): Uint8Array {
  try {
    return parseTlsFingerprint(text);
  } catch {
    throw new RangeError("--pin wants a TLS fingerprint, 64 hex digits with or without colons");
  }
}

function count(text: string): number {
  const value = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > MAX_COUNT) {
    throw new RangeError(`--count wants 1 to ${MAX_COUNT}, not "${text}"`);
  }
  return value;
}

function oneOf<T extends string>(flag: string, known: readonly T[], text: string): T {
  const found = known.find((name) => name === text);
  if (found === undefined) {
    throw new RangeError(`${flag} wants ${known.join(" or ")}, not "${text}"`);
  }
  return found;
}

function fingerprint(text: string): string {
  try {
    return parseFingerprint(text);
  } catch {
    throw new RangeError("--call wants a fingerprint, 32 hex digits with or without colons");
  }
}
