/** The one place where Deno's QUIC errors, which carry no codes, become ours. */
import type { CloseInfo } from "../port.ts";
import { QuicError } from "../errors.ts";

// Deno passes quinn's errors on as text only; these are the sentences that tell cases apart.
const TIMED_OUT = "timed out";
const BY_PEER = /^(?:aborted|closed) by peer/;
const WRONG_CERTIFICATE = "invalid peer certificate";
const BAD_NAME = "invalid server name";
const ENDPOINT_CLOSED = "endpoint stopping";

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Why a handshake did not succeed. A name that TLS cannot carry is wrong use, hence a `TypeError`. */
export function handshakeFailure(error: unknown): Error {
  if (error instanceof QuicError) return error;
  const message = text(error);
  // At the start only: a peer's reason, which is part of other messages, may say so too.
  if (message.startsWith(BAD_NAME)) return new TypeError(`Handshake failed: ${message}`);
  const code = BY_PEER.test(message)
    ? "handshake_failed"
    : message.includes(WRONG_CERTIFICATE)
    ? "pin_mismatch"
    : message === TIMED_OUT
    ? "timeout"
    : message === ENDPOINT_CLOSED
    ? "closed"
    : "handshake_failed";
  return new QuicError(code, `Handshake failed: ${message}`, { cause: error });
}

/** Why a socket could not be had. */
export function bindFailure(error: unknown): QuicError {
  const code = error instanceof Deno.errors.AddrInUse ? "address_in_use" : "cannot_bind";
  return new QuicError(code, `Cannot bind: ${text(error)}`, { cause: error });
}

/** Why reading or writing a stream failed. */
export function streamFailure(error: unknown): QuicError {
  if (error instanceof QuicError) return error;
  const reset = error instanceof Deno.errors.ConnectionReset;
  return new QuicError(reset ? "stream_reset" : "closed", text(error), { cause: error });
}

/** How a connection ended that neither side closed on purpose. */
export function abnormalClose(error: unknown): CloseInfo {
  const reason = text(error);
  return { kind: reason === TIMED_OUT ? "idle" : "error", code: 0, reason };
}
