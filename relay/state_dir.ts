/** The directory that holds what a relay keeps, and the lock that stops two relays from sharing it. */
import { join } from "node:path";
import { reasonOf, shellWord, StartError } from "./start_error.ts";

const LOCK_FILE = "lock";

/** An open state directory; the lock lasts until `close` or the end of the process, however it ends. */
export interface StateDir {
  readonly path: string;
  /** Sentences for the operator. */
  readonly warnings: readonly string[];
  /** Releases the lock. */
  close(): void;
}

/** Creates the directory when it is missing and takes the lock. Throws StartError with exit code 78. */
export function openStateDir(path: string): StateDir {
  const warnings = prepare(path);
  const lock = openLock(path);
  let locked: boolean;
  try {
    locked = lock.tryLockSync(true);
  } catch (error) {
    lock.close();
    throw unusable(path, `it cannot be locked: ${reasonOf(error)}`);
  }
  if (!locked) {
    const holder = readHolder(lock);
    lock.close();
    throw inUse(path, holder);
  }
  try {
    lock.truncateSync(0);
    lock.writeSync(new TextEncoder().encode(`${Deno.pid}\n`));
  } catch (error) {
    lock.close();
    throw unusable(path, reasonOf(error));
  }
  return {
    path,
    warnings,
    close() {
      // Said aloud, because a copy of the file in a child process would keep the lock.
      lock.unlockSync();
      lock.close();
    },
  };
}

function prepare(path: string): string[] {
  let info: Deno.FileInfo;
  try {
    Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
    info = Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) throw unusable(path, "it is not a directory");
    throw unusable(path, reasonOf(error));
  }
  if (info.mode === null || (info.mode & 0o077) === 0) return [];
  return [
    `The state directory ${path} is open to other users of this machine. ` +
    `To mend it: chmod 700 ${shellWord(path)}`,
  ];
}

function openLock(path: string): Deno.FsFile {
  const file = join(path, LOCK_FILE);
  try {
    // The lock is written to, which a link would turn on another file.
    const found = existing(file);
    if (found !== null && !found.isFile && !found.isDirectory) {
      throw new Error(`${file} is not a regular file`);
    }
    return Deno.openSync(file, {
      read: true,
      write: true,
      create: true,
      mode: 0o600,
    });
  } catch (error) {
    throw unusable(path, reasonOf(error));
  }
}

function existing(path: string): Deno.FileInfo | null {
  try {
    return Deno.lstatSync(path);
  } catch {
    return null;
  }
}

function readHolder(lock: Deno.FsFile): string | null {
  const bytes = new Uint8Array(32);
  const length = lock.readSync(bytes) ?? 0;
  return /^\d+(?=\n)/.exec(new TextDecoder().decode(bytes.subarray(0, length)))?.[0] ?? null;
}

function inUse(path: string, holder: string | null): StartError {
  const who = holder === null ? "another relay" : `another relay (process ${holder})`;
  return new StartError(
    "state_dir_locked",
    `The state directory ${path} is in use by ${who}. Stop that one first, or give this one an ` +
      "identity of its own with --identity",
  );
}

function unusable(path: string, reason: string): StartError {
  return new StartError(
    "state_dir_unusable",
    `Cannot use the state directory ${path}: ${reason}. ` +
      "Let this user create and write it, or name another one with state_dir",
  );
}
