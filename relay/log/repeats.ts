/** Keeps one message that repeats from filling the log: so many per interval, then one line that says how many more. */
import type { Level } from "../ports/log.ts";
import type { LogArea } from "./areas.ts";

export interface RepeatOptions {
  /** Lines of one message that are written per interval. */
  readonly perInterval: number;
  readonly intervalMs: number;
  /** Messages remembered at a time; the oldest is forgotten first. */
  readonly maxMessages: number;
}

/** 20 lines a second of one message are still readable and cost little; a flood brings thousands. */
const REPEAT_DEFAULTS: RepeatOptions = {
  perInterval: 200,
  intervalMs: 10_000,
  maxMessages: 512,
};

interface RepeatedLine {
  readonly area: LogArea;
  readonly level: Level;
  readonly message: string;
}

export interface Suppressed extends RepeatedLine {
  readonly count: number;
}

interface Window {
  readonly line: RepeatedLine;
  readonly start: number;
  seen: number;
}

export class RepeatLimiter {
  readonly #options: RepeatOptions;
  /** In order of their start. */
  readonly #windows = new Map<string, Window>();
  #evicted: Suppressed[] = [];
  #suppressing = 0;

  constructor(options: Partial<RepeatOptions> = {}) {
    this.#options = { ...REPEAT_DEFAULTS, ...options };
  }

  /** Whether the line may be written. Call `expire` with the same time first. */
  admit(line: RepeatedLine, now: number): boolean {
    const key = `${line.level} ${line.area} ${line.message}`;
    let window = this.#windows.get(key);
    if (window === undefined) {
      window = { line, start: now, seen: 0 };
      if (this.#windows.size >= this.#options.maxMessages) this.#evictOldest();
      this.#windows.set(key, window);
    }
    window.seen += 1;
    if (window.seen === this.#options.perInterval + 1) this.#suppressing += 1;
    return window.seen <= this.#options.perInterval;
  }

  /** Ends the intervals that are over and says what was left out in them. */
  expire(now: number): Suppressed[] {
    for (const [key, window] of this.#windows) {
      if (now - window.start < this.#options.intervalMs) break;
      this.#end(key, window);
    }
    const ended = this.#evicted;
    if (ended.length > 0) this.#evicted = [];
    return ended;
  }

  /** Whether lines are being left out, so that `expire` will have something to say. */
  get suppressing(): boolean {
    return this.#suppressing > 0 || this.#evicted.length > 0;
  }

  get intervalMs(): number {
    return this.#options.intervalMs;
  }

  get size(): number {
    return this.#windows.size;
  }

  #evictOldest(): void {
    for (const [key, window] of this.#windows) return this.#end(key, window);
  }

  #end(key: string, window: Window): void {
    this.#windows.delete(key);
    const count = window.seen - this.#options.perInterval;
    if (count <= 0) return;
    this.#suppressing -= 1;
    this.#evicted.push({ ...window.line, count });
  }
}
