/** The composition root: reads the command line, puts the relay together and runs it to its end. */
import { nodeCrypto } from "../proto/node_crypto.ts";
import { type Clock, systemClock } from "../quic/clock.ts";
import type { Transport } from "../quic/port.ts";
import { systemTransport } from "../quic/system_transport.ts";
import { buildHash } from "./build_hash.ts";
import { helpText, loadConfig, type Loaded, printConfig, readFileOnDisk } from "./config/mod.ts";
import { escapeUnsafe } from "./log/escape.ts";
import { standardOutput } from "./log/open_log.ts";
import { Relay } from "./relay.ts";
import { selfTest } from "./self_test.ts";
import { EXIT_CONFIG, EXIT_INTERNAL, StartError } from "./start_error.ts";

export interface Surroundings {
  readonly transport?: Transport;
  readonly print: (line: string) => void;
  readonly printError: (line: string) => void;
  readonly clock?: Clock;
}

/** Does what the arguments ask for; answers the exit code. */
export async function runRelay(args: readonly string[], around: Surroundings): Promise<number> {
  const { print, printError } = around;
  // Paths in it may hold anything, and it is read on a terminal.
  const complain = (sentence: string) => printError(`wzp-relay: ${escapeUnsafe(sentence)}`);
  const input = { args, env: Deno.env.toObject(), readFile: readFileOnDisk };
  const result = await loadConfig(input);
  if ("errors" in result) {
    result.errors.forEach(complain);
    return result.exitCode;
  }
  switch (result.action) {
    case "help":
      print(helpText().trimEnd());
      return 0;
    case "version":
      print(`wzp-relay ${buildHash()}`);
      return 0;
    case "self-test":
      return await selfTest(print) ? 0 : EXIT_INTERNAL;
    case "check":
    case "print":
      return inspect(result, print, complain);
    case "run":
      break;
  }
  const clock = around.clock ?? systemClock;
  try {
    const relay = await Relay.start({
      loaded: result,
      input,
      transport: around.transport ?? systemTransport,
      clock,
      crypto: nodeCrypto,
      build: buildHash(),
      output: standardOutput(clock),
      complain,
    });
    return await relay.ended;
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    complain(error.message);
    return error.exitCode;
  }
}

/** `--check-config` and `--print-config`: nothing is opened or written. */
function inspect(
  loaded: Loaded,
  print: (line: string) => void,
  complain: (sentence: string) => void,
): number {
  if (loaded.configMissing) {
    complain(`The configuration file ${loaded.configPath} does not exist.`);
    return EXIT_CONFIG;
  }
  loaded.warnings.forEach((warning) => complain(`warning: ${warning}`));
  if (loaded.action === "print") print(printConfig(loaded).trimEnd());
  else print(`configuration is valid${loaded.configPath ? `: ${loaded.configPath}` : ""}`);
  return 0;
}
