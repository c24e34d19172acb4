/** Second adapter of the transport port: quiche 0.18 through the native addon of `@matrixai/quic`. */
import { systemClock } from "../clock.ts";
import type { Transport } from "../port.ts";
import { loadBinding } from "./binding.ts";
import { NativeEndpoint } from "./endpoint.ts";
import { bindUdp } from "./udp_socket.ts";

/** For the dialling side, when run from source; the addon is loaded by the first `open`. */
export const matrixaiTransport: Transport = {
  name: "matrixai",
  async open(local) {
    const binding = await loadBinding();
    return new NativeEndpoint(binding, systemClock, bindUdp(local));
  },
};
