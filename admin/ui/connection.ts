/** Keeps the live feed open: begins again by itself, and says how it stands. */
import { effect, signal } from "@preact/signals";
import { announce } from "./announce.ts";
import { ApiError, feed, sentenceOf, token } from "./api.ts";
import { waitMs } from "./model/reconnect.ts";
import { forget, loadPast, participants, receive, watchedRoom } from "./store.ts";

export type Connection =
  | { readonly state: "connecting" }
  | { readonly state: "live" }
  /** Until when nothing is tried. */
  | { readonly state: "lost"; readonly why: string; readonly retryAt: number }
  | { readonly state: "needs_token"; readonly refused: boolean };

export const connection = signal<Connection>({ state: "connecting" });

let attempt = new AbortController();
let instance: string | null = null;
let lastId: string | null = null;

/** Tries at once instead of waiting. */
export function retryNow(): void {
  attempt.abort();
}

/** Begins; a page calls it once. */
export function connect(): void {
  let first = true;
  effect(() => {
    // Another token or another room: another feed.
    void token.value;
    void watchedRoom.value;
    if (!first) retryNow();
    first = false;
  });
  addEventListener("online", retryNow);
  void run();
}

async function run(): Promise<never> {
  for (let failures = 0;;) {
    attempt = new AbortController();
    const { signal } = attempt;
    let opened = false;
    try {
      await follow(signal, () => opened = true);
      throw new TypeError("The relay closed the feed");
    } catch (error) {
      if (signal.aborted) {
        failures = 0;
        continue;
      }
      failures = opened ? 0 : failures + 1;
      if (error instanceof ApiError && error.needsToken) {
        connection.value = { state: "needs_token", refused: token.value !== null };
        await aborted(signal);
        failures = 0;
      } else {
        const wait = waitMs(failures, Math.random());
        if (connection.value.state === "live") announce(["Connection to the relay lost"]);
        connection.value = { state: "lost", why: sentenceOf(error), retryAt: Date.now() + wait };
        await aborted(signal, wait);
      }
    }
  }
}

async function follow(signal: AbortSignal, opened: () => void): Promise<void> {
  const room = watchedRoom.peek();
  participants.value = null;
  const events = feed("events", {
    query: { room },
    lastId,
    signal,
    opened() {
      opened();
      if (connection.peek().state === "lost") announce(["Connected to the relay again"]);
      connection.value = { state: "live" };
      void loadPast().catch(() => {});
    },
  });
  for await (const batch of events) {
    for (const { id, name, data } of batch) {
      lastId = id;
      const value: unknown = JSON.parse(data);
      if (name === "hello") greet(value as { instance: string });
      receive(name, value);
    }
  }
}

function greet(hello: { readonly instance: string }): void {
  if (instance !== null && instance !== hello.instance) forget();
  instance = hello.instance;
}

/** Waits for `retryNow`, at most so long. */
function aborted(signal: AbortSignal, forMs?: number): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = forMs === undefined ? undefined : setTimeout(resolve, forMs);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}
