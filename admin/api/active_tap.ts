/** A tap that is active: what it sees is kept for a moment, so that a viewer who lost its connection can go on. */
import type { TapSubscription } from "../../relay/ports/tap.ts";
import { eventStream, type Speaker, sseEvent } from "./event_stream.ts";
import type { TapRow } from "./shapes.ts";
import { tapItem } from "./tap_items.ts";
import type { SiteHost } from "../site_host.ts";

/** A forgotten tap ends by itself. */
export const TAP_MS = 600_000;
/** How long it waits for its viewer, to come or to come back. */
const LINGER_MS = 30_000;
const LOOK_MS = 200;
const ITEMS_PER_EVENT = 50;
/** Items that were told and are kept for a viewer that missed them. */
const KEPT = 1_000;
/** Packets of ten people who speak at once; of more it is a sample. */
const SAMPLES_PER_SECOND = 500;
const CAPACITY = 2_000;

export type TapEnd = "time" | "removed" | "displaced" | "unwatched";

export interface ActiveTapInit {
  readonly id: string;
  readonly room: string | null;
  readonly onEnd: (tap: ActiveTap, why: TapEnd) => void;
}

export class ActiveTap {
  readonly id: string;
  readonly room: string | null;
  readonly #host: SiteHost;
  readonly #init: ActiveTapInit;
  readonly #since: number;
  readonly #subscription: TapSubscription;
  readonly #end: Timer;
  #linger: Timer | null = null;
  #viewer: TapViewer | null = null;
  /** Items by their number, which is where a viewer goes on; the newest `KEPT`. */
  #kept: string[] = [];
  #lastNumber = 0;
  #skipped = 0;
  #unsampled = 0;

  constructor(host: SiteHost, init: ActiveTapInit) {
    this.id = init.id;
    this.room = init.room;
    this.#host = host;
    this.#init = init;
    this.#since = host.clock.wall();
    this.#subscription = host.tap.subscribe({
      room: init.room,
      capacity: CAPACITY,
      samplesPerSecond: SAMPLES_PER_SECOND,
    });
    this.#end = host.clock.after(TAP_MS, () => this.end("time"));
    this.#await();
  }

  row(): TapRow {
    return {
      id: this.id,
      room: this.room,
      since: this.#since,
      endsAt: this.#since + TAP_MS,
      viewed: this.#viewer !== null,
    };
  }

  /** Shows it to one viewer, who takes the place of the one before. */
  view(lastEventId: string | undefined): Response {
    this.#linger?.cancel();
    this.#linger = null;
    const [id, number = ""] = (lastEventId ?? "").split(".");
    const resumes = id === this.id && /^\d{1,15}$/.test(number);
    const after = resumes ? Math.min(Number(number), this.#lastNumber) : this.#lastNumber;
    return eventStream(this.#host, (wake) => {
      const viewer = new TapViewer(this, this.#host, wake, after);
      const before = this.#viewer;
      this.#viewer = viewer;
      before?.finish("displaced");
      return viewer;
    });
  }

  /** It is over, whoever watches. */
  end(why: Exclude<TapEnd, "displaced">): void {
    this.#end.cancel();
    this.#linger?.cancel();
    this.#subscription.close();
    this.#init.onEnd(this, why);
    const viewer = this.#viewer;
    this.#viewer = null;
    viewer?.finish(why === "time" ? "time" : "removed");
    this.#kept = [];
  }

  /** For its viewer: the items after a number, as one event, or null. */
  itemsAfter(number: number): { readonly event: string; readonly last: number } | null {
    if (number === this.#lastNumber) this.#take();
    const first = this.#lastNumber - this.#kept.length + 1;
    const from = Math.max(number + 1, first);
    const skipped = this.#skipped + (from - number - 1);
    const unsampled = this.#unsampled;
    if (from > this.#lastNumber && skipped === 0 && unsampled === 0) return null;
    const items = this.#kept.slice(from - first, from - first + ITEMS_PER_EVENT);
    const last = from - 1 + items.length;
    this.#skipped = 0;
    this.#unsampled = 0;
    const data = `{"items":[${items.join()}],"skipped":${skipped},"unsampled":${unsampled}}`;
    return { event: sseEvent("items", data, `${this.id}.${last}`), last };
  }

  /** The viewer's connection is gone. */
  left(viewer: TapViewer): void {
    if (this.#viewer !== viewer) return;
    this.#viewer = null;
    this.#await();
  }

  #await(): void {
    this.#linger = this.#host.clock.after(LINGER_MS, () => this.end("unwatched"));
  }

  #take(): void {
    const { events, skipped, unsampled } = this.#subscription.take(ITEMS_PER_EVENT);
    this.#skipped += skipped;
    this.#unsampled += unsampled;
    for (const event of events) this.#kept.push(JSON.stringify(tapItem(event)));
    this.#lastNumber += events.length;
    if (this.#kept.length > KEPT) this.#kept.splice(0, this.#kept.length - KEPT);
  }
}

type Timer = ReturnType<SiteHost["clock"]["every"]>;

class TapViewer implements Speaker {
  readonly #tap: ActiveTap;
  readonly #timer: Timer;
  readonly #wake: () => void;
  #number: number;
  #greeted = false;
  #end: "time" | "removed" | "displaced" | null = null;
  ended = false;

  constructor(tap: ActiveTap, { clock }: SiteHost, wake: () => void, number: number) {
    this.#tap = tap;
    this.#wake = wake;
    this.#number = number;
    this.#timer = clock.every(LOOK_MS, wake);
  }

  next(): string | null {
    if (!this.#greeted) {
      this.#greeted = true;
      const id = `${this.#tap.id}.${this.#number}`;
      return sseEvent("tap", JSON.stringify(this.#tap.row()), id);
    }
    if (this.ended) return null;
    if (this.#end !== null) {
      this.ended = true;
      return sseEvent("end", JSON.stringify({ reason: this.#end }));
    }
    const items = this.#tap.itemsAfter(this.#number);
    if (items === null) return null;
    this.#number = items.last;
    return items.event;
  }

  close(): void {
    this.#timer.cancel();
    this.#tap.left(this);
  }

  /** What waits is not told any more, only why it ends. */
  finish(why: "time" | "removed" | "displaced"): void {
    this.#end = why;
    this.#wake();
  }
}
