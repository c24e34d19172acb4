/** Reads the command line of the client tool. */
import { parseTlsFingerprint } from "../proto/certificate.ts";
import { ClientError } from "./errors.ts";

export interface ClientArguments {
  readonly action: "ping" | "version-check" | "help";
  readonly relay: string;
  /** SHA-256 of the only certificate that is accepted. */
  readonly pin?: Uint8Array;
  readonly count: number;
  readonly json: boolean;
}

const DEFAULT_RELAY = "127.0.0.1:4433";
const DEFAULT_COUNT = 3;
const MAX_COUNT = 1000;

export const CLIENT_HELP = `Usage: wzp-relay client <what> [options] [relay]

What to do:
  --ping             measure how long the relay's QUIC handshake takes
  --version-check    print the relay's address and build hash

Options:
  --pin FINGERPRINT  accept only the relay with this TLS fingerprint (default: any)
  --count N          how often to measure with --ping, 1 to ${MAX_COUNT} (default: ${DEFAULT_COUNT})
  --json             print one JSON object for scripts
  -h, --help         show this text

The relay is host, host:port or [v6]:port; default ${DEFAULT_RELAY}.
Exit status: 0 done, 1 the relay cannot be reached or refused, 64 wrong usage.
`;

const FLAGS = ["--ping", "--version-check", "--pin", "--count", "--json", "--help", "-h"] as const;
type Flag = typeof FLAGS[number];

/** Throws `ClientError` code `usage` with a sentence that says what is wrong. */
export function parseClientArguments(args: readonly string[]): ClientArguments {
  const actions: ClientArguments["action"][] = [];
  const relays: string[] = [];
  let pin: Uint8Array | undefined;
  let count = DEFAULT_COUNT;
  let json = false;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (!arg.startsWith("-")) {
      relays.push(arg);
      continue;
    }
    const equals = arg.indexOf("=");
    const name = equals < 0 ? arg : arg.slice(0, equals);
    const flag = FLAGS.find((known) => known === name);
    if (flag === undefined) throw usage(`unknown option "${name}"`);
    const takesValue = flag === "--pin" || flag === "--count";
    if (!takesValue && equals >= 0) throw usage(`${flag} takes no value`);
    const value = takesValue ? equals >= 0 ? arg.slice(equals + 1) : args[++i] : undefined;
    if (takesValue && value === undefined) throw usage(`${flag} needs a value`);
    apply(flag, value ?? "");
  }
  if (actions.includes("help")) return { action: "help", relay: DEFAULT_RELAY, count, json };
  if (actions.length !== 1) throw usage("give exactly one of --ping and --version-check");
  if (relays.length > 1) throw usage(`one relay at a time, not "${relays.join('" and "')}"`);
  const relay = relays[0] ?? DEFAULT_RELAY;
  return { action: actions[0]!, relay, count, json, ...(pin === undefined ? {} : { pin }) };

  function apply(flag: Flag, value: string): void {
    if (flag === "--ping") actions.push("ping");
    else if (flag === "--version-check") actions.push("version-check");
    else if (flag === "--json") json = true;
    else if (flag === "--pin") pin = readPin(value);
    else if (flag === "--count") count = readCount(value);
    else actions.push("help");
  }
}

function readPin(text: string): Uint8Array {
  try {
    return parseTlsFingerprint(text);
  } catch {
    throw usage("--pin wants a TLS fingerprint, 64 hex digits with or without colons");
  }
}

function readCount(text: string): number {
  const count = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > MAX_COUNT) throw usage(`--count wants 1 to ${MAX_COUNT}, not "${text}"`);
  return count;
}

function usage(problem: string): ClientError {
  return new ClientError("usage", `${problem}; see "wzp-relay client --help".`);
}
