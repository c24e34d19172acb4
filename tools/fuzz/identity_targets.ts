/** Fuzz targets for what people and peers say of identities: seeds, words, fingerprints, certificates. */
import {
  certificatePublicKey,
  parseTlsFingerprint,
  RelayCertificate,
} from "../../proto/certificate.ts";
import { formatTlsFingerprint } from "../../proto/certificate.ts";
import { formatSeed, parseFingerprint, parseSeed } from "../../proto/identity.ts";
import { mnemonicToSeed, seedToMnemonic } from "../../proto/mnemonic.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { decoderTarget, ensure, type FuzzTarget, textTarget } from "./target.ts";

const seed = new Uint8Array(32).fill(0x42);
const certificate = new RelayCertificate(nodeCrypto, seed);

export const identityTargets: readonly FuzzTarget[] = [
  textTarget("seed", [formatSeed(seed)], parseSeed, (value) => {
    ensure(value.length === 32, "a seed has 32 bytes");
    return "ok";
  }),
  textTarget(
    "mnemonic",
    [seedToMnemonic(nodeCrypto, seed)],
    (text) => mnemonicToSeed(nodeCrypto, text),
    (value) => {
      ensure(value.length === 32, "a seed has 32 bytes");
      return "ok";
    },
  ),
  textTarget("fingerprint", ["518e:b935:62fa:9e34:e59c:28b6:7fc2:d384"], parseFingerprint, (fp) => {
    ensure(parseFingerprint(fp) === fp, "a fingerprint is spelled in one way");
    return "ok";
  }),
  textTarget("tls-fingerprint", [certificate.fingerprint], parseTlsFingerprint, (bytes) => {
    ensure(formatTlsFingerprint(bytes).length === 95, "a TLS fingerprint has 95 characters");
    return "ok";
  }),
  decoderTarget(
    "certificate",
    () => [certificate.der],
    certificatePublicKey,
    (publicKey) => {
      ensure(publicKey.length === 32, "an Ed25519 key has 32 bytes");
      return "ok";
    },
  ),
];
