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
  /** Not part of this build, so wrong usage of it. */
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

/** The error for a file that cannot be read or written. */
export function fileError(what: "read" | "write", path: string, error: unknown): ClientError {
  return new ClientError("file", `Cannot ${what} ${path}: ${fileReason(what, error)}.`, {
    cause: error,
  });
}

function fileReason(what: "read" | "write", error: unknown): string {
  if (error instanceof Deno.errors.NotFound) {
    return what === "read" ? "it does not exist" : "its directory does not exist";
  }
  if (error instanceof Deno.errors.NotCapable) return "this program keeps away from such paths";
  const text = error instanceof Error ? error.message : String(error);
  // Deno adds the number of the error, and the call and path once more.
  return text.replace(/ \(os error \d+\).*$/s, "");
}
