/** The errors a user of the tool can do something about. */

export type ClientErrorCode =
  | "usage"
  | "unresolved"
  | "unreachable"
  | "refused"
  /** No answer in time. */
  | "silent"
  /** The relay ended the session, or was lost. */
  | "ended"
  /** A file cannot be read or written. */
  | "file"
  /** Not part of this build. */
  | "unsupported";

/** Its message is one sentence for people. */
export class ClientError extends Error {
  override readonly name = "ClientError";
  readonly code: ClientErrorCode;

  constructor(code: ClientErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
