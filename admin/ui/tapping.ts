/** The tap this page watches, if any: goes on while other views are open, and is shown in all of them. */
import { signal } from "@preact/signals";
import { announce } from "./announce.ts";
import { feed, post } from "./api.ts";
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
  const change = (to: Partial<Tapping>) => {
    if (running === own && tapping.value !== null) tapping.value = { ...tapping.value, ...to };
  };
  let lastId: string | null = null;
  try {
    const options = { query: { room }, lastId, signal: own.signal };
    for await (const events of feed("tap", options)) {
      for (const { id, name, data } of events) {
        lastId = id;
        if (name === "tap") change({ tap: JSON.parse(data), state: "running" });
        if (name === "end") {
          change({ why: ENDS[(JSON.parse(data) as { reason: string }).reason] ?? "" });
        }
        if (name !== "items") continue;
        waiting.push(JSON.parse(data) as TapBatch);
        change({ state: "running" });
      }
      showSoon();
    }
    announce(["The tap has ended"]);
    change({ state: "ended" });
  } catch (error) {
    if (own.signal.aborted) return;
    refused(error);
    if (running === own) tapping.value = null;
  }
}

const ENDS: Readonly<Record<string, string>> = {
  time: "A tap ends by itself after ten minutes.",
  removed: "An operator ended it.",
  displaced: "Somebody else took it over.",
};

/** Ends it, at the relay too, which else would wait for this page to come back; what was seen stays. */
export function stopTap(): void {
  running.abort();
  const id = tapping.value?.tap?.id;
  if (id !== undefined && tapping.value?.state === "running") {
    post(`taps/${encodeURIComponent(id)}`, {}, "DELETE").catch(() => {});
  }
  if (tapping.value !== null && tapping.value.state !== "ended") {
    tapping.value = { ...tapping.value, state: "ended", why: "" };
  }
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
