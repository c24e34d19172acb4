/** Which relays are told who is here: everybody else may measure the way to this relay and no more. */
import type { SocketAddress } from "../../proto/socket_address.ts";

/**
 * Whether the relay at this address is one this relay works with. Of a relay that dialled, the port is any; of
 * one that was dialled, the address is the one of the configuration, looked up.
 */
export type IsKnownRelay = (address: SocketAddress) => boolean;

/** Until federation there are no known relays. */
export const noKnownRelays: IsKnownRelay = () => false;
