/** Writes the personalised example when `-c` names a file that does not exist; never over anything. */
import { dirname } from "node:path";
import { reasonOf, StartError } from "./start_error.ts";

/** False when the file came to be meanwhile. Throws `StartError` when it cannot be written. */
export function writeExampleFile(path: string, text: string): boolean {
  try {
    Deno.mkdirSync(dirname(path), { recursive: true });
    Deno.writeTextFileSync(path, text, { createNew: true, mode: 0o644 });
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
