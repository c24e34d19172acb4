/** Time as a dependency: everything that waits or measures is given a `Clock`, so tests can drive it. */

export interface Timer {
  /** Stops the timer; harmless after it fired. */
  cancel(): void;
}

export interface Clock {
  /** Monotonic milliseconds since an arbitrary origin; for durations. */
  now(): number;
  /** Unix time in milliseconds; for timestamps that others read. */
  wall(): number;
  /** Calls `run` once after `ms`. The timer does not keep the process alive by itself. */
  after(ms: number, run: () => void): Timer;
  /** Calls `run` every `ms` until cancelled. */
  every(ms: number, run: () => void): Timer;
}

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after(ms, run) {
    const id = setTimeout(run, ms);
    Deno.unrefTimer(id);
    return { cancel: () => clearTimeout(id) };
  },
  every(ms, run) {
    const id = setInterval(run, ms);
    Deno.unrefTimer(id);
    return { cancel: () => clearInterval(id) };
  },
};
