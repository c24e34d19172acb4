/** What the page knows of the relay, kept up to date by the live feed. */
import { computed, signal } from "@preact/signals";
import { announce } from "./announce.ts";
import { get } from "./api.ts";
import { applyDiff } from "./model/listing.ts";
import { currentTopology, edgeKey, follow, type Mesh } from "./model/mesh.ts";
import { advance, type Figures, figuresOf, rttSeries } from "./model/series.ts";
import type {
  Call,
  EventRecord,
  FeedEvents,
  History,
  Link,
  LogRecord,
  MeshLink,
  MeshRelay,
  Overview,
  Participant,
  Records,
  Room,
} from "./model/shapes.ts";

/** Null: not known yet. */
export const overview = signal<Overview | null>(null);
export const history = signal<History | null>(null);
export const rooms = signal<readonly Room[] | null>(null);
export const calls = signal<readonly Call[] | null>(null);
export const links = signal<readonly Link[] | null>(null);
export const mesh = signal<Mesh | null>(null);
/** Those of `watchedRoom`. */
export const participants = signal<readonly Participant[] | null>(null);
/** The room whose participants the feed tells; set it to see another. */
export const watchedRoom = signal<string | null>(null);

export interface Tail<Item> {
  readonly items: readonly Item[];
  /** Records that were never seen because the page was too slow or away. */
  readonly skipped: number;
}

const NOTHING = { items: [], skipped: 0 };
export const log = signal<Tail<LogRecord>>(NOTHING);
export const recent = signal<Tail<EventRecord>>(NOTHING);

/** Label of this relay, as the mesh calls it. */
export const ownLabel = computed(() =>
  mesh.value?.relays.find(({ relay }) => relay === mesh.value?.self)?.label ?? null
);

/** Difference of the relay's clock to this one, for times that grow by themselves. */
let clockOffset = 0;

/** The relay's time. */
export function relayNow(): number {
  return Date.now() + clockOffset;
}

/** Grows every second while the page is visible; what shows ages reads it. */
export const tick = signal(0);

const MAX_RECORDS = 1_000;
let self = "";
let relays: readonly MeshRelay[] = [];
let edges: readonly MeshLink[] = [];

type Handlers = { readonly [Name in keyof FeedEvents]: (data: FeedEvents[Name]) => void };

const HANDLERS: Handlers = {
  hello(data) {
    self = data.self;
    clockOffset = data.now - Date.now();
  },
  overview(data) {
    clockOffset = data.now - Date.now();
    if (history.value !== null) {
      const figures = withLinks(figuresOf(data, overview.value));
      history.value = advance(history.value, figures, data.now);
    }
    overview.value = data;
  },
  rooms(diff) {
    rooms.value = applyDiff(rooms.value ?? [], diff, ({ name }) => name);
  },
  calls(diff) {
    calls.value = applyDiff(calls.value ?? [], diff, ({ id }) => id);
  },
  links(diff) {
    links.value = applyDiff(links.value ?? [], diff, ({ relay }) => relay);
    drawMesh();
  },
  relays(diff) {
    relays = applyDiff(relays, diff, ({ relay }) => relay);
    drawMesh();
  },
  edges(diff) {
    const gone = diff.gone.map((key) => key.replace("|", "-"));
    edges = applyDiff(edges, { ...diff, gone }, edgeKey);
    drawMesh();
  },
  participants(diff) {
    participants.value = applyDiff(
      participants.value ?? [],
      diff,
      ({ session, fingerprint }) => session ?? fingerprint,
    );
  },
  log(records) {
    log.value = extended(log.value, records);
  },
  recent(records) {
    recent.value = extended(recent.value, records);
  },
};

/** Takes one event of the feed; what this page does not know is left out. */
export function receive(name: string, data: unknown): void {
  const handler = HANDLERS[name as keyof FeedEvents] as ((data: unknown) => void) | undefined;
  if (Object.hasOwn(HANDLERS, name)) handler?.(data);
}

/** Round trips of the links go into the history too, by the relay's key. */
function withLinks(figures: Figures): Figures {
  const own = (links.value ?? []).map(({ relay, rttMs }) => [rttSeries(relay), rttMs] as const);
  return { ...figures, ...Object.fromEntries(own) };
}

function extended<Item extends { readonly id: number }>(
  tail: Tail<Item>,
  { items, skipped }: Records<Item>,
): Tail<Item> {
  const last = tail.items.at(-1)?.id ?? 0;
  const fresh = items.filter(({ id }) => id > last);
  return {
    items: [...tail.items, ...fresh].slice(-MAX_RECORDS),
    skipped: tail.skipped + (tail.items.length === 0 ? 0 : skipped),
  };
}

let drawing = false;

/** Once for all events that arrive together, so that a picture half changed is never shown. */
function drawMesh(): void {
  if (drawing) return;
  drawing = true;
  queueMicrotask(() => {
    drawing = false;
    redraw();
  });
}

function redraw(): void {
  if (links.value === null || self === "") return;
  const topology = currentTopology({ self, relays, links: edges }, links.value);
  const change = follow(mesh.value, topology, Date.now());
  mesh.value = change.mesh;
  announce(change.news);
}

/** What the feed does not bring: the past. */
export async function loadPast(): Promise<void> {
  history.value = await get<History>("history");
}

/** After a restart of the relay nothing of before is true. */
export function forget(): void {
  log.value = recent.value = NOTHING;
  participants.value = null;
}

setInterval(() => {
  if (document.hidden) return;
  tick.value += 1;
  // Marks of links that came or went end by themselves.
  if (mesh.value?.edges.some(({ state }) => state !== "up")) redraw();
}, 1_000);
