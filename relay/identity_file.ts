/** The identity file: read, or created once; never overwritten, whatever it holds. */
import { dirname } from "node:path";
import { formatSeed, parseSeed } from "../proto/identity.ts";
import { createSecretFile } from "./secret_file.ts";
import { reasonOf, shellWord, StartError, type StartErrorCode } from "./start_error.ts";

export interface LoadedIdentity {
  readonly seed: Uint8Array;
  /** The file did not exist before. */
  readonly created: boolean;
  /** Sentences for the operator. */
  readonly warnings: readonly string[];
}

/** An identity file is 64 bytes; far more is something else, which need not be read. */
const MAX_FILE_BYTES = 4096;

/**
 * Reads the seed from `path`, or creates the file with `newSeed()`. Throws StartError with exit code 78 when
 * there is a file that holds no seed, or when none can be created; the file is then as it was before.
 */
export function loadOrCreateIdentity(path: string, newSeed: () => Uint8Array): LoadedIdentity {
  const existing = readIdentity(path);
  if (existing !== null) return existing;
  const seed = newSeed();
  if (createIdentity(path, seed)) return { seed, created: true, warnings: [] };
  // Another relay was quicker: its identity is the one that counts.
  const winner = readIdentity(path);
  if (winner !== null) return winner;
  throw new StartError(
    "identity_not_created",
    `Cannot create the identity file ${path}: it is a symbolic link that leads nowhere`,
  );
}

/**
 * Keeps a second relay from running under the same identity, whatever its state directory: to everybody else they would
 * be one relay in two places. Lasts until the answer is called or the process ends. Throws StartError with code 78.
 */
export function lockIdentity(path: string): () => void {
  const file = Deno.openSync(path);
  if (!file.tryLockSync(true)) {
    file.close();
    throw new StartError(
      "identity_locked",
      `The identity file ${path} is in use by another relay. ` +
        "Stop that one first, or give this one an identity of its own with --identity",
    );
  }
  return () => {
    file.unlockSync();
    file.close();
  };
}

function readIdentity(path: string): LoadedIdentity | null {
  let mode: number | null;
  let text: string;
  try {
    // Asked before it is opened: opening a pipe would wait for a writer.
    const info = Deno.statSync(path);
    if (info.isDirectory) throw unreadable(path, "it is a directory");
    if (!info.isFile) throw unreadable(path, "it is not a regular file");
    if (info.size > MAX_FILE_BYTES) throw corrupt(path, `it is ${info.size} bytes long`);
    mode = info.mode;
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error instanceof StartError ? error : unreadable(path, reasonOf(error));
  }
  const warnings = mode !== null && (mode & 0o077) !== 0
    ? [
      `The identity file ${path} can be read or changed by other users of this machine. ` +
      `Whoever reads it can pose as this relay. To mend it: chmod 600 ${shellWord(path)}`,
    ]
    : [];
  try {
    return { seed: parseSeed(text), created: false, warnings };
  } catch (error) {
    throw corrupt(path, reasonOf(error).replace("Cannot parse the seed: ", ""));
  }
}

/** False when the file exists by now. */
function createIdentity(path: string, seed: Uint8Array): boolean {
  try {
    return createSecretFile(path, formatSeed(seed));
  } catch (error) {
    throw new StartError(
      "identity_not_created",
      `Cannot create the identity file ${path}: ${creationReason(error, dirname(path))}. ` +
        "Create the directory and let this user write there, or name another file with --identity",
    );
  }
}

function creationReason(error: unknown, folder: string): string {
  if (error instanceof Deno.errors.AlreadyExists) return `${folder} is not a directory`;
  return reasonOf(error);
}

function unreadable(path: string, reason: string): StartError {
  return refusal("identity_unreadable", `Cannot read the identity file ${path}: ${reason}`);
}

function corrupt(path: string, reason: string): StartError {
  return refusal(
    "identity_corrupt",
    `The identity file ${path} does not hold an identity: ${reason}`,
  );
}

/** A new identity would be another relay to everybody, so the operator decides. */
function refusal(code: StartErrorCode, sentence: string): StartError {
  return new StartError(
    code,
    `${sentence}. It was left as it is. Restore it from a backup, or move it away to start with a new identity`,
  );
}
