/** Reads the command line of the client tool by the table of its flags. */
import { ClientError } from "./errors.ts";
import { type Action, type Flag, FLAGS, type Settings } from "./flags.ts";

export interface ClientArguments extends Readonly<Settings> {
  readonly action: Action | "help";
  readonly relay: string;
  /** All of them; only `--nat` and `--netcheck` take more than one. */
  readonly relays: readonly string[];
  /** The same without the default. */
  readonly named: readonly string[];
}

const DEFAULT_RELAY = "127.0.0.1:4433";
const HELP = ["-h", "--help"];

interface Given {
  readonly flag: Flag;
  readonly value: string;
}

/** Throws `ClientError` code `usage` with a sentence that says what is wrong. */
export function parseClientArguments(args: readonly string[]): ClientArguments {
  const { given, relays, help } = read(args);
  const named = [...relays];
  const settings: Settings = { count: 3, json: false, quic: "deno", direct: false };
  if (relays.length === 0) relays.push(DEFAULT_RELAY);
  const [relay = DEFAULT_RELAY] = relays;
  if (help) return { ...settings, action: "help", relay, relays, named };
  const action = actionOf(given);
  for (const { flag, value } of given) {
    if (flag.with && !flag.with.includes(action)) {
      throw usage(`${flag.name} does not go with --${action}`);
    }
    try {
      flag.apply?.(settings, value);
    } catch (error) {
      throw usage(error instanceof Error ? error.message : String(error));
    }
  }
  if (settings.sendTone !== undefined && settings.sendFile !== undefined) {
    throw usage("give only one of --send-tone and --send-file");
  }
  if (named.length > 1 && action !== "nat" && action !== "netcheck") {
    throw usage(`one relay at a time, not "${relays.join('" and "')}"; for several use --relays`);
  }
  const finding = given.find(({ flag }) => flag.finds);
  if (named.length > 0 && finding !== undefined && action !== "netcheck") {
    throw usage(`give either the relay "${relays[0]}" or ${finding.flag.name} to choose one`);
  }
  if (action === "wg-endpoint") checkMeeting(settings);
  checkToken(settings);
  return { ...settings, action, relay, relays, named };
}

/** The text of `--help`. */
export function clientHelp(): string {
  const width = Math.max(...FLAGS.map((flag) => left(flag).length));
  const line = (text: string, help: string) => `  ${text.padEnd(width)}  ${help}`;
  return `Usage: wzp-relay client [options] [relay]

${FLAGS.map((flag) => line(left(flag), flag.help)).join("\n")}
${line(HELP.join(", "), "show this text")}

The relay is host, host:port or [v6]:port; default ${DEFAULT_RELAY}. --nat and --netcheck take several.
With --relays or --registry the nearest one is chosen. netcheck and wg-endpoint go without dashes as well.
Exit status: 0 done or stopped, 1 it did not work, 64 wrong usage.`;
}

/** A token that nobody asks for is a sign that something was forgotten. */
function checkToken({ registry, registryToken }: Settings): void {
  if (registryToken !== undefined && registry === undefined) {
    throw usage("--registry-token needs --registry");
  }
}

/** What `wg-endpoint` cannot do without. */
function checkMeeting(settings: Settings): void {
  const { registry, party, partyToken, key, peer } = settings;
  const needed = {
    "--registry": registry,
    "--party": party,
    "--party-token": partyToken,
    "--key": key,
    "--peer": peer,
  };
  const missing = Object.entries(needed).filter(([, value]) => value === undefined);
  if (missing.length > 0) {
    throw usage(`wg-endpoint needs ${missing.map(([name]) => name).join(", ")}`);
  }
  if (key === peer) throw usage("--key and --peer are the same key");
}

function left({ name, value }: Flag): string {
  return value === undefined ? name : `${name} ${value}`;
}

function read(args: readonly string[]): { given: Given[]; relays: string[]; help: boolean } {
  const given: Given[] = [];
  const relays: string[] = [];
  let help = false;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (!arg.startsWith("-")) {
      const flag = relays.length === 0 ? FLAGS.find(({ word }) => word === arg) : undefined;
      if (flag === undefined) relays.push(arg);
      else give(given, flag, "");
      continue;
    }
    if (HELP.includes(arg)) {
      help = true;
      continue;
    }
    const equals = arg.indexOf("=");
    const name = equals < 0 ? arg : arg.slice(0, equals);
    const flag = FLAGS.find((known) => known.name === name);
    if (flag === undefined) throw usage(`unknown option "${name}"`);
    if (flag.value === undefined) {
      if (equals >= 0) throw usage(`${name} takes no value`);
      give(given, flag, "");
    } else if (equals >= 0) {
      give(given, flag, arg.slice(equals + 1));
    } else {
      const words: string[] = [];
      do words.push(args[++i] ?? ""); while (flag.words && isWord(args[i + 1]));
      if (words[0] === "") throw usage(`${name} needs a value`);
      give(given, flag, words.join(" "));
    }
  }
  return { given, relays, help };
}

function give(given: Given[], flag: Flag, value: string): void {
  if (given.some((other) => other.flag === flag)) throw usage(`${flag.name} is given twice`);
  given.push({ flag, value });
}

function isWord(arg: string | undefined): boolean {
  return arg !== undefined && !arg.startsWith("-");
}

function actionOf(given: readonly Given[]): Action {
  const all = given.flatMap(({ flag }) => flag.action ?? []);
  // The original's way to call is "--signal --call FINGERPRINT".
  const actions = all.includes("call") ? all.filter((action) => action !== "signal") : all;
  if (actions.length === 1) return actions[0]!;
  const named = FLAGS.filter((flag) => flag.action !== undefined).map(({ name }) => name);
  if (actions.length > 1) throw usage(`give only one of ${named.join(", ")}`);
  if (given.some(({ flag }) => !flag.finds && flag.with?.includes("room"))) return "room";
  throw usage(`say what to do: --room NAME, --send-tone SECONDS, ${named.join(", ")}`);
}

function usage(problem: string): ClientError {
  return new ClientError("usage", `${problem}; see "wzp-relay client --help".`);
}
