/** A relay that has shown that it holds the key of its certificate, and what it says of itself. */
import { parseSocketAddress } from "../../proto/socket_address.ts";
import type { RelayDescription, RelayKey } from "../link.ts";
import type { RelayExt } from "./own_relay.ts";

export interface ProvenRelay {
  readonly key: RelayKey;
  /** The same, raw 32 bytes. */
  readonly fingerprint: Uint8Array;
  /** Null when it said nothing. */
  readonly ext: RelayExt | null;
}

/** Longest text that is kept of what a relay calls itself, its region, build and life. */
const MAX_TEXT = 64;

/** What a relay said, as far as it is fit to be shown: names may become labels, in which `|` separates. */
export function describe(ext: RelayExt | null): RelayDescription {
  const address = parseSocketAddress(ext?.advertised_addr ?? "");
  return {
    name: presentable(ext?.name),
    region: presentable(ext?.region),
    advertisedAddress: address === null || address.port === 0 ? null : address,
    build: presentable(ext?.build),
    instance: presentable(ext?.instance),
  };
}

function presentable(text: string | null | undefined): string | null {
  if (text === null || text === undefined || text === "" || text.length > MAX_TEXT) return null;
  // Control, format and separator characters could make one name look like another.
  return /^[^|\p{C}\p{Zl}\p{Zp}]+$/u.test(text) ? text : null;
}
