/** What a stream half needs of the connection it belongs to. */
import type { QuicError } from "../errors.ts";
import type { Binding, NativeConnection } from "./binding.ts";

/** The part of the native connection that streams use. */
export type NativeStreams = Pick<
  NativeConnection,
  | "peerStreamsLeftBidi"
  | "peerStreamsLeftUni"
  | "readable"
  | "streamCapacity"
  | "streamRecv"
  | "streamSend"
  | "streamShutdown"
>;

/** A half that waits for the connection to move on; `retry` says whether it is through. */
export interface Blocked {
  retry(): boolean;
  fail(error: QuicError): void;
}

export interface StreamOwner {
  readonly native: NativeStreams;
  readonly shutdown: Binding["Shutdown"];
  /** Why the connection is closed; null while it is open. */
  closedError(): QuicError | null;
  /** Something is to be sent. */
  wake(): void;
  /** The half is to be retried when the connection has moved on. */
  block(half: Blocked): void;
  /** The receiving half of this stream needs no more attention. */
  release(id: number): void;
  /** False for a stream of the peer that exists only because a later one was seen. */
  hasArrived(id: number): boolean;
}
