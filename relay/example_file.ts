/** Writes the personalised example when `-c` names a file that does not exist; never over anything. */
import { dirname } from "node:path";
import { reasonOf, StartError } from "./start_error.ts";

/** False when the file came to be meanwhile. Throws `StartError` when it cannot be written. */
export function writeExampleFile(path: string, text: string): boolean {
  try {
    Deno.mkdirSync(dirname(path), { recursive: true });
    using file = Deno.openSync(path, { write: true, createNew: true, mode: 0o644 });
    const bytes = new TextEncoder().encode(text);
    try {
      if (file.writeSync(bytes) !== bytes.length) throw new Error("the disk is full");
    } catch (error) {
      // Half an example would be taken for the configuration at the next start.
      Deno.removeSync(path);
      throw error;
    }
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists && isFile(path)) return false;
    throw new StartError(
      "example_not_written",
      `The configuration file ${path} does not exist and an example cannot be written there: ` +
        `${reasonOf(error)}. Check the path given with --config.`,
    );
  }
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
