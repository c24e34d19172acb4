/** The client tool: runs one command, tells problems in sentences, answers the exit status. */
import { nodeCrypto } from "../proto/node_crypto.ts";
import { type Clock, systemClock } from "../quic/clock.ts";
import { QuicError } from "../quic/errors.ts";
import type { Transport } from "../quic/port.ts";
import type { SocketAddress } from "../proto/socket_address.ts";
import { clientHelp, parseClientArguments } from "./arguments.ts";
import type { Command } from "./commands/command.ts";
import { runCall, runSignal } from "./commands/call.ts";
import { chooses, choosing, type Chosen } from "./commands/choosing.ts";
import { runEchoTest } from "./commands/echo_test.ts";
import { runNat } from "./commands/nat.ts";
import { runNetcheck } from "./commands/netcheck.ts";
import { runPing } from "./commands/ping.ts";
import { runReflect } from "./commands/reflect.ts";
import { runRoom } from "./commands/room.ts";
import { runVersionCheck } from "./commands/version_check.ts";
import { runWireguardEndpoint } from "./commands/wg_endpoint.ts";
import { ClientError } from "./errors.ts";
import type { Action } from "./flags.ts";
import { transportNamed } from "./quic_choice.ts";
import { formatSocketAddress } from "../proto/socket_address.ts";
import { resolveRelayAddress } from "./relay_address.ts";
import { type ClientSocket, openSocket } from "./socket.ts";
import { processStop, terminalProgress } from "./terminal.ts";
import { visibleText } from "./visible_text.ts";

const FAILED = 1;
const USAGE = 64;
const MAX_ERROR = 400;

const COMMANDS: Readonly<Record<Action, Command>> = {
  "ping": runPing,
  "version-check": runVersionCheck,
  "room": runRoom,
  "echo-test": runEchoTest,
  "signal": runSignal,
  "call": runCall,
  "reflect": runReflect,
  "nat": runNat,
  "netcheck": runNetcheck,
  "wg-endpoint": runWireguardEndpoint,
};

export interface ClientSurroundings {
  readonly print: (line: string) => void;
  readonly printError: (line: string) => void;
  readonly progress?: (text: string) => void;
  /** Default: the one that `--quic` names. */
  readonly transport?: Transport;
  readonly clock?: Clock;
  /** Default: aborted by SIGINT and SIGTERM. */
  readonly stopSignal?: () => AbortSignal;
}

/** Never rejects for what a user can do something about. */
export async function runClient(
  words: readonly string[],
  surroundings: ClientSurroundings,
): Promise<number> {
  const { print, printError, clock = systemClock, stopSignal = processStop } = surroundings;
  let endpoint: ClientSocket | undefined;
  let chosen: Chosen | undefined;
  let relay = "The relay";
  try {
    const args = parseClientArguments(words);
    if (args.action === "help") {
      print(clientHelp());
      return 0;
    }
    const transport = surroundings.transport ?? transportNamed(args.quic);
    if (chooses(args)) chosen = await choosing(args, transport, { print, printError, clock });
    const address = chosen?.address ?? await firstResolved(args.relays);
    relay = `The relay at ${formatSocketAddress(address)}`;
    endpoint = await openSocket(transport, address);
    await COMMANDS[args.action]({
      endpoint,
      address,
      relays: chosen?.watch ?? null,
      clock,
      crypto: nodeCrypto,
      args: chosen?.args ?? args,
      print,
      printError: (text) => printError(`wzp-relay client: ${visibleText(text, MAX_ERROR)}`),
      progress: surroundings.progress ?? terminalProgress(),
      stopSignal,
    });
    return 0;
  } catch (error) {
    if (!(error instanceof ClientError || error instanceof QuicError)) throw error;
    // A relay's close reason may be in it: text of a stranger on its way to a terminal.
    printError(`wzp-relay client: ${sentence(error, relay).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "?")}`);
    return error.code === "usage" || error.code === "unsupported" ? USAGE : FAILED;
  } finally {
    await endpoint?.close();
    await chosen?.close();
  }
}

/** Of the first that can be resolved. Rejects with the first one's error. */
async function firstResolved(relays: readonly string[]): Promise<SocketAddress> {
  const tries = await Promise.allSettled(relays.map(resolveRelayAddress));
  for (const attempt of tries) if (attempt.status === "fulfilled") return attempt.value;
  return await resolveRelayAddress(relays[0]!);
}

function sentence(error: ClientError | QuicError, relay: string): string {
  if (error.code === "timeout") return `${relay} does not answer.`;
  if (error.code === "pin_mismatch") {
    return `${relay} has another certificate than the pinned one; compare with tls_fingerprint= in its log.`;
  }
  return error.message;
}
