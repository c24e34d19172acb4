/** The files of a registry on disk: made for their owner only, and set aside when they are damaged. */
import { StoreTrouble } from "./store_trouble.ts";

/** SQLite keeps what it has not moved into the file yet, and an index of that, beside it. */
const COMPANIONS = ["", "-wal", "-shm"];
const WAL_HEADER_BYTES = 32;
/** The first four bytes of every write-ahead log, in either byte order of its checksums. */
const WAL_MAGIC = [0x377f0682, 0x377f0683];

/** Makes sure that there is a regular file that only its owner can read. Answers whether it was there. */
export function prepareFile(path: string): boolean {
  const found = statOf(path);
  if (found !== null && !found.isFile) {
    throw new StoreTrouble("unavailable", "it is not a regular file");
  }
  if (found === null) Deno.openSync(path, { write: true, createNew: true, mode: 0o600 }).close();
  else if (found.mode !== null && (found.mode & 0o077) !== 0) Deno.chmodSync(path, 0o600);
  return found !== null;
}

/** Throws `StoreTrouble` when the write-ahead log is something else; SQLite would silently go on without it. */
export function checkLog(path: string): void {
  const wal = `${path}-wal`;
  const found = statOf(wal);
  if (found === null || found.size === 0) return;
  const head = new Uint8Array(WAL_HEADER_BYTES);
  using file = Deno.openSync(wal);
  const read = file.readSync(head) ?? 0;
  // A process that was killed may have left less than a header, and so nothing of worth.
  if (read < WAL_HEADER_BYTES) return;
  if (WAL_MAGIC.includes(new DataView(head.buffer).getUint32(0))) return;
  throw new StoreTrouble("damaged", "the write-ahead log is not one of SQLite");
}

/** Something by which a file of the same name can be told from this one; null when there is none. */
export function fileNumber(path: string): string | null {
  const found = statOf(path);
  return found === null ? null : `${found.dev}:${found.ino}`;
}

/** Renames the file and what belongs to it to a name that is free. Answers that name. */
export function setAside(path: string, now: number): string {
  const time = new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const name = freeName(`${path}.damaged-${time}`);
  for (const end of COMPANIONS) {
    if (statOf(path + end) !== null) Deno.renameSync(path + end, name + end);
  }
  return name;
}

function freeName(wish: string): string {
  let name = wish;
  for (let more = 2; COMPANIONS.some((end) => statOf(name + end) !== null); more++) {
    name = `${wish}-${more}`;
  }
  return name;
}

function statOf(path: string): Deno.FileInfo | null {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
