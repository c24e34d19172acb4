/** Between `node:http` and the site: a request is read within bounds and judged, an answer is written at the reader's pace. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Hono } from "hono";
import { canonicalIp, type SocketAddress } from "../relay/ports/addresses.ts";
import type { AdminHost } from "../relay/ports/admin.ts";
import type { AdminEnv } from "./guard/caller.ts";
import type { Guard } from "./guard/guard.ts";
import { DEFAULT_CACHING, SECURITY_HEADERS } from "./guard/security_headers.ts";
import { Problem } from "./problem.ts";
import { checkTarget } from "./target.ts";
import { begun } from "./turn.ts";

/** Whatever an operator may say is far shorter. */
export const MAX_BODY_BYTES = 65_536;
/** Node reads no more names than it is told, in silence; so many are counted here. */
const MAX_HEADERS = 64;
/** A reader that takes nothing of an answer for so long is given up. */
const STALLED_MS = 30_000;

/** What can be done anywhere; `Request` takes no other. */
const METHODS = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/** Ends an answer whose reader takes too long for it, which is nobody's fault here. */
export class TooSlow extends Error {
  override readonly name = "TooSlow";
}

/** What answers requests. */
export interface Site {
  readonly host: Pick<AdminHost, "clock" | "log">;
  readonly guard: Guard;
  readonly app: Hono<AdminEnv>;
}

/** Answers one request; `site` is null while the relay starts. Never rejects. */
export async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  site: Site | null,
): Promise<void> {
  const gone = new AbortController();
  // With a reason of its own no error has to be made for each answer.
  response.on("close", () => gone.abort("closed"));
  try {
    await write(await respond(request, response, site, gone.signal), response, site, gone.signal);
  } catch (error) {
    // The connection broke, or an answer failed half-way: nothing can be said any more.
    if (!gone.signal.aborted && !(error instanceof TooSlow)) {
      site?.host.log.error("an HTTP answer failed", {
        error: error instanceof Error ? error : String(error),
      });
    }
    response.destroy();
  }
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  site: Site | null,
  gone: AbortSignal,
): Promise<Response> {
  try {
    if (site === null) throw new Problem("starting");
    const target = request.url ?? "";
    const method = request.method ?? "";
    const headers = headersOf(request);
    checkTarget(target);
    const [path = ""] = target.split("?", 1);
    const { socket } = request;
    const caller = site.guard.admit({
      method,
      path,
      remote: addressOf(socket.remoteAddress, socket.remotePort),
      local: addressOf(socket.localAddress, socket.localPort),
      headers,
    });
    if (!METHODS.includes(method)) throw new Problem("method_not_allowed");
    const body = await readBody(request, response, method, headers);
    return await site.app.fetch(
      new Request(`http://${headers.get("host")}${target}`, {
        method,
        headers: [...headers],
        signal: gone,
        ...(body === null ? {} : { body }),
      }),
      { caller },
    );
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return error.response();
  }
}

function headersOf(request: IncomingMessage): Map<string, string> {
  const { rawHeaders } = request;
  if (rawHeaders.length / 2 > MAX_HEADERS) throw new Problem("headers_too_large");
  const hosts = rawHeaders.filter((text, place) => place % 2 === 0 && /^host$/i.test(text));
  if (hosts.length !== 1) throw new Problem("bad_host");
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  return headers;
}

/** Sockets of both families give IPv4 addresses as IPv6 ones. */
function addressOf(ip = "", port = 0): SocketAddress {
  return { ip: canonicalIp(ip.split("%", 1)[0]!) ?? ip, port };
}

/** The whole body, or null where there is none. */
async function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  method: string,
  headers: ReadonlyMap<string, string>,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const announced = Number(headers.get("content-length") ?? 0);
  if (announced === 0 && !headers.has("transfer-encoding")) return null;
  if (method === "GET" || method === "HEAD") {
    throw leaving("bad_request", "A body has no meaning here.");
  }
  const tooLarge = `At most ${MAX_BODY_BYTES} bytes.`;
  if (!(announced <= MAX_BODY_BYTES)) throw leaving("body_too_large", tooLarge);
  if (/^100-continue$/i.test(headers.get("expect") ?? "")) response.writeContinue();
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of request) {
      length += chunk.length;
      if (length > MAX_BODY_BYTES) throw leaving("body_too_large", tooLarge);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof Problem) throw error;
    // Its sender broke off, which is no fault of ours; nobody is left to read this.
    throw leaving("bad_request", "The body is not whole.");
  }
  const body = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}

/** The rest of the request is not read, so the connection is of no further use. */
function leaving(code: "bad_request" | "body_too_large", detail: string): Problem {
  return new Problem(code, { detail, headers: { connection: "close" } });
}

async function write(
  answer: Response,
  response: ServerResponse,
  site: Site | null,
  gone: AbortSignal,
): Promise<void> {
  if (gone.aborted) return void answer.body?.cancel();
  const headers: Record<string, string> = { "cache-control": DEFAULT_CACHING };
  for (const [name, value] of answer.headers) headers[name] = value;
  response.writeHead(answer.status, { ...headers, ...SECURITY_HEADERS });
  const reader = answer.body?.getReader();
  if (reader === undefined || response.req.method === "HEAD") {
    reader?.cancel();
    return void response.end();
  }
  const stop = () => void reader.cancel().catch(() => {});
  gone.addEventListener("abort", stop);
  // Of a feed nothing is made before it is wanted.
  const ahead = answer.headers.get("content-type") !== "text/event-stream";
  let coming = reader.read();
  for (;;) {
    const { done, value } = await coming;
    if (done || gone.aborted) break;
    if (ahead) coming = reader.read();
    // Most answers are one piece, for which one write is enough.
    if (ahead && await isEnd(coming)) {
      response.write(value);
      break;
    }
    if (!response.write(value) && !await drained(response, site, gone)) {
      stop();
      response.destroy();
      return;
    }
    await begun();
    if (!ahead) coming = reader.read();
  }
  gone.removeEventListener("abort", stop);
  response.end();
}

/** Whether it is known already that nothing more comes. */
async function isEnd(coming: Promise<{ readonly done: boolean }>): Promise<boolean> {
  const known = await Promise.race([coming, begun()]);
  return known?.done ?? false;
}

/** False when the reader is gone or takes nothing. */
function drained(
  response: ServerResponse,
  site: Site | null,
  gone: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (ok: boolean) => {
      timer?.cancel();
      gone.removeEventListener("abort", left);
      response.off("drain", empty);
      resolve(ok);
    };
    const left = () => settle(false);
    const empty = () => settle(true);
    const timer = site?.host.clock.after(STALLED_MS, left);
    gone.addEventListener("abort", left);
    response.once("drain", empty);
    if (gone.aborted) left();
  });
}
