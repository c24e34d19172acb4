/** The file of the event log: lines are gathered and written in the background; a slow or full disk costs lines, nothing else. */
import type { Clock } from "../../quic/clock.ts";
import { LineOutput, type Sink } from "../log/output.ts";
import { Timestamps } from "../log/timestamps.ts";
import { reasonOf } from "../start_error.ts";
import type { Log } from "../ports/log.ts";
import { type EventFields, eventLine } from "./event_line.ts";

export interface EventFileParts {
  readonly clock: Clock;
  /** For what the operator must know of the file. */
  readonly log: Log;
  readonly counters: { eventsLost: number };
  /** Opens the file for appending; again after `reopen`. */
  readonly open: () => Sink;
  /** UTF-16 units that may wait for the disk. */
  readonly maxWaiting?: number;
}

/** A write costs the media thread as much as several events, so there are ten writes a second and not one per event. */
const GATHER_MS = 100;
/** Some 20,000 events: a disk that is busy for a second loses nothing. */
const DEFAULT_MAX_WAITING = 4 << 20;
/** One warning for everything that is lost within this. */
const WARNING_MS = 60_000;

export class EventFile {
  readonly #parts: EventFileParts;
  readonly #timestamps: Timestamps;
  readonly #output: LineOutput;
  #warnedAt = -Infinity;

  /** Throws what `open` throws. */
  constructor(parts: EventFileParts) {
    const { clock, open, maxWaiting = DEFAULT_MAX_WAITING } = parts;
    this.#parts = parts;
    this.#timestamps = new Timestamps(clock);
    this.#output = new LineOutput({
      clock,
      open,
      maxWaiting,
      gatherMs: GATHER_MS,
      lossNotice: (count) => eventLine(this.#timestamps.now(), "events_lost", { count }),
      onLost: (count) => this.#onLost(count),
    });
    this.write("log_opened");
  }

  /** Never throws and never waits. */
  write(event: string, fields?: EventFields): void {
    this.#output.write(eventLine(this.#timestamps.now(), event, fields));
  }

  /** Opens the file anew, for rotation; when that fails the old one goes on. */
  reopen(): void {
    try {
      this.#output.reopen();
    } catch (error) {
      this.#parts.log.error("Cannot reopen the event log, going on with the old file", {
        reason: reasonOf(error),
      });
    }
  }

  /** Writes what waits and closes the file; resolves after `limitMs` even if the disk does nothing. */
  async close(limitMs: number): Promise<void> {
    const { clock } = this.#parts;
    const until = clock.now() + limitMs;
    // First what waits, so that there is room for the last line.
    await this.#output.flush(limitMs);
    this.write("log_closed");
    if (clock.now() < until) await this.#output.flush(until - clock.now());
    this.#output.close();
  }

  #onLost(count: number): void {
    const { clock, counters, log } = this.#parts;
    counters.eventsLost += count;
    if (clock.now() - this.#warnedAt < WARNING_MS) return;
    this.#warnedAt = clock.now();
    log.warn("the event log loses events: its disk is full or too slow");
  }
}
