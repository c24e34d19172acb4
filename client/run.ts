/** The client tool: does one thing, prints it for people or scripts, answers the exit status. */
import { formatTlsFingerprint } from "../proto/certificate.ts";
import { nodeCrypto } from "../proto/node_crypto.ts";
import { formatSocketAddress } from "../proto/socket_address.ts";
import type { SocketAddress } from "../proto/socket_address.ts";
import { type Clock, systemClock } from "../quic/clock.ts";
import { QuicError } from "../quic/errors.ts";
import type { Endpoint, Transport } from "../quic/port.ts";
import { systemTransport } from "../quic/system_transport.ts";
import { CLIENT_HELP, type ClientArguments, parseClientArguments } from "./arguments.ts";
import { ClientError } from "./errors.ts";
import { ping } from "./ping.ts";
import { resolveRelayAddress } from "./relay_address.ts";
import { versionCheck } from "./version_check.ts";

const FAILED = 1;
const USAGE = 64;

export interface ClientSurroundings {
  readonly transport?: Transport;
  readonly print: (line: string) => void;
  readonly printError: (line: string) => void;
  readonly clock?: Clock;
}

interface Task {
  readonly endpoint: Endpoint;
  readonly address: SocketAddress;
  readonly clock: Clock;
  readonly args: ClientArguments;
  readonly print: (line: string) => void;
}

export async function runClient(
  args: readonly string[],
  { transport = systemTransport, print, printError, clock = systemClock }: ClientSurroundings,
): Promise<number> {
  let endpoint: Endpoint | undefined;
  try {
    const parsed = parseClientArguments(args);
    if (parsed.action === "help") {
      print(CLIENT_HELP.trimEnd());
      return 0;
    }
    const address = await resolveRelayAddress(parsed.relay);
    endpoint = await transport.open({ ip: address.ip.includes(":") ? "::" : "0.0.0.0", port: 0 });
    const task = { endpoint, address, clock, args: parsed, print };
    await (parsed.action === "ping" ? runPing(task) : runVersionCheck(task));
    return 0;
  } catch (error) {
    if (!(error instanceof ClientError || error instanceof QuicError)) throw error;
    // A relay's close reason may be in it: text of a stranger on its way to a terminal.
    printError(`wzp-relay client: ${error.message.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "?")}`);
    return error instanceof ClientError && error.code === "usage" ? USAGE : FAILED;
  } finally {
    await endpoint?.close();
  }
}

async function runPing({ endpoint, address, clock, args, print }: Task): Promise<void> {
  const relay = formatSocketAddress(address);
  const times: number[] = [];
  let pin = args.pin;
  while (times.length < args.count) {
    const result = await ping({
      endpoint,
      address,
      clock,
      crypto: nodeCrypto,
      ...(pin === undefined ? {} : { pin }),
    });
    pin ??= result.certificateHash;
    times.push(result.rttMs);
    if (!args.json) print(`${relay} handshake ${times.length}: ${result.rttMs.toFixed(1)} ms`);
  }
  const fingerprint = formatTlsFingerprint(pin!);
  const sorted = times.toSorted((a, b) => a - b);
  const median = sorted[sorted.length >> 1]!;
  if (!args.json) {
    print(`${relay} median ${median.toFixed(1)} ms tls_fingerprint=${fingerprint}`);
    return;
  }
  const round = (ms: number) => Math.round(ms * 1000) / 1000;
  print(JSON.stringify({
    relay,
    tls_fingerprint: fingerprint,
    median_ms: round(median),
    handshakes_ms: times.map(round),
  }));
}

async function runVersionCheck({ endpoint, address, clock, args, print }: Task): Promise<void> {
  const { pin } = args;
  const hash = await versionCheck({ endpoint, address, clock, ...(pin && { pin }) });
  const relay = formatSocketAddress(address);
  print(args.json ? JSON.stringify({ relay, version: hash }) : `${relay} ${hash}`);
}
