/** What the parts of the relay that answer connections have in common. */
import type { Connection } from "../../quic/port.ts";
import type { Log } from "./log.ts";

/** What a service is counted as. */
export type ServiceKind =
  | "room"
  | "call"
  | "signal"
  | "probe"
  | "federation"
  | "relay"
  | "ping"
  | "version"
  | "unknown";

/** A client or relay whose handshake is complete, on its way to the service it asked for. */
export interface Arrival {
  /** Names this connection in log, API, metrics and event log. */
  readonly id: string;
  /** What it asked for by SNI, lower case; `default` when it sent none. */
  readonly name: string;
  readonly connection: Connection;
  readonly log: Log;
}

/** Answers the connections of a name. Owns them: each must be closed in the end. */
export interface Service {
  readonly kind: ServiceKind;
  /** Whether it is given newcomers of a draining relay too, and refuses them itself; others see `draining`. */
  readonly judgesDrain?: boolean;
  serve(arrival: Arrival): void;
}
