/** For tests: records of relays as a registry has them, signed by a key made up for each. */
import { nodeCrypto } from "../../proto/node_crypto.ts";
import {
  recordTranscript,
  type RelayRecord,
  type RelayStatement,
} from "../../proto/registry_record.ts";

/** A record with a good signature. */
export function signedRecord(
  relay: Partial<RelayStatement> & Pick<RelayStatement, "addr">,
): RelayRecord {
  const seed = nodeCrypto.random(32);
  const statement: RelayStatement = {
    name: relay.addr,
    region: "",
    capacity: 100,
    load: 0,
    draining: false,
    tls_fingerprint: "ab".repeat(32),
    udp_port: null,
    issued_at: 1_775_000_000_000,
    nonce: nodeCrypto.random(16).toHex(),
    ...relay,
  };
  return {
    ...statement,
    public_key: nodeCrypto.ed25519Public(seed).toHex(),
    signature: nodeCrypto.ed25519Sign(seed, recordTranscript(statement)).toHex(),
  };
}
