/** `--mesh-status`: asks the relay that runs with the same configuration for its table of probed relays. */
import { get, type IncomingMessage } from "node:http";
import { formatSocketAddress, type SocketAddress } from "../proto/socket_address.ts";
import { httpAddresses } from "./admin_settings.ts";
import type { Config } from "./config/mod.ts";
import { reasonOf } from "./start_error.ts";

const TIMEOUT_MS = 5_000;
/** A row is 50 bytes. */
const MAX_ANSWER = 1_000_000;
const HEADING = "Relay Mesh Health\n";

export type MeshAnswer = { readonly table: string } | { readonly problem: string };

type MeshConfig = Pick<Config, "http_listen" | "metrics_port" | "listen_addr" | "admin_token_file">;

/** Never rejects; `problem` is a sentence for the operator. */
export async function askMesh(config: MeshConfig): Promise<MeshAnswer> {
  const addresses = httpAddresses(config, config.listen_addr.port);
  // Every machine has IPv4.
  const address = addresses.find(({ ip }) => !ip.includes(":")) ?? addresses[0];
  if (address === undefined) {
    return { problem: "The relay cannot be asked: its HTTP server is off (http_listen)." };
  }
  if (address.port === 0) {
    return {
      problem: "The relay cannot be asked: its HTTP port is of the system's choice. " +
        "Name the one in its log with --http-listen.",
    };
  }
  const asked = { ip: reachable(address.ip), port: address.port };
  const where = formatSocketAddress(asked);
  try {
    const { status, body } = await ask(asked, tokenIn(config.admin_token_file));
    if (status === 200 && body.startsWith(HEADING)) return { table: body };
    if (status === 401) {
      return {
        problem: `The relay at ${where} wants its token: name the file with --admin-token-file.`,
      };
    }
    return { problem: `What answers at ${where} is no relay of this kind (status ${status}).` };
  } catch (error) {
    return {
      problem: `No relay answers at ${where}: ${failure(error)}. ` +
        "Start it, or give the configuration that it runs with.",
    };
  }
}

/** An address of this machine in place of all its addresses. */
function reachable(ip: string): string {
  return ip === "0.0.0.0" ? "127.0.0.1" : ip === "::" ? "::1" : ip;
}

/** The first token of the file; null where it is not needed or cannot be read, and the relay will say so. */
function tokenIn(path: string | null): string | null {
  if (path === null) return null;
  try {
    const line = Deno.readTextFileSync(path).split("\n").find((text) => /^\s*[^#\s]/.test(text));
    return line?.trim().split(/\s+/).at(-1) ?? null;
  } catch {
    return null;
  }
}

function ask(
  { ip, port }: SocketAddress,
  token: string | null,
): Promise<{ status: number; body: string }> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const headers = {
    accept: "text/plain",
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
  };
  return new Promise((resolve, reject) => {
    const request = get({ host: ip, port, path: "/mesh", headers, signal }, (response) => {
      textOf(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
    });
    request.on("error", (error) => reject(signal.aborted ? new Error("no answer in time") : error));
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response) {
    length += chunk.length;
    if (length > MAX_ANSWER) throw new Error("the answer is too long");
    chunks.push(chunk);
  }
  return new TextDecoder().decode(await new Blob(chunks as BlobPart[]).arrayBuffer());
}

function failure(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : "";
  return code === "ECONNREFUSED" ? "nothing listens there" : reasonOf(error);
}
