/** SNI `ping`: the handshake is the answer; clients measure how long it took. */
import type { Service } from "../ports/service.ts";

export const pingService: Service = {
  kind: "ping",
  /** Nothing may be sent, and the reason stays empty: the desktop client races its own close with this one. */
  serve: ({ connection }) => connection.close(0, ""),
};
