/** What all viewers of the live feed see: looked up once for all of them, and only while there are any. */
import { Collection, type Rows } from "./collection.ts";
import { callRow, linkRow, participantRow, remoteRow, roomRow } from "./rows.ts";
import type { Overview } from "./shapes.ts";
import { edgeKey, topology } from "./topology.ts";
import type { Part, SiteHost } from "../site_host.ts";

/** Lines and links are told so soon after they came, ... */
export const TICK_MS = 250;
/** ... everything else every fourth time. */
const SLOW_TICKS = 4;

interface WatchedRoom {
  readonly collection: Collection;
  viewers: number;
}

export class Board {
  readonly rooms = new Collection("rooms");
  readonly calls = new Collection("calls");
  readonly links = new Collection("links");
  readonly relays = new Collection("relays");
  readonly edges = new Collection("edges");
  /** As JSON; the same text until the next one is made. Empty before the first look at everything. */
  overview = "";
  readonly #host: SiteHost;
  readonly #makeOverview: () => Overview;
  readonly #viewers = new Set<() => void>();
  readonly #watched = new Map<string, WatchedRoom>();
  readonly #unsubscribe: (() => void)[] = [];
  #timer: ReturnType<SiteHost["clock"]["every"]> | null = null;
  #ticks = 0;
  #busy = false;
  #news = false;

  constructor(host: SiteHost, makeOverview: () => Overview) {
    this.#host = host;
    this.#makeOverview = makeOverview;
  }

  get viewers(): number {
    return this.#viewers.size;
  }

  /** Calls `wake` when something may be new, from a full look at everything on. Call the answer to end it. */
  watch(wake: () => void, room: string | null): () => void {
    this.#viewers.add(wake);
    if (room !== null) this.#watchRoom(room);
    if (this.#timer === null) this.#begin();
    // A newcomer need not wait for the next tick.
    this.#ticks = 0;
    void this.#look();
    return () => {
      this.#viewers.delete(wake);
      if (room !== null) this.#leaveRoom(room);
      if (this.#viewers.size === 0) this.#end();
    };
  }

  /** Who is in a room that somebody watches. */
  participants(room: string): Rows | undefined {
    return this.#watched.get(room)?.collection.rows;
  }

  #begin(): void {
    const { clock, logTail, eventTail } = this.#host;
    const news = () => void (this.#news = true);
    this.#unsubscribe.push(logTail.onNew(news), eventTail.onNew(news));
    this.#timer = clock.every(TICK_MS, () => void this.#look());
  }

  #end(): void {
    this.#timer?.cancel();
    this.#timer = null;
    for (const end of this.#unsubscribe.splice(0)) end();
    // Who comes next waits for a look of its own.
    this.overview = "";
  }

  /** The last look may still be under way in a large relay; then this one is left out. */
  async #look(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      const before = this.#state();
      const slow = this.#ticks++ % SLOW_TICKS === 0;
      // Who begins to watch a room meanwhile has the next look.
      const watched = [...this.#watched];
      const rest = slow ? partsOfRest(watched.length > 0) : [];
      await this.#host.fresh("log", "events", "links", "mesh", ...rest);
      const news = this.#news;
      this.#news = false;
      await this.#lookAtMesh();
      if (slow) await this.#lookAtTheRest(watched);
      if (news || this.#state().some((part, place) => part !== before[place])) {
        for (const wake of [...this.#viewers]) wake();
      }
    } catch (error) {
      this.#host.fault(error);
    } finally {
      this.#busy = false;
    }
  }

  #state(): readonly unknown[] {
    const { rooms, calls, links, relays, edges, overview } = this;
    const watched = [...this.#watched.values()].map(({ collection }) => collection.rows);
    return [rooms.rows, calls.rows, links.rows, relays.rows, edges.rows, overview, ...watched];
  }

  async #lookAtMesh(): Promise<void> {
    const host = this.#host;
    const { relays, links } = topology(host);
    await this.links.refresh(
      host.federation.links(),
      (link) => [link.relay, linkRow(host, link)],
    );
    await this.relays.refresh(relays, (relay) => [relay.relay, relay]);
    await this.edges.refresh(links, (edge) => [edgeKey(edge), edge]);
  }

  async #lookAtTheRest(watched: readonly (readonly [string, WatchedRoom])[]): Promise<void> {
    const host = this.#host;
    await this.rooms.refresh(host.rooms(), (room) => [room.name, roomRow(room)]);
    await this.calls.refresh(host.calls(), (call) => [call.id, callRow(host, call)]);
    for (const [room, { collection }] of watched) {
      await collection.refresh(
        this.#peopleOf(room),
        (row) => [row.session ?? row.fingerprint, row],
      );
    }
    // Last: it says that there has been a look at everything.
    if (this.#timer !== null) this.overview = JSON.stringify(this.#makeOverview());
  }

  *#peopleOf(name: string) {
    for (const view of this.#host.sessions()) {
      if (view.participant.room === name) yield participantRow(this.#host, view);
    }
    for (const room of this.#host.rooms()) {
      if (room.name === name) yield* room.remote.map(remoteRow);
    }
  }

  #watchRoom(room: string): void {
    const watched = this.#watched.get(room) ??
      { collection: new Collection("participants"), viewers: 0 };
    watched.viewers += 1;
    this.#watched.set(room, watched);
  }

  #leaveRoom(room: string): void {
    const watched = this.#watched.get(room)!;
    watched.viewers -= 1;
    if (watched.viewers === 0) this.#watched.delete(room);
  }
}

/** What is told more rarely. Of sessions only those in a room that somebody watches are. */
function partsOfRest(people: boolean): readonly Part[] {
  const parts: readonly Part[] = ["state", "metrics", "rooms", "calls"];
  return people ? [...parts, "sessions"] : parts;
}
