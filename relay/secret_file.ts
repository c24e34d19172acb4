/** Creates a file that holds a secret: whole or not at all, for its owner only, and never over another. */
import { dirname } from "node:path";

/**
 * Writes `text` to a new file of mode 0600, and creates its folder when that is missing. False when something of that
 * name exists by now. Throws what the system says.
 */
export function createSecretFile(path: string, text: string): boolean {
  const folder = dirname(path);
  const draft = `${path}.${crypto.randomUUID()}.wzp-tmp`;
  try {
    Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
    try {
      writeDurably(draft, text);
      // A link, unlike a rename, fails when the name is taken.
      Deno.linkSync(draft, path);
    } finally {
      removeDraft(draft);
    }
    syncFolder(folder);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists && exists(path)) return false;
    throw error;
  }
}

function writeDurably(path: string, text: string): void {
  using file = Deno.openSync(path, { write: true, createNew: true, mode: 0o600 });
  const bytes = new TextEncoder().encode(text);
  if (file.writeSync(bytes) !== bytes.length) throw new Error("the disk is full");
  file.syncSync();
}

/** The draft may never have come to be; what failed before is what the operator should read. */
function removeDraft(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // A draft that cannot be removed is a copy of the same secret with the same mode.
  }
}

/** Makes the new name survive a power cut, where directories can be opened. */
function syncFolder(folder: string): void {
  try {
    using directory = Deno.openSync(folder);
    directory.syncSync();
  } catch {
    // The file itself is written; a system without this keeps its names in its own way.
  }
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
