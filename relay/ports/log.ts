/** The log as the parts of the house see it: a message that never varies, and fields that do. */
import type { SocketAddress } from "../../proto/socket_address.ts";
import type { LogArea } from "../log/areas.ts";
import type { Secret } from "../secret.ts";

export type { LogArea };

export type Level = "debug" | "info" | "warn" | "error";

/**
 * `undefined` leaves the field out. A `SocketAddress` is somebody's address and is masked when the operator
 * asks for it; the relay's own addresses are given as text. An `Error` prints its message.
 */
export type FieldValue =
  | string
  | readonly string[]
  | number
  | bigint
  | boolean
  | null
  | undefined
  | SocketAddress
  | Secret
  | Error;

export type Fields = Readonly<Record<string, FieldValue>>;

/** Never throws and never waits. Keep `message` constant: repeats are counted by it, and what varies is a field. */
export interface Log {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** The same log under the name of another part of the relay. */
  area(name: LogArea): Log;
  /** Whether a line of this level would be written; for callers whose fields are costly. */
  enabled(level: Level): boolean;
}

/** A log that writes nothing. */
export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  area: () => silentLog,
  enabled: () => false,
};
