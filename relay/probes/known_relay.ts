/** Which relays that dial are told who is here: everybody else may measure the way to this relay and no more. */
import type { SocketAddress } from "../../proto/socket_address.ts";

/**
 * Whether a relay that dialled from this address is taken for one this relay works with. Nothing proves it, so that
 * holds only for relays of the original kind which the operator allows; others tell each other over their links.
 */
export type IsKnownRelay = (address: SocketAddress) => boolean;
