/** The log of the relay: decides which lines are written and how, and hands them to an output. */
import type { Clock } from "../../quic/clock.ts";
import type { Fields, Level, Log } from "../ports/log.ts";
import { reasonOf } from "../start_error.ts";
import type { LogArea } from "./areas.ts";
import { formatLine, type LineStyle } from "./format.ts";
import { type LevelRules, parseLevels, passes, thresholdOf } from "./levels.ts";
import { LogTail } from "./log_tail.ts";
import type { LineOutput } from "./output.ts";
import { RepeatLimiter, type RepeatOptions } from "./repeats.ts";
import { Timestamps } from "./timestamps.ts";

/** What can change while the relay runs. */
export interface LogSettings extends LineStyle {
  readonly levels: LevelRules;
}

const DEFAULT_LOG_SETTINGS: LogSettings = {
  format: "pretty",
  addresses: "full",
  colour: false,
  levels: parseLevels("info"),
};

/** Counts of lines that are missing from the log. */
export interface LogCounters {
  logLinesLost: number;
  logLinesSuppressed: number;
}

export interface LoggerOptions {
  readonly clock: Clock;
  /** Opens the output; it is given the line that says how many lines were lost, and the place to count them. */
  readonly output: (
    hooks: { lossNotice: (lines: number) => string; onLost: (lines: number) => void },
  ) => LineOutput;
  readonly settings?: Partial<LogSettings>;
  readonly repeats?: Partial<RepeatOptions>;
  /** Areas whose lines are wanted one by one, like those of a tap. */
  readonly unlimitedAreas?: readonly LogArea[];
  readonly counters?: LogCounters;
}

/** Area of lines that belong to no part in particular. */
const ROOT_AREA: LogArea = "relay";

export class Logger implements Log {
  /** The newest lines, but for areas without a limit: a tap would leave no room for anything else. */
  readonly tail = new LogTail();
  readonly #clock: Clock;
  readonly #output: LineOutput;
  readonly #timestamps: Timestamps;
  readonly #repeats: RepeatLimiter;
  readonly #unlimited: ReadonlySet<LogArea>;
  readonly #counters: LogCounters;
  readonly #areas = new Map<LogArea, AreaLog>();
  readonly #root: AreaLog;
  #settings: LogSettings;
  #summaryDue = false;

  constructor(options: LoggerOptions) {
    this.#clock = options.clock;
    this.#settings = { ...DEFAULT_LOG_SETTINGS, ...options.settings };
    this.#timestamps = new Timestamps(options.clock);
    this.#repeats = new RepeatLimiter(options.repeats);
    this.#unlimited = new Set(options.unlimitedAreas);
    this.#counters = options.counters ?? { logLinesLost: 0, logLinesSuppressed: 0 };
    this.#output = options.output({
      lossNotice: (lines) => this.#line("warn", ROOT_AREA, "Log lines were lost", { lines }),
      onLost: (lines) => this.#counters.logLinesLost += lines,
    });
    this.#root = this.area(ROOT_AREA);
  }

  debug(message: string, fields?: Fields): void {
    this.#root.debug(message, fields);
  }

  info(message: string, fields?: Fields): void {
    this.#root.info(message, fields);
  }

  warn(message: string, fields?: Fields): void {
    this.#root.warn(message, fields);
  }

  error(message: string, fields?: Fields): void {
    this.#root.error(message, fields);
  }

  enabled(level: Level): boolean {
    return this.#root.enabled(level);
  }

  area(name: LogArea): AreaLog {
    let area = this.#areas.get(name);
    if (area === undefined) {
      const write = (level: Level, message: string, fields: Fields) =>
        this.#write(level, name, message, fields);
      area = new AreaLog(this, write, thresholdOf(this.#settings.levels, name));
      this.#areas.set(name, area);
    }
    return area;
  }

  /**
   * Writes at level info whatever the levels are: the few lines that scripts wait for. They look for `key=value`
   * whatever the format is, so the message of a JSON line has that too.
   */
  announce(message: string, fields: Fields = {}): void {
    const words = this.#settings.format === "json"
      ? Object.entries(fields).map(([key, value]) => ` ${key}=${value}`)
      : [];
    this.#output.write(this.#line("info", ROOT_AREA, message + words.join(""), fields));
    this.#keep("info", ROOT_AREA, message, fields);
  }

  /** Writes at level info whatever the levels are, however often: lines that must not be missing. */
  record(area: LogArea, message: string, fields: Fields): void {
    this.#output.write(this.#line("info", area, message, fields));
    this.#keep("info", area, message, fields);
  }

  /** Changes settings for all areas at once. */
  configure(settings: Partial<LogSettings>): void {
    this.#settings = { ...this.#settings, ...settings };
    for (const [name, area] of this.#areas) {
      area.threshold = thresholdOf(this.#settings.levels, name);
    }
  }

  /** Opens the log file anew; when that fails the old one goes on and a line says so. */
  reopen(): void {
    try {
      this.#output.reopen();
    } catch (error) {
      this.error("Cannot reopen the log file, going on with the old one", {
        reason: reasonOf(error),
      });
    }
  }

  /** Resolves when everything is written, or after `limitMs`. */
  flush(limitMs?: number): Promise<void> {
    this.#summarize(true);
    return this.#output.flush(limitMs);
  }

  /** Writes what waits at once, for the last moments of a process. */
  flushSync(): void {
    this.#summarize(true);
    this.#output.flushSync();
  }

  #write(level: Level, area: LogArea, message: string, fields: Fields): void {
    if (!this.#unlimited.has(area)) {
      this.#summarize(false);
      if (!this.#repeats.admit({ area, level, message }, this.#clock.now())) {
        this.#counters.logLinesSuppressed += 1;
        return this.#scheduleSummary();
      }
    }
    this.#output.write(this.#line(level, area, message, fields));
    if (!this.#unlimited.has(area)) this.#keep(level, area, message, fields);
  }

  #keep(level: Level, area: LogArea, message: string, fields: Fields): void {
    const { addresses } = this.#settings;
    this.tail.write(this.#clock.wall(), level, area, message, fields, addresses);
  }

  #line(level: Level, area: LogArea, message: string, fields: Fields): string {
    const time = this.#timestamps.now();
    return formatLine({ time, level, area, message, fields }, this.#settings);
  }

  #summarize(all: boolean): void {
    const ended = this.#repeats.expire(all ? Infinity : this.#clock.now());
    for (const { level, area, message, count } of ended) {
      const fields = { suppressed: count, like: message };
      const text = "Left out lines that repeat";
      this.#output.write(this.#line(level, area, text, fields));
      this.#keep(level, area, text, fields);
    }
  }

  /** A burst that stops is still summed up although no further line comes. */
  #scheduleSummary(): void {
    if (this.#summaryDue) return;
    this.#summaryDue = true;
    this.#clock.after(this.#repeats.intervalMs, () => {
      this.#summaryDue = false;
      this.#summarize(false);
      if (this.#repeats.suppressing) this.#scheduleSummary();
    });
  }
}

/** The log of one area: a level check in front of the logger. */
class AreaLog implements Log {
  readonly #logger: Logger;
  readonly #write: (level: Level, message: string, fields: Fields) => void;
  threshold: Level;

  constructor(
    logger: Logger,
    write: (level: Level, message: string, fields: Fields) => void,
    threshold: Level,
  ) {
    this.#logger = logger;
    this.#write = write;
    this.threshold = threshold;
  }

  debug(message: string, fields: Fields = {}): void {
    if (this.enabled("debug")) this.#write("debug", message, fields);
  }

  info(message: string, fields: Fields = {}): void {
    if (this.enabled("info")) this.#write("info", message, fields);
  }

  warn(message: string, fields: Fields = {}): void {
    if (this.enabled("warn")) this.#write("warn", message, fields);
  }

  error(message: string, fields: Fields = {}): void {
    if (this.enabled("error")) this.#write("error", message, fields);
  }

  area(name: LogArea): Log {
    return this.#logger.area(name);
  }

  enabled(level: Level): boolean {
    return passes(level, this.threshold);
  }
}
