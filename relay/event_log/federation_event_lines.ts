/** Federation events under the names and with the keys of the original. */
import {
  codecOf,
  fecBlockOf,
  fecSymbolOf,
  isRepair,
  payloadLengthOf,
  seqOf,
} from "../../proto/media_header.ts";
import type { FederationEvents } from "../ports/federation_events.ts";
import type { WriteEvent } from "./room_events.ts";

export function federationEvents(write: WriteEvent): FederationEvents {
  return {
    malformed: (len) => write("federation_ingress_malformed", { len }),
    ingress: (bytes, at, peer) =>
      write("federation_ingress", {
        seq: seqOf(bytes, at),
        codec: codecOf(bytes, at),
        fec_block: fecBlockOf(bytes, at),
        fec_sym: fecSymbolOf(bytes, at),
        repair: isRepair(bytes, at),
        len: payloadLengthOf(bytes, at),
        peer,
      }),
    duplicate: (seq, peer) => write("dedup_drop", { seq, peer }),
    roomNotFound: (seq, peer) => write("room_not_found", { seq, peer }),
    rateLimited: (room, seq) => write("rate_limit_drop", { room, seq }),
    deliverError: (room, seq, reason) => write("local_deliver_error", { room, seq, reason }),
    delivered: (room, seq, receivers) => write("local_deliver", { room, seq, to_count: receivers }),
  };
}
