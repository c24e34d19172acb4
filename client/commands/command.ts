/** What every command of the tool is given. */
import type { Crypto } from "../../proto/crypto_port.ts";
import type { SocketAddress } from "../../proto/socket_address.ts";
import type { Clock } from "../../quic/clock.ts";
import type { Endpoint } from "../../quic/port.ts";
import type { ClientArguments } from "../arguments.ts";
import type { RelayAdvisor } from "../failover/relay_advisor.ts";

export interface CommandContext {
  /** Closed by whoever runs the command. */
  readonly endpoint: Endpoint;
  readonly address: SocketAddress;
  readonly clock: Clock;
  readonly crypto: Crypto;
  readonly args: ClientArguments;
  /** Knows relays and measures them; absent where nobody asked for that. */
  readonly relays?: RelayAdvisor;
  readonly print: (line: string) => void;
  /** Replaces what it said before, where somebody watches. */
  readonly progress: (text: string) => void;
  /** Aborted when the user wants the end; asking for it takes over SIGINT and SIGTERM. */
  readonly stopSignal: () => AbortSignal;
}

/** Resolves when it has ended; rejects with `ClientError` or `QuicError`. */
export type Command = (context: CommandContext) => Promise<void>;
