/** Writes the personalised example when `-c` names a file that does not exist; never over anything. */
import { dirname } from "node:path";
import { exampleConfig, type Loaded } from "./config/mod.ts";
import { reasonOf, StartError } from "./start_error.ts";

interface ExampleFacts {
  /** Where others reach this relay. */
  readonly ip: string;
  readonly port: number;
  readonly listenPort: number;
  readonly tlsFingerprint: string;
  readonly complain: (sentence: string) => void;
}

/** Writes an example where the configuration file that was named does not exist. Throws `StartError`. */
export function offerExample(
  { config, configPath, configMissing }: Loaded,
  { ip, port, listenPort, tlsFingerprint, complain }: ExampleFacts,
): void {
  if (!configMissing || configPath === null) return;
  const listenAddr = { ip: config.listen_addr.ip, port: listenPort };
  const text = exampleConfig({ listenAddr, ip, port, tlsFingerprint });
  if (!writeExampleFile(configPath, text)) return;
  complain(`${configPath} did not exist; an example was written there. Edit it, then restart.`);
}

/** False when the file came to be meanwhile. Throws `StartError` when it cannot be written. */
export function writeExampleFile(path: string, text: string): boolean {
  try {
    Deno.mkdirSync(dirname(path), { recursive: true });
    using file = Deno.openSync(path, { write: true, createNew: true, mode: 0o644 });
    try {
      writeAll(file, new TextEncoder().encode(text));
    } catch (error) {
      // A part of it would be read as the whole at the next start.
      Deno.removeSync(path);
      throw error;
    }
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists && isFile(path)) return false;
    throw new StartError(
      "example_not_written",
      `The configuration file ${path} does not exist and an example cannot be written there: ` +
        `${
          isLink(path) ? "it is a symbolic link that leads nowhere" : reasonOf(error)
        }. Check the path given with --config.`,
    );
  }
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let rest = bytes; rest.length > 0;) rest = rest.subarray(file.writeSync(rest));
}

function isLink(path: string): boolean {
  try {
    return Deno.lstatSync(path).isSymlink;
  } catch {
    return false;
  }
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
