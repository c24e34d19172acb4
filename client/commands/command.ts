/** What every command of the tool is given. */
import type { Crypto } from "../../proto/crypto_port.ts";
import type { SocketAddress } from "../../proto/socket_address.ts";
import type { Clock } from "../../quic/clock.ts";
import type { ClientArguments } from "../arguments.ts";
import type { RelayWatch } from "../relays/relay_watch.ts";
import type { ClientSocket } from "../socket.ts";

export interface CommandContext {
  /** Closed by whoever runs the command. */
  readonly endpoint: ClientSocket;
  readonly address: SocketAddress;
  /** Says which relay to use, and watches them in the background; null when the user named one relay. */
  readonly relays: RelayWatch | null;
  readonly clock: Clock;
  readonly crypto: Crypto;
  readonly args: ClientArguments;
  readonly print: (line: string) => void;
  /** What is neither a result nor the end: a sentence on standard error. */
  readonly printError: (text: string) => void;
  /** Replaces what it said before, where somebody watches. */
  readonly progress: (text: string) => void;
  /** Aborted when the user wants the end; asking for it takes over SIGINT and SIGTERM. */
  readonly stopSignal: () => AbortSignal;
}

/** Resolves when it has ended; rejects with `ClientError` or `QuicError`. */
export type Command = (context: CommandContext) => Promise<void>;
