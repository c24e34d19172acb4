/** Keeps the newest lines of the log in memory, for the console: what is masked in the log is masked here. */
import type { LogRecord } from "../ports/admin.ts";
import type { Fields, Level } from "../ports/log.ts";
import { RecentRecords } from "../recent_records.ts";
import { cut, escapeUnsafe } from "./escape.ts";
import { fieldTexts, type LogAddresses } from "./format.ts";

/** A quarter of an hour of a busy relay; a line takes about 500 bytes. */
const MAX_LINES = 1_000;

export class LogTail extends RecentRecords<LogRecord> {
  constructor(capacity = MAX_LINES) {
    super(capacity);
  }

  /** A line was written at this Unix time. */
  write(
    at: number,
    level: Level,
    area: string,
    message: string,
    fields: Fields,
    addresses: LogAddresses,
  ): void {
    const text = escapeUnsafe(cut(message));
    const shown = fieldTexts(fields, addresses);
    this.add((id) => ({ id, at, level, area, message: text, fields: shown }));
  }
}
