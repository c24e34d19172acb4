/** `/api/v1/events` for one viewer: the state first, then what changes, and lines of log and events as they come. */
import type { Tail } from "../../relay/ports/admin.ts";
import { Problem } from "../problem.ts";
import type { Board } from "./board.ts";
import { changes, type Collection, NO_ROWS, type Rows } from "./collection.ts";
import { eventStream, type Speaker, sseEvent } from "./event_stream.ts";
import { FEED_EVENTS, type FeedEvent } from "./feed_shapes.ts";
import { eventRow, logLine } from "./rows.ts";
import { selfKey } from "./topology.ts";
import type { SiteHost } from "../site_host.ts";

/** Pages that are open at the same time, with room for those that were left open. */
const MAX_VIEWERS = 32;
/** Of the tails, for who comes new. */
const LINES_BEFORE = 100;
const LINES_PER_EVENT = 50;

const COLLECTIONS = ["rooms", "calls", "links", "relays", "edges"] as const;

export interface LiveQuery {
  readonly room?: string | undefined;
  readonly want?: string | undefined;
  readonly lastEventId?: string | undefined;
}

/** Throws `Problem`. */
export function liveFeed(host: SiteHost, board: Board, query: LiveQuery): Response {
  const wanted = wantedOf(query.want);
  if (board.viewers >= MAX_VIEWERS) {
    throw new Problem("too_many_connections", {
      detail: `${MAX_VIEWERS} pages are watching already; close some of them.`,
    });
  }
  return eventStream(host, (wake) => new LiveViewer(host, board, query, wanted, wake));
}

function wantedOf(want: string | undefined): ReadonlySet<FeedEvent> {
  const known = Object.keys(FEED_EVENTS) as FeedEvent[];
  if (want === undefined) return new Set(known);
  const names = want.split(",");
  const unknown = names.find((name) => !(known as string[]).includes(name));
  if (unknown !== undefined) {
    throw new Problem("bad_parameter", { detail: `want is a list of ${known.join(", ")}.` });
  }
  return new Set(["hello", ...names as FeedEvent[]]);
}

class LiveViewer implements Speaker {
  readonly ended = false;
  readonly #host: SiteHost;
  readonly #board: Board;
  readonly #room: string | null;
  readonly #wanted: ReadonlySet<FeedEvent>;
  readonly #stop: () => void;
  readonly #instance: string;
  /** What it was told last, by name of the list; null while it knows nothing. */
  readonly #told = new Map<string, Rows | null>();
  /** The rest of a change that takes several events. */
  #pending: Iterator<string, void> | null = null;
  #greeted = false;
  #overview = "";
  #logId: number;
  #eventId: number;

  constructor(
    host: SiteHost,
    board: Board,
    { room, lastEventId }: LiveQuery,
    wanted: ReadonlySet<FeedEvent>,
    wake: () => void,
  ) {
    this.#host = host;
    this.#board = board;
    this.#room = room ?? null;
    this.#wanted = wanted;
    this.#instance = host.startedAt.toString(36);
    const [instance, logId, eventId] = (lastEventId ?? "").split(".");
    const resumes = instance === this.#instance && isId(logId) && isId(eventId);
    this.#logId = resumes ? Number(logId) : before(host.logTail, LINES_BEFORE);
    this.#eventId = resumes ? Number(eventId) : before(host.eventTail, LINES_BEFORE);
    this.#stop = board.watch(wake, this.#room);
  }

  next(): string | null {
    const more = this.#pending?.next();
    if (more?.done === false) return more.value;
    this.#pending = null;
    return this.#greeting() ?? this.#newOverview() ?? this.#change() ?? this.#lines();
  }

  close(): void {
    this.#stop();
    this.#told.clear();
    this.#pending = null;
  }

  #id(): string {
    return `${this.#instance}.${this.#logId}.${this.#eventId}`;
  }

  #greeting(): string | null {
    if (this.#greeted) return null;
    this.#greeted = true;
    const { clock } = this.#host;
    const hello = { instance: this.#instance, self: selfKey(this.#host), now: clock.wall() };
    return sseEvent("hello", JSON.stringify(hello), this.#id());
  }

  #newOverview(): string | null {
    const { overview } = this.#board;
    if (overview === this.#overview || !this.#wanted.has("overview")) return null;
    this.#overview = overview;
    return sseEvent("overview", overview, this.#id());
  }

  #change(): string | null {
    // Before the first look at everything there is nothing that could be told.
    if (this.#board.overview === "") return null;
    for (const name of COLLECTIONS) {
      if (!this.#wanted.has(name)) continue;
      const collection: Collection = this.#board[name];
      const event = this.#step(name, collection.rows);
      if (event !== null) return event;
    }
    if (this.#room === null || !this.#wanted.has("participants")) return null;
    return this.#step("participants", this.#board.participants(this.#room) ?? NO_ROWS);
  }

  #step(name: string, rows: Rows): string | null {
    const told = this.#told.get(name) ?? null;
    if (told === rows) return null;
    this.#told.set(name, rows);
    const events = changes(name, told, rows, () => this.#id());
    const first = events.next();
    if (first.done === true) return null;
    this.#pending = events;
    return first.value;
  }

  #lines(): string | null {
    const { logTail, eventTail } = this.#host;
    if (this.#wanted.has("log")) {
      const { items, skipped } = logTail.since(this.#logId, LINES_PER_EVENT);
      const last = items.at(-1);
      if (last !== undefined) {
        this.#logId = last.id;
        return sseEvent("log", JSON.stringify({ items: items.map(logLine), skipped }), this.#id());
      }
    }
    if (this.#wanted.has("recent")) {
      const { items, skipped } = eventTail.since(this.#eventId, LINES_PER_EVENT);
      const last = items.at(-1);
      if (last !== undefined) {
        this.#eventId = last.id;
        const data = JSON.stringify({ items: items.map(eventRow), skipped });
        return sseEvent("recent", data, this.#id());
      }
    }
    return null;
  }
}

/** The id after which the newest records come. */
function before(tail: Tail<{ readonly id: number }>, count: number): number {
  const { items } = tail.since(0, Infinity);
  const first = items.at(-count) ?? items[0];
  return first === undefined ? 0 : first.id - 1;
}

function isId(text: string | undefined): boolean {
  return text !== undefined && /^\d{1,15}$/.test(text);
}
