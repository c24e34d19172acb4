/** Learns the certificate of a QUIC server by beginning a handshake with it and walking away. */
import type { SocketAddress } from "../proto/socket_address.ts";
import { type Clock, systemClock, type Timer } from "./clock.ts";
import { QuicError } from "./errors.ts";
import { PEEK_REASON, PeekHandshake } from "./peek/peek_handshake.ts";

/** First wait for an answer; doubles with every repetition, like any QUIC client's. */
const FIRST_RETRY_MS = 250;

export interface PeekCertificateOptions {
  readonly serverName: string;
  readonly alpn: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

/** The leaf certificate (DER) that `address` presents for `serverName`. Rejects with `QuicError`. */
export async function peekCertificate(
  address: SocketAddress,
  options: PeekCertificateOptions,
): Promise<Uint8Array> {
  const { signal, timeoutMs, clock = systemClock } = options;
  if (signal?.aborted) throw new QuicError("aborted", "Dialling was given up.");
  const v6 = address.ip.includes(":");
  const serverName = isIpLiteral(options.serverName) ? null : options.serverName;
  const handshake = new PeekHandshake({ serverName, alpn: options.alpn });
  const to: Deno.NetAddr = { transport: "udp", hostname: address.ip, port: address.port };
  const socket = Deno.listenDatagram({
    transport: "udp",
    hostname: v6 ? "::" : "0.0.0.0",
    port: 0,
  });
  let failure: QuicError | null = null;
  // The first reason counts; a socket cannot be closed twice.
  const giveUp = (code: "timeout" | "aborted", text: string) => {
    if (failure !== null) return;
    failure = new QuicError(code, text);
    socket.close();
  };
  const onAbort = () => giveUp("aborted", "Dialling was given up.");
  const silence = `No answer from ${address.ip} port ${address.port} within ${timeoutMs} ms.`;
  const deadline = clock.after(timeoutMs, () => giveUp("timeout", silence));
  let retry: Timer | undefined;
  const ask = (wait: number) => {
    // An unreachable network shows as a failed send; the deadline tells the caller.
    socket.send(handshake.request(), to).catch(() => {});
    retry = clock.after(wait, () => ask(wait * 2));
  };
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    ask(FIRST_RETRY_MS);
    for (;;) {
      const [datagram, from] = await socket.receive();
      if ((from as Deno.NetAddr).port !== address.port) continue;
      const certificate = handshake.receive(datagram);
      if (certificate === null) continue;
      await socket.send(handshake.farewell(), to).catch(() => 0);
      return certificate;
    }
  } catch (error) {
    throw failure ?? asQuicError(error);
  } finally {
    deadline.cancel();
    retry?.cancel();
    signal?.removeEventListener("abort", onAbort);
    try {
      socket.close();
    } catch {
      // Closed by the deadline already.
    }
  }
}

/** Whether a server's handshake failed because a client only wanted to see its certificate. */
export function wasPeek(error: QuicError): boolean {
  return error.message.includes(PEEK_REASON);
}

function isIpLiteral(name: string): boolean {
  return name.includes(":") || /^\d+(\.\d+){3}$/.test(name);
}

function asQuicError(error: unknown): QuicError {
  if (error instanceof QuicError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new QuicError("handshake_failed", `Cannot read the server's certificate: ${text}.`);
}
