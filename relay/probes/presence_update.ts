/** Makes the message that tells another relay who is here. */
import { formatSocketAddress, type SocketAddress } from "../../proto/socket_address.ts";
import type { SignalOf } from "../../proto/signal/mod.ts";

/** Below the largest message of 1 MiB, with room for what JSON adds around the names. */
const MAX_NAME_BYTES = 900 * 1024;
/** Quotes and a comma around each name. */
const AROUND_NAME = 3;

/** As many of the names as fit one message; 20,000 of the usual length do. */
export function presenceUpdate(
  fingerprints: Iterable<string>,
  ownAddress: SocketAddress,
): SignalOf<"PresenceUpdate"> {
  const fitting: string[] = [];
  let bytes = 0;
  for (const fingerprint of fingerprints) {
    bytes += new TextEncoder().encode(JSON.stringify(fingerprint)).length + AROUND_NAME;
    if (bytes > MAX_NAME_BYTES) break;
    fitting.push(fingerprint);
  }
  return {
    type: "PresenceUpdate",
    fingerprints: fitting,
    relay_addr: formatSocketAddress(ownAddress),
  };
}
