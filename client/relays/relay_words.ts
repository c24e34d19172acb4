/** Relays as a user writes them: `[name=]host[:port][#TLS fingerprint]`, several with commas between. */
import { parseTlsFingerprint } from "../../proto/certificate.ts";
import { parseRelayAddress } from "../relay_address.ts";
import { MAX_RELAYS } from "./known_relay.ts";

export interface RelayWord {
  /** What it is called; the address when it has no name. */
  readonly name: string;
  /** `host` or `host:port`, not yet looked up. */
  readonly where: string;
  readonly pin: Uint8Array | null;
}

const MAX_NAME = 64;

/** Throws with one sentence, without its full stop. */
export function parseRelayWords(text: string): RelayWord[] {
  const words = text.split(",").map((word) => word.trim()).filter((word) => word !== "");
  if (words.length === 0) throw new RangeError("--relays wants at least one relay");
  if (words.length > MAX_RELAYS) {
    throw new RangeError(`--relays takes at most ${MAX_RELAYS}, not ${words.length}`);
  }
  return words.map(parseRelayWord);
}

export function parseRelayWord(word: string): RelayWord {
  const [, name, where = "", hash] = /^(?:([^=]*)=)?([^#]*)(?:#(.*))?$/s.exec(word) ?? [];
  if (name !== undefined && (name === "" || name.length > MAX_NAME || /[\p{C}|]/u.test(name))) {
    throw new RangeError(`"${word}" has no usable name before its "="`);
  }
  try {
    parseRelayAddress(where);
  } catch {
    throw new RangeError(
      `"${where}" is no relay address; give [name=]host:port[#TLS fingerprint], for example 127.0.0.1:4433`,
    );
  }
  return { name: name ?? where, where, pin: hash === undefined ? null : pinOf(hash, word) };
}

function pinOf(text: string, word: string): Uint8Array {
  try {
    return parseTlsFingerprint(text);
  } catch {
    throw new RangeError(
      `"${word}" does not end in a TLS fingerprint, 64 hex digits with or without colons`,
    );
  }
}
