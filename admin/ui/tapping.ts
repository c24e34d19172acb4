/** The tap this page watches, if any: goes on while other views are open, and is shown in all of them. */
import { signal } from "@preact/signals";
import { announce } from "./announce.ts";
import { ApiError, feed, type FeedOptions, post, sentenceOf } from "./api.ts";
import { waitMs } from "./model/reconnect.ts";
import { addBatch, EMPTY_TAP, type TapView } from "./model/tap_view.ts";
import type { Tap, TapBatch } from "./model/shapes.ts";
import { refused } from "./operate.ts";

export interface Tapping {
  /** Null is all rooms. */
  readonly room: string | null;
  readonly state: "starting" | "running" | "ended";
  /** As the relay knows it. */
  readonly tap: Tap | null;
  /** Why it ended. */
  readonly why: string;
}

export const tapping = signal<Tapping | null>(null);
/** Everything so far. */
export const tapView = signal<TapView>(EMPTY_TAP);

let running = new AbortController();

/** Begins to watch; what was shown before is forgotten. */
export async function startTap(room: string | null): Promise<void> {
  stopTap();
  const own = new AbortController();
  running = own;
  tapView.value = EMPTY_TAP;
  tapping.value = { room, state: "starting", tap: null, why: "" };
  let lastId: string | null = null;
  for (let failures = 0;;) {
    try {
      // With the id of the last event the relay goes on where it was, as long as it keeps the tap.
      const options: FeedOptions = { query: { room }, lastId, signal: own.signal };
      for await (const events of feed("tap", options)) {
        failures = 0;
        for (const { id, name, data } of events) {
          lastId = id ?? lastId;
          if (take(own, name, JSON.parse(data))) return;
        }
        showSoon();
      }
    } catch (error) {
      if (own.signal.aborted) return;
      if (error instanceof ApiError || lastId === null) {
        refused(error);
        return change(own, lastId === null ? null : { state: "ended", why: sentenceOf(error) });
      }
    }
    if (own.signal.aborted) return;
    failures += 1;
    await new Promise((resolve) => setTimeout(resolve, waitMs(failures, Math.random())));
  }
}

/** Whether this was the last event. */
function take(own: AbortController, name: string, data: unknown): boolean {
  switch (name) {
    case "tap":
      change(own, { tap: data as Tap, state: "running" });
      return false;
    case "items":
      waiting.push(data as TapBatch);
      return false;
    case "end":
      announce(["The tap has ended"]);
      change(own, { state: "ended", why: ENDS[(data as { reason: string }).reason] ?? "" });
      return true;
    default:
      return false;
  }
}

function change(own: AbortController, to: Partial<Tapping> | null): void {
  if (running !== own || tapping.value === null || tapping.value.state === "ended") return;
  tapping.value = to === null ? null : { ...tapping.value, ...to };
}

const ENDS: Readonly<Record<string, string>> = {
  time: "A tap ends by itself after ten minutes.",
  removed: "An operator ended it.",
  displaced: "Somebody else took it over.",
};

/** Ends it, at the relay too, which else would wait for this page to come back; what was seen stays. */
export function stopTap(): void {
  running.abort();
  const now = tapping.value;
  if (now === null || now.state === "ended") return;
  if (now.tap !== null) end(now.tap);
  tapping.value = { ...now, state: "ended", why: "" };
}

function end({ id }: Tap): void {
  post(`taps/${encodeURIComponent(id)}`, {}, "DELETE").catch(() => {});
}

let waiting: TapBatch[] = [];
let drawing = false;

/** A picture a frame is enough, however many batches come. */
function showSoon(): void {
  if (drawing || waiting.length === 0) return;
  drawing = true;
  setTimeout(() => {
    drawing = false;
    const batches = waiting;
    waiting = [];
    tapView.value = batches.reduce(addBatch, tapView.value);
  }, 100);
}
