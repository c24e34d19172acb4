/** Runs inside the page: computes with `proto/` what the test compares with the known vectors. */
import {
  certificatePublicKey,
  normalizeTlsFingerprint,
  tlsSecret,
} from "../../proto/certificate.ts";
import { WireError } from "../../proto/errors.ts";
import { certificateMatches, federationTranscript } from "../../proto/federation_proof.ts";
import { fingerprintOf, formatSeed, parseSeed, signingSecret } from "../../proto/identity.ts";
import { decodeMedia, encodeMedia } from "../../proto/media_packet.ts";
import { mnemonicToSeed, seedToMnemonic } from "../../proto/mnemonic.ts";
import { presenceTranscript } from "../../proto/presence_signature.ts";
import { ReplayWindow } from "../../proto/replay_window.ts";
import { rekeyedSessionKey, sessionId, sessionKey, sessionSas } from "../../proto/session.ts";
import { decodeSignal, encodeFrame, FrameReader } from "../../proto/signal/mod.ts";
import { sha256Crypto as crypto } from "./sha256_crypto.ts";

/** What the page is given: hex text, since arguments of a page travel as JSON. */
export interface ProtoInput {
  readonly seed: string;
  readonly identityPublic: string;
  readonly certificate: string;
  readonly tlsFingerprint: string;
  readonly shared: string;
  readonly rekeyShared: string;
  /** One signal as it goes over a stream. */
  readonly frame: string;
  /** Media packets as they go in datagrams. */
  readonly packets: readonly string[];
}

/** The results by name, in hex or text. */
export function runProtoChecks(input: ProtoInput): Record<string, string> {
  const hex = (text: string) => Uint8Array.fromHex(text);
  const seed = parseSeed(input.seed);
  const certificate = hex(input.certificate);
  const fingerprint = hex(input.tlsFingerprint);
  const key = sessionKey(crypto, hex(input.shared));
  const window = new ReplayWindow();
  const json = new FrameReader().push(hex(input.frame));
  const signal = json === null ? null : decodeSignal(json);
  const packets = input.packets.map((packet) => decodeMedia(hex(packet)));
  return {
    seed: formatSeed(seed),
    signingSecret: signingSecret(crypto, seed).toHex(),
    tlsSecret: tlsSecret(crypto, seed).toHex(),
    fingerprint: fingerprintOf(crypto, hex(input.identityPublic)),
    mnemonic: seedToMnemonic(crypto, new Uint8Array(32)),
    mnemonicBack: mnemonicToSeed(crypto, seedToMnemonic(crypto, seed)).toHex(),
    certificateKey: certificatePublicKey(certificate).toHex(),
    certificateMatches: String(certificateMatches(crypto, certificate, fingerprint)),
    tlsFingerprint: normalizeTlsFingerprint(input.tlsFingerprint),
    sessionKey: key.toHex(),
    sessionId: sessionId(crypto, key).toHex(),
    sas: sessionSas(crypto, hex(input.shared)),
    rekeyed: rekeyedSessionKey(crypto, key, hex(input.rekeyShared)).toHex(),
    federation: federationTranscript(crypto, {
      diallerFingerprint: fingerprint,
      acceptorFingerprint: seed,
      diallerNonce: seed.slice(0, 16),
      acceptorNonce: fingerprint.slice(0, 16),
    }).toHex(),
    presence: presenceTranscript({
      identityPublic: hex(input.identityPublic),
      issuedAt: 1_800_000_000_000,
      nonce: seed.slice(0, 16),
    }, fingerprint).toHex(),
    replay: [65_535, 0, 65_535, 0, 2].map((seq) => window.accept(seq)).join(),
    signal: JSON.stringify(signal),
    frame: signal === null || signal.type === "unknown" ? "" : encodeFrame(signal).toHex(),
    packets: packets.map(({ codec, seq, timestamp, repair, quality }) =>
      `${codec} ${seq} ${timestamp} ${repair} ${quality !== null}`
    ).join(", "),
    packetsBack: packets.map((packet) => encodeMedia(packet).toHex()).join(),
    badSeed: errorCode(() => parseSeed("nonsense")),
  };
}

function errorCode(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return error instanceof WireError ? error.code : String(error);
  }
  return "none";
}
