/** HTTP spoken byte by byte, so that requests can be as wrong as needed. */
import type { RelayProcess } from "../harness/relay_process.ts";
import { LIMIT_MS } from "./callers.ts";

/** Where the relay answers HTTP, as its log says. */
export async function httpAddress(
  relay: RelayProcess,
): Promise<{ readonly hostname: string; readonly port: number }> {
  const [, hostname, port] = await relay.stdout.match(/http addr=([\d.]+):(\d+)/, LIMIT_MS);
  return { hostname: hostname!, port: Number(port) };
}

export interface RawAnswer {
  /** 0 when nothing came that looks like an answer. */
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** Sends these bytes and reads until the server is done; `pauseMs` between the pieces. */
export async function talk(
  to: { readonly hostname: string; readonly port: number },
  pieces: Iterable<string>,
  pauseMs = 0,
): Promise<RawAnswer> {
  using connection = await Deno.connect(to);
  let done = false;
  const answer = readAll(connection).finally(() => done = true);
  try {
    for (const piece of pieces) {
      if (done) break;
      await writeAll(connection, new TextEncoder().encode(piece));
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  } catch {
    // The server has closed; what it said is what counts.
  }
  return parsed(await answer);
}

/** A whole request on a connection of its own. */
export async function ask(
  to: { readonly hostname: string; readonly port: number },
  path: string,
  { method = "GET", headers = {}, body = "" }: {
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  } = {},
): Promise<RawAnswer> {
  const lines = Object.entries({
    host: `localhost:${to.port}`,
    connection: "close",
    ...(body === "" ? {} : { "content-length": String(body.length) }),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return await talk(to, [`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${body}`]);
}

/** The `code` of a problem; empty for other answers. */
export function codeOf({ headers, body }: RawAnswer): string {
  return headers.get("content-type") === "application/problem+json" ? JSON.parse(body).code : "";
}

async function readAll(connection: Deno.Conn): Promise<string> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(65_536);
  let text = "";
  try {
    for (;;) {
      const length = await connection.read(buffer);
      if (length === null) return text;
      text += decoder.decode(buffer.subarray(0, length), { stream: true });
    }
  } catch {
    return text;
  }
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

function parsed(text: string): RawAnswer {
  const [head = "", ...rest] = text.split("\r\n\r\n");
  const [first = "", ...lines] = head.split("\r\n");
  const headers = new Headers();
  for (const line of lines) {
    const colon = line.indexOf(":");
    headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1] ?? 0);
  const body = rest.join("\r\n\r\n");
  return { status, headers, body: isChunked(headers) ? unchunked(body) : body };
}

function isChunked(headers: Headers): boolean {
  return headers.get("transfer-encoding") === "chunked";
}

/** Texts of the tests are ASCII, so characters are bytes. */
function unchunked(text: string): string {
  let whole = "";
  for (let at = 0;;) {
    const end = text.indexOf("\r\n", at);
    const length = Number.parseInt(text.slice(at, end), 16);
    if (end < 0 || !(length > 0)) return whole;
    whole += text.slice(end + 2, end + 2 + length);
    at = end + 2 + length + 2;
  }
}
