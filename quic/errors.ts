/** The one error type of this folder; `code` is stable and used in logs and metrics. */

export type QuicErrorCode =
  | "address_in_use"
  | "cannot_bind"
  | "handshake_failed"
  | "pin_mismatch"
  | "timeout"
  | "aborted"
  | "closed"
  | "stream_reset"
  | "protocol";

export class QuicError extends Error {
  override readonly name = "QuicError";
  readonly code: QuicErrorCode;

  constructor(code: QuicErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
