/** The composition root: reads the command line, puts the relay together and runs it to its end. */
import { openAdmin } from "../admin/open.ts";
import { openRegistry } from "../discovery/open_registry.ts";
import { startRegistration } from "../discovery/registration.ts";
import { openFederation } from "../federation/federation.ts";
import { nodeCrypto } from "../proto/node_crypto.ts";
import { systemClock } from "../quic/clock.ts";
import type { Transport } from "../quic/port.ts";
import { systemTransport } from "../quic/system_transport.ts";
import { openUdpRelay } from "../udp_relay/open.ts";
import { buildHash } from "./build_hash.ts";
import { helpText, loadConfig, type Loaded, printConfig, readFileOnDisk } from "./config/mod.ts";
import { escapeUnsafe } from "./log/escape.ts";
import { askMesh } from "./mesh_status.ts";
import { outliveSignals } from "./operator_signals.ts";
import { openPrinter } from "./printer.ts";
import { Relay } from "./relay.ts";
import { selfTest } from "./self_test.ts";
import { EXIT_CANNOT_BIND, EXIT_CONFIG, EXIT_INTERNAL, StartError } from "./start_error.ts";

export interface Surroundings {
  readonly transport?: Transport;
  readonly print: (line: string) => void;
  readonly printError: (line: string) => void;
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
    case "mesh-status":
      return reportMesh(result, print, complain);
    case "run":
      break;
  }
  const heedAgain = outliveSignals();
  try {
    const relay = await Relay.start({
      loaded: result,
      input,
      transport: around.transport ?? systemTransport,
      clock: systemClock,
      crypto: nodeCrypto,
      build: buildHash(),
      printer: openPrinter(systemClock),
      complain,
      federate: openFederation,
      openAdmin,
      companions: { openRegistry, startRegistration, openUdpRelay },
    });
    return await relay.ended;
  } catch (error) {
    if (error instanceof StartError) {
      complain(error.message);
      return error.exitCode;
    }
    complain(`This is a fault of the relay: ${error instanceof Error ? error.stack : error}`);
    return EXIT_INTERNAL;
  } finally {
    heedAgain();
  }
}

/** `--check-config` and `--print-config`: nothing is opened or written. */
function inspect(
  loaded: Loaded,
  print: (line: string) => void,
  complain: (sentence: string) => void,
): number {
  if (isMissing(loaded, complain)) return EXIT_CONFIG;
  loaded.warnings.forEach((warning) => complain(`warning: ${warning}`));
  if (loaded.action === "print") print(printConfig(loaded).trimEnd());
  else print(`configuration is valid${loaded.configPath ? `: ${loaded.configPath}` : ""}`);
  return 0;
}

/** `--mesh-status`: asks the relay that runs with this configuration. */
async function reportMesh(
  loaded: Loaded,
  print: (line: string) => void,
  complain: (sentence: string) => void,
): Promise<number> {
  if (isMissing(loaded, complain)) return EXIT_CONFIG;
  const answer = await askMesh(loaded.config);
  if ("table" in answer) {
    print(answer.table.trimEnd());
    return 0;
  }
  complain(answer.problem);
  return EXIT_CANNOT_BIND;
}

function isMissing(
  { configMissing, configPath }: Loaded,
  complain: (sentence: string) => void,
): boolean {
  if (configMissing) complain(`The configuration file ${configPath} does not exist.`);
  return configMissing;
}
