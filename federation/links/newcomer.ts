/** A connection with a relay that is good for a link. */
import type { WireError } from "../../proto/errors.ts";
import type { Signal } from "../../proto/signal/mod.ts";
import type { RelayKey } from "../link.ts";
import type { RelayExt } from "../trust/own_relay.ts";
import type { RelayChannel } from "../trust/relay_channel.ts";

export interface Newcomer {
  readonly relay: RelayKey;
  readonly label: string;
  /** Of the original kind. */
  readonly legacy: boolean;
  /** Its certificate is known; false for an original that dialled, which may have claimed any. */
  readonly pinned: boolean;
  readonly ext: RelayExt | null;
  readonly channel: RelayChannel;
  readonly dialled: boolean;
  /** A first message that was asked for already. */
  readonly first: Promise<Signal | WireError | null> | null;
}
