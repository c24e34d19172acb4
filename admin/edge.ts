/** One listening socket: its limits, and the answers to what is no proper request. */
import { createServer, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { canonicalIp } from "../relay/ports/addresses.ts";
import type { Admission } from "./admission.ts";
import { SECURITY_HEADERS } from "./guard/security_headers.ts";
import { type OnRequest, Pace } from "./pace.ts";
import { Problem } from "./problem.ts";

/** Node counts the request line too. A token, a path and what browsers send are under 4 KB. */
const MAX_HEADER_BYTES = 16_384;
/** Time for the headers, and for the whole request; a byte a second does not get far. */
const HEADERS_MS = 5_000;
const REQUEST_MS = 10_000;
/** How long a connection may wait for its next request. */
const IDLE_MS = 5_000;
/** How often the time limits are looked at. */
const CHECK_MS = 500;
const MAX_REQUESTS = 1_000;

/** A server that does not listen yet. */
export function createEdge(admission: Admission, onRequest: OnRequest): Server {
  const pace = new Pace();
  const one = pace.oneAtATime(onRequest);
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEADERS_MS,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: IDLE_MS,
    connectionsCheckingInterval: CHECK_MS,
    // Checked by the bridge, with an answer that says so.
    requireHostHeader: false,
  }, one);
  server.maxRequestsPerSocket = MAX_REQUESTS;
  server.on("checkContinue", one);
  server.on("checkExpectation", (_, response: ServerResponse) => {
    response.writeHead(417, { ...SECURITY_HEADERS, connection: "close" }).end();
  });
  server.on("connect", (_, socket: Socket) => refuse(socket, new Problem("method_not_allowed")));
  server.on("clientError", (error: Error & { code?: string }, socket: Socket) => {
    if (!socket.writable || error.code === "ECONNRESET") return void socket.destroy();
    refuse(socket, new Problem(codeOf(error.code)));
  });
  admitted(server, admission, pace);
  return server;
}

/** Nobody gets a parser, a timer and a place in Node's lists who has no place here. */
function admitted(server: Server, admission: Admission, pace: Pace): void {
  const serve = server.listeners("connection") as ((socket: Socket) => void)[];
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    const ip = canonicalIp(socket.remoteAddress?.split("%", 1)[0] ?? "");
    if (ip === null) return void socket.destroy();
    const release = admission.take(ip);
    if (release === null) {
      socket.on("error", () => {});
      return refuse(socket, new Problem("too_many_connections"));
    }
    socket.on("close", release);
    pace.meter(socket, () => {
      for (const listener of serve) listener.call(server, socket);
    });
  });
}

function codeOf(code = ""): "request_timeout" | "headers_too_large" | "bad_request" {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return "request_timeout";
  return code === "HPE_HEADER_OVERFLOW" ? "headers_too_large" : "bad_request";
}

/** Says it without a request or a parser, and is done with the connection. */
function refuse(socket: Socket, { status, body, headers }: Problem): void {
  const lines = Object.entries({
    ...SECURITY_HEADERS,
    ...headers,
    "cache-control": "no-store",
    "content-length": String(body.length),
    connection: "close",
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${PHRASES[status] ?? "Error"}\r\n${lines.join("")}\r\n${body}`);
  socket.destroySoon();
}

const PHRASES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  405: "Method Not Allowed",
  408: "Request Timeout",
  431: "Request Header Fields Too Large",
  503: "Service Unavailable",
};
