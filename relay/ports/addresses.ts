/** Addresses in the one text form all parts of the house agree on. */
export {
  canonicalIp,
  formatSocketAddress,
  type SocketAddress,
} from "../../proto/socket_address.ts";
export { sourceKey } from "../source_key.ts";
