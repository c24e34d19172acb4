/** Other relays as configuration values: their fingerprints, their labels, and that no two are mixed up. */
import { formatTlsFingerprint, parseTlsFingerprint } from "../../proto/certificate.ts";
import { WireError } from "../../proto/errors.ts";
import { formatHostAddress, hostAddress } from "./host_address.ts";
import { printable } from "./sentences.ts";
import {
  boolean,
  list,
  optional,
  type Problem,
  table,
  textual,
  type ValueType,
  wrong,
} from "./value_types.ts";

/** While a relay changes its certificate it has two; more than this is no change any more. */
const MAX_FINGERPRINTS = 8;
const MAX_LABEL = 64;
/** As the original cuts a fingerprint that has to stand for a label. */
const SHORT_FINGERPRINT = 16;

const ONE_FINGERPRINT =
  'the tls_fingerprint another relay logs when it starts, 32 pairs of hex digits such as "79:2a:..."';
const FINGERPRINT = `${ONE_FINGERPRINT}, or a list of them`;
const LABEL = `text of at most ${MAX_LABEL} characters, not empty and without "|"`;

/** One TLS fingerprint, or several of one relay; 64 lower-case hex digits each. */
export const tlsFingerprints: ValueType<readonly string[]> = {
  shape: "fingerprint",
  expected: FINGERPRINT,
  read(raw) {
    const texts: readonly unknown[] = Array.isArray(raw) ? raw : [raw];
    if (texts.length === 0 || texts.length > MAX_FINGERPRINTS) return wrong(FINGERPRINT, raw);
    const value: string[] = [];
    for (const [index, text] of texts.entries()) {
      const path = Array.isArray(raw) ? [index] : [];
      const hex = typeof text === "string" ? hexOf(text) : null;
      if (hex === null) {
        return { problems: [{ path, text: `must be ${FINGERPRINT}`, got: text }] };
      }
      if (value.includes(hex)) return { problems: [{ path, text: "stands there twice" }] };
      value.push(hex);
    }
    return { value };
  },
  fromText: (text) => text,
  raw(value) {
    const texts = value.map((hex) => formatTlsFingerprint(Uint8Array.fromHex(hex)));
    return texts.length === 1 ? texts[0]! : texts;
  },
};

/** One TLS fingerprint, 64 lower-case hex digits. */
export const relayFingerprint: ValueType<string> = textual({
  shape: "fingerprint",
  expected: ONE_FINGERPRINT,
  read(raw) {
    const hex = typeof raw === "string" ? hexOf(raw) : null;
    return hex === null ? wrong(ONE_FINGERPRINT, raw) : { value: hex };
  },
  raw: (value) => formatTlsFingerprint(Uint8Array.fromHex(value)),
});

function hexOf(text: string): string | null {
  try {
    return parseTlsFingerprint(text).toHex();
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

/** What a relay is called in logs, metrics and lists of participants; relay lists separate by `|`. */
export const relayLabel: ValueType<string> = textual({
  shape: "label",
  expected: LABEL,
  read(raw) {
    const good = typeof raw === "string" && raw.trim() !== "" && raw.length <= MAX_LABEL &&
      !raw.includes("|") && raw.isWellFormed() && printable(raw) === raw;
    return good ? { value: raw } : wrong(LABEL, raw);
  },
  raw: (value) => value,
});

const common = {
  fingerprint: tlsFingerprints,
  label: optional(relayLabel),
  allow_legacy: optional(boolean),
};

const peer = table({ url: hostAddress, ...common });
const trusted = table(common);

type Value<T> = T extends ValueType<infer V> ? V : never;
export type PeerEntry = Value<typeof peer>;
export type TrustedEntry = Value<typeof trusted>;

/** Relays to dial. */
export const peerList: ValueType<readonly PeerEntry[]> = unmixed(list(peer), urlOf);

/** Relays to accept. */
export const trustedList: ValueType<readonly TrustedEntry[]> = unmixed(list(trusted), shortOf);

/** A list in which no two entries share a fingerprint or, with `standIn` for one that is missing, a label. */
function unmixed<E extends TrustedEntry>(
  type: ValueType<readonly E[]>,
  standIn: (entry: E) => string,
): ValueType<readonly E[]> {
  return {
    ...type,
    read(raw) {
      const reading = type.read(raw);
      if (!("value" in reading)) return reading;
      const problems: Problem[] = [];
      const labels = new Map<string, number>();
      const fingerprints = new Map<string, number>();
      for (const [index, entry] of reading.value.entries()) {
        const label = entry.label ?? standIn(entry);
        const sameLabel = labels.get(label);
        if (sameLabel !== undefined) {
          const text = `is ${JSON.stringify(label)}, as that of [${sameLabel}]`;
          problems.push({ path: [index, "label"], text });
        }
        labels.set(label, index);
        for (const hex of entry.fingerprint) {
          const same = fingerprints.get(hex);
          if (same !== undefined) {
            problems.push({ path: [index, "fingerprint"], text: `is also that of [${same}]` });
          }
          fingerprints.set(hex, index);
        }
      }
      return problems.length > 0 ? { problems } : reading;
    },
  };
}

/**
 * The labels in force, by place in either list. An entry of each list with a common fingerprint means one relay: the
 * label of either counts for both.
 */
export function relayLabels(
  peers: readonly PeerEntry[],
  trusted: readonly TrustedEntry[],
): { peers: readonly string[]; trusted: readonly string[] } {
  const ofPeers = peers.map((entry) =>
    entry.label ?? trusted.find((other) => isSame(entry, other))?.label ?? urlOf(entry)
  );
  const ofTrusted = trusted.map((entry) => {
    const same = peers.findIndex((other) => isSame(entry, other));
    return entry.label ?? ofPeers[same] ?? shortOf(entry);
  });
  return { peers: ofPeers, trusted: ofTrusted };
}

/** What is wrong with the relays to accept beside those to dial. */
export function mixedUp(
  peers: readonly PeerEntry[],
  trusted: readonly TrustedEntry[],
): readonly Problem[] {
  const labels = relayLabels(peers, trusted);
  const problems: Problem[] = [];
  for (const [index, entry] of trusted.entries()) {
    const label = labels.trusted[index]!;
    const text = JSON.stringify(label);
    const [same, other] = [...peers.keys()].filter((place) => isSame(entry, peers[place]!));
    if (other !== undefined) {
      const text = `belongs to peers[${same}] and to peers[${other}]`;
      problems.push({ path: [index, "fingerprint"], text });
    } else if (same !== undefined && labels.peers[same] !== label) {
      const due = JSON.stringify(labels.peers[same]);
      const why = `must be ${due}, as in peers[${same}] with the same fingerprint`;
      problems.push({ path: [index, "label"], text: why, got: label });
    }
    const namesake = labels.peers.findIndex((at, place) => at === label && place !== same);
    const twin = labels.trusted.indexOf(label);
    if (namesake >= 0) {
      const why = `is ${text}, as that of peers[${namesake}], which has another fingerprint`;
      problems.push({ path: [index, "label"], text: why });
    } else if (twin < index) {
      problems.push({ path: [index, "label"], text: `is ${text}, as that of [${twin}]` });
    }
  }
  return problems;
}

function isSame(a: TrustedEntry, b: TrustedEntry): boolean {
  return a.fingerprint.some((hex) => b.fingerprint.includes(hex));
}

function urlOf(entry: PeerEntry): string {
  return formatHostAddress(entry.url);
}

function shortOf({ fingerprint }: TrustedEntry): string {
  return formatTlsFingerprint(Uint8Array.fromHex(fingerprint[0]!)).slice(0, SHORT_FINGERPRINT);
}
