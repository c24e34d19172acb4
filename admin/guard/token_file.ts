/** The file with the admin token: read, or created once beside the relay's other state. */
import { join } from "node:path";
import type { AdminHost } from "../../relay/ports/admin.ts";
import { createSecretFile } from "../../relay/ports/secret_file.ts";
import { reasonOf, shellWord, StartError } from "../../relay/ports/start_error.ts";
import { parseTokens, type Tokens } from "./tokens.ts";

/** Far more than a few tokens is something else, which need not be read. */
const MAX_FILE_BYTES = 16_384;
const TOKEN_BYTES = 32;

export interface TokenFile {
  readonly path: string;
  /** It did not exist before. */
  readonly created: boolean;
  readonly tokens: Tokens;
}

/** Throws StartError with exit code 78 when there is no usable token. */
export function openTokenFile(host: Pick<AdminHost, "settings" | "random">): TokenFile {
  const { tokenFile, stateDir } = host.settings();
  if (tokenFile !== null) {
    const tokens = readTokens(tokenFile);
    if (tokens === null) {
      throw unusable(
        tokenFile,
        "it does not exist",
        `Create it: (umask 077; openssl rand -hex 32 > ${shellWord(tokenFile)})`,
      );
    }
    return { path: tokenFile, created: false, tokens };
  }
  const path = join(stateDir, "admin-token");
  const existing = readTokens(path);
  if (existing !== null) return { path, created: false, tokens: existing };
  const token = host.random(TOKEN_BYTES).toHex();
  let created: boolean;
  try {
    created = createSecretFile(path, `${token}\n`);
  } catch (error) {
    throw unusable(path, reasonOf(error), "Let this user write there, or name another file");
  }
  const tokens = readTokens(path);
  if (tokens === null) throw unusable(path, "it is a link that leads nowhere", "Remove it");
  return { path, created, tokens };
}

/** Null when there is no such file. */
function readTokens(path: string): Tokens | null {
  let text: string;
  try {
    // Asked before it is opened: opening a pipe would wait for a writer.
    const info = Deno.statSync(path);
    if (!info.isFile) throw unusable(path, "it is not a regular file", "Name another one");
    if (info.mode !== null && (info.mode & 0o077) !== 0) {
      throw unusable(
        path,
        "other users of this machine can read or change it",
        `To mend it: chmod 600 ${shellWord(path)}`,
      );
    }
    if (info.size > MAX_FILE_BYTES) {
      throw unusable(path, `it is ${info.size} bytes long`, "Name another one");
    }
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    if (error instanceof StartError) throw error;
    throw unusable(path, reasonOf(error), "Let this user read it, or name another one");
  }
  const tokens = parseTokens(text);
  if ("problem" in tokens) throw unusable(path, tokens.problem, "Write one, or remove the file");
  return tokens;
}

function unusable(path: string, reason: string, advice: string): StartError {
  return new StartError(
    "admin_token_unusable",
    `Cannot use the admin token file ${path}: ${reason}. ${advice}. See --admin-token-file`,
  );
}
