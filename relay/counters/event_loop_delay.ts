/** Measures how late timers run: the one thread carries everything, so its delay is everybody's delay. */
import type { Clock, Timer } from "../../quic/clock.ts";
import type { Histogram } from "./cells.ts";

/** Often enough to meet a stall of 100 ms, seldom enough to cost nothing when idle. */
const PERIOD_MS = 100;

/** Observes the delay in seconds until cancelled. */
export function watchEventLoop(clock: Clock, delays: Histogram, periodMs = PERIOD_MS): Timer {
  let timer: Timer;
  const wait = () => {
    const due = clock.now() + periodMs;
    timer = clock.after(periodMs, () => {
      delays.observe(Math.max(0, clock.now() - due) / 1000);
      wait();
    });
  };
  wait();
  return { cancel: () => timer.cancel() };
}
