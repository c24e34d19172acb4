/** Why the relay cannot start, as a sentence for the operator and an exit code for whoever supervises it. */

/** Exit codes, after `sysexits.h`. */
export const EXIT_USAGE = 64;
export const EXIT_CANNOT_BIND = 69;
export const EXIT_INTERNAL = 70;
export const EXIT_CONFIG = 78;

export type StartErrorCode =
  | "identity_corrupt"
  | "identity_unreadable"
  | "identity_not_created"
  | "identity_locked"
  | "own_relay_configured"
  | "state_dir_unusable"
  | "state_dir_locked"
  | "log_file_unusable"
  | "event_log_unusable"
  | "example_not_written"
  | "address_in_use"
  | "cannot_bind"
  | "http_address_in_use"
  | "http_cannot_bind"
  | "admin_token_unusable"
  | "registry_unusable";

/** Ends the start; `message` is complete and is printed without a stack trace. */
export class StartError extends Error {
  override readonly name = "StartError";
  readonly code: StartErrorCode;
  readonly exitCode: number;

  constructor(code: StartErrorCode, message: string, exitCode = EXIT_CONFIG) {
    super(message);
    this.code = code;
    this.exitCode = exitCode;
  }
}

/** What the operating system said, in a few words that fit into a sentence. */
export function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "it does not exist";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (error instanceof Deno.errors.NotCapable) return "this program keeps away from such paths";
  if (error instanceof Deno.errors.NotADirectory) return "part of the path is not a directory";
  if (error instanceof Deno.errors.IsADirectory) return "it is a directory";
  if (error instanceof Deno.errors.FilesystemLoop) return "its symbolic links form a loop";
  if (!(error instanceof Error)) return String(error);
  if ("code" in error && error.code === "EROFS") return "the file system is read-only";
  if ("code" in error && error.code === "ENOSPC") return "the disk is full";
  return error.message.replace(/ \(os error \d+\).*$/s, "");
}

/** A path as one word for a POSIX shell. */
export function shellWord(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
