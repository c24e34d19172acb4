/** The one error that bytes or text from the network can cause. */

/** Thrown by decoders, and by encoders for content too large to send; `code` is stable and used as drop reason, log field and metric label. */
export class WireError extends Error {
  override readonly name = "WireError";
  readonly code: WireErrorCode;

  constructor(code: WireErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

export type WireErrorCode =
  /** Fewer bytes than the layout needs. */
  | "truncated"
  /** More bytes than allowed. */
  | "too_large"
  /** A field holds a value its layout does not allow. */
  | "malformed"
  /** Text that is not UTF-8 or not JSON. */
  | "not_json"
  /** JSON of the wrong shape: missing field, wrong type, out of range. */
  | "bad_field"
  /** A message that was begun and not finished in time. */
  | "stalled";
