/** Opens the log the operator asked for: standard output or a file. */
import { type Clock, systemClock } from "../../quic/clock.ts";
import { openForAppending } from "./append_file.ts";
import { reasonOf, StartError } from "../start_error.ts";
import type { LogArea } from "./areas.ts";
import type { LogAddresses, LogFormat } from "./format.ts";
import { type LevelRules, parseLevels } from "./levels.ts";
import { type LogCounters, Logger } from "./logger.ts";
import { LineOutput, type Sink } from "./output.ts";

interface OpenLogOptions {
  /** A file to append to; standard output without it. Asked again by `reopen`. */
  readonly file?: () => string | null;
  readonly format?: LogFormat;
  readonly levels?: LevelRules;
  readonly addresses?: LogAddresses;
  readonly unlimitedAreas?: readonly LogArea[];
  readonly counters?: LogCounters;
  readonly clock?: Clock;
}

/** Throws StartError when the file cannot be opened. */
export function openLog(options: OpenLogOptions = {}): Logger {
  const { file = () => null, clock = systemClock } = options;
  const open = () => {
    const path = file();
    return path === null ? STDOUT : openFile(path);
  };
  return new Logger({
    clock,
    output: (hooks) => new LineOutput({ ...hooks, open, clock }),
    settings: {
      format: options.format ?? "pretty",
      levels: options.levels ?? parseLevels("info"),
      addresses: options.addresses ?? "full",
      colour: colourFor(file()),
    },
    unlimitedAreas: options.unlimitedAreas ?? [],
    ...(options.counters === undefined ? {} : { counters: options.counters }),
  });
}

/** Whether lines to this file, or to standard output when it is null, have colours. */
export function colourFor(file: string | null): boolean {
  return file === null && wantsColour(Deno.stdout.isTerminal(), Deno.env.get("NO_COLOR"));
}

/** Colours are for people: only on a terminal, and not when NO_COLOR holds anything. */
export function wantsColour(isTerminal: boolean, noColor: string | undefined): boolean {
  return isTerminal && (noColor === undefined || noColor === "");
}

/** Standard output is never closed: a reopened log goes on with it. */
const STDOUT: Sink = {
  write: (bytes) => Deno.stdout.write(bytes),
  writeSync: (bytes) => Deno.stdout.writeSync(bytes),
  close() {},
};

/** Why lines could not be written to this file from now on, or null when they could. */
export function logFileProblem(path: string | null): string | null {
  if (path === null) return null;
  try {
    openFile(path).close();
    return null;
  } catch (error) {
    return error instanceof StartError ? error.message : String(error);
  }
}

function openFile(path: string): Sink {
  try {
    return openForAppending(path);
  } catch (error) {
    // The file itself would have been created.
    const reason = error instanceof Deno.errors.NotFound
      ? "its directory does not exist"
      : reasonOf(error);
    throw new StartError("log_file_unusable", `Cannot open the log file ${path}: ${reason}`);
  }
}
